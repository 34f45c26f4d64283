/**
 * The one SQLite file under DATA_DIR. Written ahead to a log and synced at every change, so that neither a killed
 * process nor a power cut loses what was accepted. The file is locked for one process; the system frees the lock when
 * that process ends, however it ends.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { makeFolder } from './make-folder.ts';
import { migrate } from './sqlite-schema.ts';
import { toRemovedError, toStorageFailure, type StorageContext } from './storage-error.ts';

const FILE_NAME = 'jobs.sqlite';

/** An open database whose errors are sentences. */
export interface SqliteDatabase {
  prepare: (sql: string) => StatementSync;
  /** Throws GenerationError `storage-failed` in place of any error of the work. */
  guard: <T>(work: () => T) => T;
  /** Throws when the file was removed: SQLite goes on writing into it, and what it writes is gone at the end. */
  checkFile(): void;
  close(): void;
}

/** Throws GenerationError `storage-failed`: in use by another bot, not writable, damaged, newer, disk full. */
export function openSqliteDatabase(dataDir: string): SqliteDatabase {
  const file = join(dataDir, FILE_NAME);
  const context: StorageContext = { dataDir, file };
  const guard = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw toStorageFailure(error, context);
    }
  };
  const database = guard(() => open(file, dataDir));
  return {
    prepare: (sql) => database.prepare(sql),
    guard,
    checkFile() {
      if (!existsSync(file)) throw toRemovedError(context);
    },
    close() {
      if (database.isOpen) database.close();
    },
  };
}

function open(file: string, dataDir: string): DatabaseSync {
  makeFolder(dataDir);
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    prepareDatabase(database, file);
    return database;
  } catch (error) {
    closeQuietly(database);
    throw error;
  }
}

function prepareDatabase(database: DatabaseSync, file: string): void {
  // Exclusive before the log is first used: then its index lives in this process and needs no shared memory file.
  database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;');
  database.exec('PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 8388608;');
  // Taking the lock now, and not at the first job, is what keeps a second bot from starting.
  database.exec('BEGIN EXCLUSIVE; COMMIT;');
  migrate(database, file);
}

function closeQuietly(database: DatabaseSync): void {
  try {
    database.close();
  } catch {
    // The error that led here is the one to tell.
  }
}
