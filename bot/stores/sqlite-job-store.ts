/**
 * Jobs in one SQLite file under DATA_DIR. Written ahead to a log and synced at every change, so that neither a killed
 * process nor a power cut loses an accepted job. The file is locked for one process; the system frees the lock when
 * that process ends, however it ends.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { JobId } from '#contract/job.ts';
import type { JobQuery, JobRecord, JobStore, Logger } from '../core/ports.ts';
import { parseRow, toRow } from './job-record-row.ts';
import { migrate } from './sqlite-schema.ts';
import { makeFolder } from './make-folder.ts';
import { toRemovedError, toStorageFailure, type StorageContext } from './storage-error.ts';

export interface SqliteJobStoreOptions {
  /** Made when it is not there. */
  dataDir: string;
  logger: Logger;
  /** Jobs kept as history; the oldest that have ended and were answered go first. */
  jobsMax?: number;
}

const FILE_NAME = 'jobs.sqlite';
const JOBS_MAX = 20_000;
/** How many inserts pass between two looks at the number of jobs. */
const PRUNE_EVERY = 200;

const COLUMNS = `id, platform, channel_id, user_id, user_name, command, request, place, lineage,
  state, is_ended, work_ms, created_at_ms, updated_at_ms, answered_at_ms`;
const VALUES = COLUMNS.replaceAll(/\w+/g, '$$$&');
const UNFINISHED = 'is_ended = 0 OR answered_at_ms IS NULL';

/** Throws GenerationError `storage-failed`: in use by another bot, not writable, damaged, newer, disk full. */
export function openSqliteJobStore(options: SqliteJobStoreOptions): JobStore {
  const { dataDir } = options;
  const file = join(dataDir, FILE_NAME);
  let database: DatabaseSync | undefined;
  try {
    makeFolder(dataDir);
    database = new DatabaseSync(file, { timeout: 0 });
    prepareDatabase(database, file);
    return new SqliteJobStore(database, { ...options, file });
  } catch (error) {
    closeQuietly(database);
    throw toStorageFailure(error, { dataDir, file });
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

function closeQuietly(database: DatabaseSync | undefined): void {
  try {
    database?.close();
  } catch {
    // The error that led here is the one to tell.
  }
}

class SqliteJobStore implements JobStore {
  readonly #database: DatabaseSync;
  readonly #context: StorageContext;
  readonly #logger: Logger;
  readonly #jobsMax: number;
  readonly #statements: Statements;
  #insertsSincePrune = 0;

  constructor(database: DatabaseSync, options: SqliteJobStoreOptions & { file: string }) {
    this.#database = database;
    this.#context = options;
    this.#logger = options.logger;
    this.#jobsMax = options.jobsMax ?? JOBS_MAX;
    this.#statements = prepareStatements(database);
    this.#statements.prune.run(this.#jobsMax);
  }

  async insert(record: JobRecord): Promise<boolean> {
    return this.#guard(() => {
      // SQLite goes on writing into a file that was removed, and what it writes is gone at the end.
      if (!existsSync(this.#context.file)) throw toRemovedError(this.#context);
      const { changes } = this.#statements.insert.run(toRow(record));
      this.#insertsSincePrune += 1;
      if (this.#insertsSincePrune >= PRUNE_EVERY) {
        this.#insertsSincePrune = 0;
        this.#statements.prune.run(this.#jobsMax);
      }
      return changes === 1;
    });
  }

  async update(record: JobRecord): Promise<void> {
    this.#guard(() => this.#statements.update.run(toRow(record)));
  }

  async get(id: JobId): Promise<JobRecord | undefined> {
    const row = this.#guard(() => this.#statements.get.get(id));
    return row === undefined ? undefined : this.#read([row])[0];
  }

  async delete(id: JobId): Promise<void> {
    this.#guard(() => this.#statements.delete.run(id));
  }

  async listOpen(): Promise<JobRecord[]> {
    return this.#read(this.#guard(() => this.#statements.listOpen.all()));
  }

  async list({ platform, channelId, createdBeforeMs, limit }: JobQuery): Promise<JobRecord[]> {
    const before = createdBeforeMs ?? Number.MAX_SAFE_INTEGER;
    return this.#read(
      this.#guard(() => this.#statements.list.all(platform, channelId, before, limit)),
    );
  }

  async countOpenByUser(userId: string): Promise<number> {
    return Number(this.#guard(() => this.#statements.countOpen.get(userId))?.['count']);
  }

  async recentDurationsMs(limit: number): Promise<number[]> {
    const rows = this.#guard(() => this.#statements.recent.all(limit));
    return rows.map((row) => Number(row['work_ms']));
  }

  async close(): Promise<void> {
    if (this.#database.isOpen) this.#database.close();
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw toStorageFailure(error, this.#context);
    }
  }

  /** A row that cannot be read is told to the log and left out: one broken job must not stop all the others. */
  #read(rows: readonly Record<string, unknown>[]): JobRecord[] {
    return rows.flatMap((row) => {
      try {
        return [parseRow(row)];
      } catch (error) {
        this.#logger.error({ jobId: row['id'], err: error }, 'a stored job could not be read');
        return [];
      }
    });
  }
}

type Statements = ReturnType<typeof prepareStatements>;

function prepareStatements(database: DatabaseSync) {
  const prepare = (sql: string): StatementSync => database.prepare(sql);
  return {
    insert: prepare(`INSERT INTO jobs (${COLUMNS}) VALUES (${VALUES}) ON CONFLICT DO NOTHING`),
    update: prepare(`UPDATE jobs SET (${COLUMNS}) = (${VALUES}) WHERE id = $id`),
    get: prepare('SELECT * FROM jobs WHERE id = ?'),
    delete: prepare('DELETE FROM jobs WHERE id = ?'),
    listOpen: prepare(`SELECT * FROM jobs WHERE ${UNFINISHED} ORDER BY created_at_ms, rowid`),
    list: prepare(
      `SELECT * FROM jobs WHERE platform = ? AND channel_id = ? AND created_at_ms < ?
       ORDER BY created_at_ms DESC, rowid DESC LIMIT ?`,
    ),
    countOpen: prepare('SELECT count(*) AS count FROM jobs WHERE user_id = ? AND is_ended = 0'),
    recent: prepare(
      'SELECT work_ms FROM jobs WHERE work_ms IS NOT NULL ORDER BY updated_at_ms DESC, rowid DESC LIMIT ?',
    ),
    prune: prepare(
      `DELETE FROM jobs WHERE NOT (${UNFINISHED}) AND rowid IN
         (SELECT rowid FROM jobs ORDER BY created_at_ms DESC, rowid DESC LIMIT -1 OFFSET ?)`,
    ),
  };
}
