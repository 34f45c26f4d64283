/**
 * A ZIP file of a few files without compression, for "download all": PNG files do not get smaller.
 * Format: PKWARE APPNOTE 6.3.10, sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.16 (end record).
 */
import { crc32 } from 'node:zlib';

export interface ArchiveFile {
  name: string;
  bytes: Uint8Array;
}

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const END_RECORD = 0x06054b50;
/** General purpose bit 11: the name is UTF-8. */
const UTF8_NAMES = 0x0800;
const VERSION_NEEDED = 20;
/** 1980-01-01, the first date that the format knows; the files carry their own. */
const FIXED_DATE = 0x0021;

interface Field {
  bytes: 2 | 4;
  value: number;
}
const short = (value: number): Field => ({ bytes: 2, value });
const long = (value: number): Field => ({ bytes: 4, value });

function pack(fields: readonly Field[]): Buffer {
  const buffer = Buffer.alloc(fields.reduce((sum, field) => sum + field.bytes, 0));
  let offset = 0;
  for (const field of fields) offset = buffer.writeUIntLE(field.value, offset, field.bytes);
  return buffer;
}

/** The fields that the local header and the central directory share. */
function describe(file: ArchiveFile, nameBytes: number): Field[] {
  const sizeBytes = file.bytes.length;
  const method = short(0);
  return [
    short(VERSION_NEEDED),
    short(UTF8_NAMES),
    method,
    short(0),
    short(FIXED_DATE),
    long(crc32(file.bytes)),
    long(sizeBytes),
    long(sizeBytes),
    short(nameBytes),
    short(0),
  ];
}

/** The archive's bytes; together the files must stay below 4 GiB. */
export function toZipArchive(files: readonly ArchiveFile[]): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const file of files) {
    const name = Buffer.from(file.name, 'utf8');
    const shared = describe(file, name.length);
    const header = pack([long(LOCAL_HEADER), ...shared]);
    directory.push(
      pack([
        long(CENTRAL_HEADER),
        short(VERSION_NEEDED),
        ...shared,
        short(0),
        short(0),
        short(0),
        long(0),
        long(offset),
      ]),
      name,
    );
    parts.push(header, name, file.bytes);
    offset += header.length + name.length + file.bytes.length;
  }
  const directoryBytes = directory.reduce((sum, part) => sum + part.length, 0);
  const end = pack([
    long(END_RECORD),
    short(0),
    short(0),
    short(files.length),
    short(files.length),
    long(directoryBytes),
    long(offset),
    short(0),
  ]);
  return new Uint8Array(Buffer.concat([...parts, ...directory, end]));
}
