/** Collects the nodes and tensors of an ONNX graph, and puts a Cast wherever two precisions meet. */
import { ELEMENT_TYPES, type OnnxNode, type Precision, type TensorValue } from './write-onnx.ts';

export interface GraphBuilder {
  /** A value that is there from outside. */
  declare(name: string, precision: Precision): void;
  /** A node with one output; returns the output's name. */
  add(
    operator: string,
    inputs: readonly string[],
    precision: Precision,
    attributes?: OnnxNode['attributes'],
  ): string;
  /** The value under a name of its own, as the graph's output. */
  name(value: string, name: string): void;
  constant(tensor: TensorValue): string;
  /** The value in a precision; one Cast serves all who ask. */
  as(value: string, precision: Precision): string;
  /** The value times a number, in float32. */
  scale(value: string, factor: number): string;
  precisionOf(value: string): Precision;
  build(): { nodes: OnnxNode[]; tensors: Map<string, TensorValue> };
}

export function createGraphBuilder(): GraphBuilder {
  const nodes: OnnxNode[] = [];
  const tensors = new Map<string, TensorValue>();
  const precisions = new Map<string, Precision>();
  const casts = new Map<string, string>();

  const builder: GraphBuilder = {
    declare: (name, precision) => void precisions.set(name, precision),
    name: (value, name) => void nodes.push({ operator: 'Identity', inputs: [value], output: name }),
    add(operator, inputs, precision, attributes) {
      const name = `value_${nodes.length}`;
      nodes.push({ operator, inputs, output: name, ...(attributes && { attributes }) });
      precisions.set(name, precision);
      return name;
    },
    constant(tensor) {
      const name = `tensor_${tensors.size}`;
      tensors.set(name, tensor);
      return name;
    },
    as(value, precision) {
      if (builder.precisionOf(value) === precision) return value;
      const key = `${value} ${precision}`;
      const cast =
        casts.get(key) ?? builder.add('Cast', [value], precision, { to: ELEMENT_TYPES[precision] });
      casts.set(key, cast);
      return cast;
    },
    scale(value, factor) {
      if (factor === 1) return value;
      const tensor = { shape: [], data: Float32Array.of(factor), precision: 'float32' as const };
      return builder.add('Mul', [value, builder.constant(tensor)], 'float32');
    },
    precisionOf(value) {
      const precision = precisions.get(value);
      if (precision === undefined) throw new Error(`There is no value "${value}"`);
      return precision;
    },
    build: () => ({ nodes, tensors }),
  };
  return builder;
}
