/** What goes wrong with files and databases, as one sentence with the remedy. Paths are the operator's own DATA_DIR. */
import { GenerationError } from '#contract/generation-error.ts';

/** https://sqlite.org/rescode.html */
const SQLITE = { busy: 5, readOnly: 8, corrupt: 11, full: 13, cannotOpen: 14, notADatabase: 26 };
const NO_SPACE = new Set(['ENOSPC', 'EDQUOT']);
const NO_ACCESS = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ENOENT']);

export interface StorageContext {
  dataDir: string;
  /** The file or folder that was being used, for the sentence about a broken one. */
  file: string;
}

/** Always `storage-failed`, with the cause kept for the log. A GenerationError stays as it is. */
export function toStorageFailure(
  thrown: unknown,
  { dataDir, file }: StorageContext,
): GenerationError {
  if (thrown instanceof GenerationError) return thrown;
  const { code, sqliteCode } = readCodes(thrown);
  const fail = (message: string, isRetryable = false): GenerationError =>
    new GenerationError('storage-failed', message, { isRetryable, cause: thrown });
  if (NO_SPACE.has(code) || sqliteCode === SQLITE.full) {
    return fail(`The disk of DATA_DIR ${dataDir} is full; free some space, then try again.`, true);
  }
  if (sqliteCode === SQLITE.busy) {
    return fail(
      `DATA_DIR ${dataDir} is in use by another bot; stop that one, or set DATA_DIR to another folder.`,
    );
  }
  if (sqliteCode === SQLITE.corrupt || sqliteCode === SQLITE.notADatabase) {
    return fail(
      `${file} is damaged or not a database; move it away to begin with an empty history, or put a backup in its place.`,
    );
  }
  const cannotWrite = sqliteCode === SQLITE.readOnly || sqliteCode === SQLITE.cannotOpen;
  if (NO_ACCESS.has(code) || cannotWrite) {
    return fail(
      `DATA_DIR ${dataDir} cannot be written${code === '' ? '' : ` (${code})`}; make it a folder that the bot may write, or set DATA_DIR to another one.`,
    );
  }
  const reason = code === '' ? '' : ` (${code})`;
  return fail(`DATA_DIR ${dataDir} could not be used${reason}; the log has the details.`, true);
}

/** Somebody removed the database under the running bot. */
export function toRemovedError({ dataDir }: StorageContext): GenerationError {
  return new GenerationError(
    'storage-failed',
    `DATA_DIR ${dataDir} was removed while the bot runs, so nothing can be kept; stop the bot and start it again.`,
  );
}

/** SQLite's extended codes carry the primary one in their low byte. */
function readCodes(thrown: unknown): { code: string; sqliteCode: number | undefined } {
  if (!(thrown instanceof Error)) return { code: '', sqliteCode: undefined };
  if ('errcode' in thrown && typeof thrown.errcode === 'number') {
    return { code: '', sqliteCode: thrown.errcode & 0xff };
  }
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
  return { code, sqliteCode: undefined };
}
