/** Reading a package's files, and saying in one sentence which of them is missing, cut or wrong. */
import { GenerationError } from '#contract/generation-error.ts';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type * as z from 'zod';
import type { PackageFile } from './manifest.ts';
import { parsePythonJson } from './python-json.ts';

/** A JSON file of this size is no configuration. */
const JSON_BYTES_MAX = 4 * 1024 * 1024;
/** Git checkouts without LFS hold such a text in place of the weights; it is about 130 bytes long. */
const LFS_POINTER_START = 'version https://git-lfs';
const LFS_POINTER_BYTES_MAX = 1_024;

export function brokenPackage(problem: string, cause?: unknown): GenerationError {
  return new GenerationError('model-broken', problem, { cause });
}

/** Undefined when there is no such file. */
export async function fileSizeBytes(folder: string, path: string): Promise<number | undefined> {
  const facts = await stat(join(folder, path)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  return facts?.isFile() === true ? facts.size : undefined;
}

/**
 * The parsed content; undefined when the file is not there.
 * Throws a GenerationError `model-broken` that names the file and the first thing that is wrong in it.
 */
export async function readPackageJson<Schema extends z.ZodType>(
  folder: string,
  path: string,
  schema: Schema,
): Promise<z.infer<Schema> | undefined> {
  const sizeBytes = await fileSizeBytes(folder, path);
  if (sizeBytes === undefined) return undefined;
  if (sizeBytes > JSON_BYTES_MAX) throw brokenPackage(`${path} is too large to be right.`);
  const content = parseJson(path, await readFile(join(folder, path), 'utf8'));
  const result = schema.safeParse(content);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const place =
    issue === undefined || issue.path.length === 0 ? '' : ` at "${issue.path.join('.')}"`;
  throw brokenPackage(
    `${path} is wrong${place}: ${issue?.message}. Correct or fetch that file again.`,
  );
}

function parseJson(path: string, text: string): unknown {
  try {
    return parsePythonJson(text);
  } catch (cause) {
    throw brokenPackage(`${path} is not valid JSON; fetch that file again.`, cause);
  }
}

/** Throws a GenerationError `model-broken` for a file that is missing, cut, or only a pointer to the real one. */
export async function checkPackageFile(
  folder: string,
  path: string,
  expectedBytes: number | undefined,
): Promise<number> {
  const sizeBytes = await fileSizeBytes(folder, path);
  if (sizeBytes === undefined) throw brokenPackage(`${path} is missing; fetch the package again.`);
  if (await isLfsPointer(join(folder, path), sizeBytes)) {
    throw brokenPackage(`${path} is a Git LFS pointer, not the file itself; run "git lfs pull".`);
  }
  if (sizeBytes === 0) throw brokenPackage(`${path} is empty; fetch that file again.`);
  if (expectedBytes !== undefined && sizeBytes !== expectedBytes) {
    throw brokenPackage(
      `${path} has ${sizeBytes} bytes where ${expectedBytes} are expected; fetch that file again.`,
    );
  }
  return sizeBytes;
}

async function isLfsPointer(file: string, sizeBytes: number): Promise<boolean> {
  if (sizeBytes > LFS_POINTER_BYTES_MAX) return false;
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(LFS_POINTER_START.length));
    return buffer.toString('latin1', 0, bytesRead) === LFS_POINTER_START;
  } finally {
    await handle.close();
  }
}

/** sha256 of a file, hexadecimal. */
export async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1024 * 1024 }), hash);
  return hash.digest('hex');
}

/** One digest for a whole package: sha256 over its files' paths and hashes, first 16 hexadecimal characters. */
export function digestOfFiles(files: readonly Pick<PackageFile, 'path' | 'sha256'>[]): string {
  const lines = files.map((file) => `${file.sha256}  ${file.path}\n`).sort();
  return createHash('sha256').update(lines.join('')).digest('hex').slice(0, 16);
}
