/**
 * Text inside PNG files: reads tEXt, zTXt and iTXt chunks, and writes them. Pure bytes to bytes.
 * Format: W3C PNG (Third Edition), sections 5.3 (chunks) and 11.3.3 (textual information).
 */
import { crc32, inflateSync } from 'node:zlib';

/** Keyword → text. A map, so that no keyword can reach an object's prototype. */
export type PngTexts = ReadonlyMap<string, string>;

/** The keyword under which PNG files carry XMP. */
export const XMP_KEYWORD = 'XML:com.adobe.xmp';

/** What reading takes on at most: a stranger's file must not cost memory or time. */
const READ_LIMITS = {
  chunks: 65_536,
  /** Bytes of one text, after decompression too. */
  textBytes: 1024 * 1024,
  /** Bytes of all texts of a file together. */
  allTextBytes: 4 * 1024 * 1024,
} as const;

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Length, type and CRC around the data of a chunk. */
const CHUNK_FRAME_BYTES = 12;
const KEYWORD_CHARACTERS_MAX = 79;

interface Chunk {
  type: string;
  /** Offset of the chunk's length field. */
  start: number;
  data: Buffer;
  isIntact: boolean;
}

export function isPng(file: Uint8Array): boolean {
  return SIGNATURE.equals(file.subarray(0, SIGNATURE.length));
}

/**
 * All texts of a PNG file, the first one of each keyword. Never throws: what is no PNG has none, and a chunk that is
 * cut, corrupt (CRC), too large or not decodable is passed over.
 */
export function readPngTexts(file: Uint8Array): PngTexts {
  const texts = new Map<string, string>();
  let bytesLeft: number = READ_LIMITS.allTextBytes;
  for (const chunk of walkChunks(file)) {
    if (chunk.type === 'IEND' || bytesLeft <= 0) break;
    if (!TEXT_CHUNK_TYPES.has(chunk.type) || !chunk.isIntact) continue;
    const entry = readTextChunk(chunk);
    if (entry === undefined || texts.has(entry.keyword)) continue;
    bytesLeft -= entry.text.length;
    texts.set(entry.keyword, entry.text);
  }
  return texts;
}

/**
 * The file with the texts as chunks before its first IDAT, in the map's order: tEXt where Latin-1 holds the text,
 * iTXt (UTF-8) elsewhere, which is what WebUI's files have. Zero characters cannot stand in either and are left out.
 *
 * Throws when the bytes are no PNG or a keyword is not 1..79 printable ASCII characters: both are mistakes of the caller.
 */
export function insertPngTexts(file: Uint8Array, texts: PngTexts): Buffer {
  const firstData = firstChunkStart(file, 'IDAT');
  if (firstData === undefined) throw new Error('Not a PNG file with picture data');
  const chunks = [...texts].map(([keyword, text]) => toTextChunk(keyword, text));
  return Buffer.concat([file.subarray(0, firstData), ...chunks, file.subarray(firstData)]);
}

/** One chunk: length, type, data and CRC-32 of the last two. */
export function toPngChunk(type: string, data: Uint8Array): Buffer {
  const chunk = Buffer.alloc(CHUNK_FRAME_BYTES + data.length);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, 'latin1');
  chunk.set(data, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length);
  return chunk;
}

/** A PNG file of the given chunks; the caller gives IHDR first and leaves IEND to this. */
export function toPngFile(chunks: readonly Uint8Array[]): Buffer {
  return Buffer.concat([SIGNATURE, ...chunks, toPngChunk('IEND', new Uint8Array(0))]);
}

const TEXT_CHUNK_TYPES = new Set(['tEXt', 'zTXt', 'iTXt']);

function* walkChunks(file: Uint8Array): Generator<Chunk> {
  if (!isPng(file)) return;
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  let start = SIGNATURE.length;
  for (let count = 0; count < READ_LIMITS.chunks; count++) {
    if (start + CHUNK_FRAME_BYTES > bytes.length) return;
    const length = bytes.readUInt32BE(start);
    const end = start + CHUNK_FRAME_BYTES + length;
    if (end > bytes.length) return;
    const type = bytes.toString('latin1', start + 4, start + 8);
    const data = bytes.subarray(start + 8, end - 4);
    const isSmallText = TEXT_CHUNK_TYPES.has(type) && length <= READ_LIMITS.textBytes;
    const isIntact =
      isSmallText && crc32(bytes.subarray(start + 4, end - 4)) === bytes.readUInt32BE(end - 4);
    yield { type, start, data, isIntact };
    start = end;
  }
}

function firstChunkStart(file: Uint8Array, type: string): number | undefined {
  for (const chunk of walkChunks(file)) if (chunk.type === type) return chunk.start;
  return undefined;
}

interface TextEntry {
  keyword: string;
  text: string;
}

function readTextChunk({ type, data }: Chunk): TextEntry | undefined {
  const keywordEnd = data.indexOf(0);
  if (keywordEnd < 1 || keywordEnd > KEYWORD_CHARACTERS_MAX) return undefined;
  const keyword = data.toString('latin1', 0, keywordEnd);
  const rest = data.subarray(keywordEnd + 1);
  const text =
    type === 'tEXt' ? rest.toString('latin1') : type === 'zTXt' ? readZtxt(rest) : readItxt(rest);
  return text === undefined ? undefined : { keyword, text };
}

/** Compression method (0 = deflate), then the compressed Latin-1 text. */
function readZtxt(rest: Buffer): string | undefined {
  return rest[0] === 0 ? inflate(rest.subarray(1))?.toString('latin1') : undefined;
}

/** Compression flag and method, language tag, translated keyword, then the UTF-8 text. */
function readItxt(rest: Buffer): string | undefined {
  const [isCompressed, method] = rest;
  const languageEnd = rest.indexOf(0, 2);
  const keywordEnd = languageEnd < 0 ? -1 : rest.indexOf(0, languageEnd + 1);
  if (keywordEnd < 0) return undefined;
  const text = rest.subarray(keywordEnd + 1);
  if (isCompressed === 0) return text.toString('utf8');
  return isCompressed === 1 && method === 0 ? inflate(text)?.toString('utf8') : undefined;
}

function inflate(data: Buffer): Buffer | undefined {
  try {
    return inflateSync(data, { maxOutputLength: READ_LIMITS.textBytes });
  } catch {
    return undefined;
  }
}

function toTextChunk(keyword: string, text: string): Buffer {
  if (!/^[!-~](?:[ -~]{0,77}[!-~])?$/.test(keyword)) {
    throw new Error(`PNG keyword ${JSON.stringify(keyword)} is not 1 to 79 printable characters`);
  }
  const content = text.replaceAll('\0', '');
  // XMP is defined as iTXt whatever its characters are (XMP Specification Part 3, section 1.1.5).
  const isLatin1 = keyword !== XMP_KEYWORD && /^[\n\u0020-\u007e\u00a0-\u00ff]*$/.test(content);
  return isLatin1
    ? toPngChunk('tEXt', Buffer.from(`${keyword}\0${content}`, 'latin1'))
    : toPngChunk(
        'iTXt',
        Buffer.concat([
          Buffer.from(`${keyword}\0\0\0\0\0`, 'latin1'),
          Buffer.from(content, 'utf8'),
        ]),
      );
}
