/** Which files a graph keeps its weights in, read from the ONNX file itself without loading it. */
import { createReadStream } from 'node:fs';

/**
 * TensorProto.external_data (onnx.proto3): an entry with the key "location", field 1, and as its value, field 2, a path
 * beside the graph. No other place of the format writes these bytes in this order.
 */
const MARK = Buffer.concat([Buffer.from([0x0a, 8]), Buffer.from('location'), Buffer.from([0x12])]);
const NAME_BYTES_MAX = 1_024;
/** A varint of at most two bytes, as names are short. */
const LENGTH_BYTES = 2;
const READ_BYTES = 4 * 1024 * 1024;

/** Names without a leading "./"; none for a graph that holds its weights itself. */
export async function findExternalFiles(graphFile: string): Promise<Set<string>> {
  const names = new Set<string>();
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of createReadStream(graphFile, { highWaterMark: READ_BYTES })) {
    const bytes = Buffer.concat([rest, piece as Buffer]);
    const complete = bytes.length - MARK.length - LENGTH_BYTES - NAME_BYTES_MAX;
    collectNames(bytes, complete, names);
    rest = bytes.subarray(Math.max(0, complete));
  }
  collectNames(rest, rest.length, names);
  return names;
}

/** From marks that begin before `end`. */
function collectNames(bytes: Buffer, end: number, names: Set<string>): void {
  for (let at = bytes.indexOf(MARK); at !== -1 && at < end; at = bytes.indexOf(MARK, at + 1)) {
    const start = at + MARK.length;
    const first = bytes[start] ?? 0;
    const isLong = first >= 0x80;
    const length = isLong ? (first & 0x7f) + ((bytes[start + 1] ?? 0) << 7) : first;
    const from = start + (isLong ? 2 : 1);
    const name = bytes.toString('utf8', from, from + length).replace(/^(?:\.\/)+/, '');
    if (length > 0 && length <= NAME_BYTES_MAX && from + length <= bytes.length) names.add(name);
  }
}
