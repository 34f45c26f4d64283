/** Writes an ONNX file (onnx.proto3, IR version 8, operator set 17) from nodes and tensors. */
import { toFloat16 } from '../../../gpu-function/onnx/float16.ts';

export type Precision = 'float32' | 'float16';

export interface TensorValue {
  shape: readonly number[];
  data: Float32Array;
  precision: Precision;
}

export interface OnnxNode {
  operator: string;
  inputs: readonly string[];
  output: string;
  /** A number is an int, a list is ints, a text is a string. */
  attributes?: Readonly<Record<string, number | readonly number[] | string>>;
}

export interface OnnxModel {
  nodes: readonly OnnxNode[];
  tensors: ReadonlyMap<string, TensorValue>;
  input: { name: string; dimensions: readonly (number | string)[] };
  output: { name: string; dimensions: readonly (number | string)[] };
  /** Stands in the file for whoever finds it alone: where it is from and under which licence. */
  documentation: string;
}

const IR_VERSION = 8;
const OPSET = 17;
export const ELEMENT_TYPES = { float32: 1, float16: 10 } as const;
const ATTRIBUTE_TYPES = { int: 2, string: 3, ints: 7 } as const;

export function writeOnnx(model: OnnxModel): Buffer {
  return Buffer.concat([
    whole(1, IR_VERSION),
    text(2, 'imagine'),
    text(6, model.documentation),
    message(8, [text(1, ''), whole(2, OPSET)]),
    message(7, [
      ...model.nodes.map(writeNode),
      text(2, 'graph'),
      ...[...model.tensors].map(writeTensor),
      writePort(11, model.input),
      writePort(12, model.output),
    ]),
  ]);
}

function writeNode({ operator, inputs, output, attributes = {} }: OnnxNode): Buffer {
  return message(1, [
    ...inputs.map((name) => text(1, name)),
    text(2, output),
    text(4, operator),
    ...Object.entries(attributes).map(writeAttribute),
  ]);
}

function writeAttribute([name, value]: [string, number | readonly number[] | string]): Buffer {
  if (typeof value === 'number') {
    return message(5, [text(1, name), whole(3, value), whole(20, ATTRIBUTE_TYPES.int)]);
  }
  if (typeof value === 'string') {
    return message(5, [text(1, name), text(4, value), whole(20, ATTRIBUTE_TYPES.string)]);
  }
  const items = value.map((item) => whole(8, item));
  return message(5, [text(1, name), ...items, whole(20, ATTRIBUTE_TYPES.ints)]);
}

function writeTensor([name, { shape, data, precision }]: [string, TensorValue]): Buffer {
  const values = precision === 'float16' ? toFloat16(data) : data;
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return message(5, [
    ...shape.map((side) => whole(1, side)),
    whole(2, ELEMENT_TYPES[precision]),
    text(8, name),
    message(9, [bytes]),
  ]);
}

function writePort(field: number, { name, dimensions }: OnnxModel['input']): Buffer {
  const sides = dimensions.map((side) =>
    message(1, [typeof side === 'number' ? whole(1, side) : text(2, side)]),
  );
  const tensorType = [whole(1, ELEMENT_TYPES.float32), message(2, sides)];
  return message(field, [text(1, name), message(2, [message(1, tensorType)])]);
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

/** Protocol buffers' variable-length integer. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return Buffer.from([...bytes, Number(rest)]);
}
