/** Reads NumPy's .npy files, format version 1.0: little-endian float32 or uint8 in C order. */
import { readFile } from 'node:fs/promises';

export type NpyArray =
  | { type: 'float32'; shape: number[]; data: Float32Array }
  | { type: 'uint8'; shape: number[]; data: Uint8Array };

const MAGIC = '\x93NUMPY\x01\x00';
/** Magic and version, then the header's length as uint16. */
const HEAD_BYTES = 10;

/** Throws an Error that names the file and what is wrong with it. */
export async function readNpy(path: string): Promise<NpyArray> {
  const bytes = await readFile(path);
  if (bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw new Error(`${path} is not a .npy file of version 1.0.`);
  }
  const start = HEAD_BYTES + bytes.readUInt16LE(MAGIC.length);
  const header = bytes.toString('latin1', HEAD_BYTES, start);
  const descr = /'descr':\s*'([^']+)'/.exec(header)?.[1];
  const shapeText = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1];
  if (shapeText === undefined || !/'fortran_order':\s*False/.test(header)) {
    throw new Error(`${path} has a header that cannot be read: ${header.trim()}`);
  }
  const shape = shapeText
    .split(',')
    .filter((part) => part.trim() !== '')
    .map(Number);
  const length = shape.reduce((product, side) => product * side, 1);
  // A copy, because a Float32Array must start at a multiple of four bytes.
  const content = new Uint8Array(bytes.subarray(start)).buffer;
  const itemBytes = descr === '<f4' ? 4 : 1;
  if (content.byteLength !== length * itemBytes) {
    throw new Error(`${path} holds ${content.byteLength} bytes of data for shape (${shapeText}).`);
  }
  if (descr === '<f4') return { type: 'float32', shape, data: new Float32Array(content) };
  if (descr === '|u1') return { type: 'uint8', shape, data: new Uint8Array(content) };
  throw new Error(`${path} has the type ${descr}; only <f4 and |u1 are read.`);
}

/** The same for callers that want float32 and nothing else. */
export async function readFloat32Npy(
  path: string,
): Promise<{ shape: number[]; data: Float32Array }> {
  const array = await readNpy(path);
  if (array.type !== 'float32') throw new Error(`${path} holds ${array.type}, not float32.`);
  return array;
}
