/** Writes small ONNX files (onnx.proto3, IR version 8), so that tests can have any dialect of a graph. */

import { toFloat16 } from '../../gpu-function/onnx/float16.ts';

const ELEMENT_TYPES = { float32: 1, int32: 6, int64: 7, float16: 10, float64: 11 } as const;
export type ElementType = keyof typeof ELEMENT_TYPES;

export interface GraphPort {
  name: string;
  type: ElementType;
  /** A number where the side is fixed, else its name. */
  dimensions: readonly (number | string)[];
}

interface GraphNode {
  operator: string;
  /** Other than ONNX's own. */
  domain?: string;
  inputs: readonly string[];
  output: string;
  /** Whole numbers, lists of them, or texts; a `to` is an element type. */
  attributes?: Readonly<Record<string, number | readonly number[] | string>>;
}

/** Numbers inside a graph. */
export interface Weights {
  type: 'float32' | 'float16';
  shape: readonly number[];
  values: ArrayLike<number>;
  /** Stored in this file beside the graph, from this byte on, as Optimum does above 2 GB. */
  external?: { file: string; offset: number; length: number };
}

export interface OnnxGraph {
  inputs: readonly GraphPort[];
  outputs: readonly GraphPort[];
  nodes: readonly GraphNode[];
  /** Constant lists of int64. */
  constants?: Readonly<Record<string, readonly number[]>>;
  weights?: Readonly<Record<string, Weights>>;
}

const IR_VERSION = 8;
const OPSET = 17;
const ATTRIBUTE_TYPES = { whole: 2, text: 3, list: 7 } as const;
/** TensorProto.DataLocation. */
const EXTERNAL_LOCATION = 1;
/** Where ONNX Runtime keeps the operators that it fuses to. */
export const MICROSOFT_DOMAIN = 'com.microsoft';

/** The number that Cast's attribute `to` wants. */
export const elementTypeOf = (type: ElementType): number => ELEMENT_TYPES[type];

export function writeOnnxFile(graph: OnnxGraph): Buffer {
  return Buffer.concat([
    whole(1, IR_VERSION),
    message(8, [text(1, ''), whole(2, OPSET)]),
    message(8, [text(1, MICROSOFT_DOMAIN), whole(2, 1)]),
    message(7, [
      ...graph.nodes.map(writeNode),
      text(2, 'graph'),
      ...Object.entries(graph.constants ?? {}).map(writeConstant),
      ...Object.entries(graph.weights ?? {}).map(writeWeights),
      ...graph.inputs.map((port) => writePort(11, port)),
      ...graph.outputs.map((port) => writePort(12, port)),
    ]),
  ]);
}

function writeNode({ operator, domain = '', inputs, output, attributes = {} }: GraphNode): Buffer {
  return message(1, [
    ...inputs.map((name) => text(1, name)),
    text(2, output),
    text(4, operator),
    text(7, domain),
    ...Object.entries(attributes).map(([name, value]) =>
      message(5, [text(1, name), ...writeAttribute(value)]),
    ),
  ]);
}

function writeAttribute(value: number | readonly number[] | string): Buffer[] {
  if (typeof value === 'number') return [whole(3, value), whole(20, ATTRIBUTE_TYPES.whole)];
  if (typeof value === 'string') return [text(4, value), whole(20, ATTRIBUTE_TYPES.text)];
  return [...value.map((item) => whole(8, item)), whole(20, ATTRIBUTE_TYPES.list)];
}

/** The bytes that stand for a graph's numbers, in its file or beside it. */
export function weightBytes({ type, values }: Pick<Weights, 'type' | 'values'>): Buffer {
  const numbers = Float32Array.from(values);
  const stored = type === 'float16' ? toFloat16(numbers) : numbers;
  return Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
}

function writeWeights([name, weights]: [string, Weights]): Buffer {
  const { shape, type, external } = weights;
  const head = [...shape.map((side) => whole(1, side)), whole(2, ELEMENT_TYPES[type])];
  if (external === undefined) {
    return message(5, [...head, text(8, name), message(9, [weightBytes(weights)])]);
  }
  const entry = (key: string, value: string) => message(13, [text(1, key), text(2, value)]);
  return message(5, [
    ...head,
    text(8, name),
    entry('location', external.file),
    entry('offset', String(external.offset)),
    entry('length', String(external.length)),
    whole(14, EXTERNAL_LOCATION),
  ]);
}

function writeConstant([name, values]: [string, readonly number[]]): Buffer {
  return message(5, [
    whole(1, values.length),
    whole(2, ELEMENT_TYPES.int64),
    message(7, values.map(varint)),
    text(8, name),
  ]);
}

function writePort(field: number, { name, type, dimensions }: GraphPort): Buffer {
  const sides = dimensions.map((side) =>
    message(1, [typeof side === 'number' ? whole(1, side) : text(2, side)]),
  );
  return message(field, [
    text(1, name),
    message(2, [message(1, [whole(1, ELEMENT_TYPES[type]), message(2, sides)])]),
  ]);
}

function whole(field: number, value: number): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

function text(field: number, value: string): Buffer {
  return message(field, [Buffer.from(value)]);
}

function message(field: number, parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([varint(field * 8 + 2), varint(content.length), content]);
}

/** Protocol buffers' variable-length integer; negative numbers take ten bytes. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return Buffer.from([...bytes, Number(rest)]);
}
