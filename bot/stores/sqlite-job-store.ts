/** Jobs in SQLite: one row a job, what queries ask for in columns of its own. */
import type { JobId } from '#contract/job.ts';
import type {
  JobPage,
  JobQuery,
  JobRecord,
  JobStore,
  Logger,
  UserJobQuery,
  UserKey,
} from '../core/ports.ts';
import { formatCursor, parseCursor } from './job-cursor.ts';
import { parseRow, toRow } from './job-record-row.ts';
import type { SqliteDatabase } from './sqlite-database.ts';

export interface SqliteJobStoreOptions {
  logger: Logger;
  /** Jobs kept as history; the oldest that have ended and were answered go first. */
  jobsMax?: number;
}

const JOBS_MAX = 20_000;
/** How many inserts pass between two looks at the number of jobs. */
const PRUNE_EVERY = 200;

const COLUMNS = `id, platform, channel_id, user_id, user_name, command, request, place, lineage,
  state, is_ended, work_ms, created_at_ms, updated_at_ms, answered_at_ms`;
const VALUES = COLUMNS.replaceAll(/\w+/g, '$$$&');
/** Before every job, newest first. */
const FIRST = { createdAtMs: Number.MAX_SAFE_INTEGER, id: '' };
const UNFINISHED = 'is_ended = 0 OR answered_at_ms IS NULL';

export function createSqliteJobStore(
  database: SqliteDatabase,
  options: SqliteJobStoreOptions,
): JobStore {
  return new SqliteJobStore(database, options);
}

class SqliteJobStore implements JobStore {
  readonly #database: SqliteDatabase;
  readonly #logger: Logger;
  readonly #jobsMax: number;
  readonly #statements: Statements;
  #insertsSincePrune = 0;

  constructor(database: SqliteDatabase, options: SqliteJobStoreOptions) {
    this.#database = database;
    this.#logger = options.logger;
    this.#jobsMax = options.jobsMax ?? JOBS_MAX;
    this.#statements = database.guard(() => prepareStatements(database));
    database.guard(() => this.#statements.prune.run(this.#jobsMax));
  }

  async insert(record: JobRecord): Promise<boolean> {
    return this.#database.guard(() => {
      this.#database.checkFile();
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
    this.#database.guard(() => this.#statements.update.run(toRow(record)));
  }

  async get(id: JobId): Promise<JobRecord | undefined> {
    const row = this.#database.guard(() => this.#statements.get.get(id));
    return row === undefined ? undefined : this.#read([row])[0];
  }

  async delete(id: JobId): Promise<void> {
    this.#database.guard(() => this.#statements.delete.run(id));
  }

  async listOpen(): Promise<JobRecord[]> {
    return this.#read(this.#database.guard(() => this.#statements.listOpen.all()));
  }

  async list({ platform, channelId, createdBeforeMs, limit }: JobQuery): Promise<JobRecord[]> {
    const before = createdBeforeMs ?? Number.MAX_SAFE_INTEGER;
    return this.#read(
      this.#database.guard(() => this.#statements.list.all(platform, channelId, before, limit)),
    );
  }

  async listByUser({
    platform,
    userId,
    cursor,
    limit,
    isSucceeded,
  }: UserJobQuery): Promise<JobPage> {
    const from = cursor === undefined ? FIRST : parseCursor(cursor);
    const rows = this.#database.guard(() =>
      this.#statements.listByUser.all({
        platform,
        userId,
        createdAtMs: from.createdAtMs,
        id: from.id,
        isSucceeded: isSucceeded ? 1 : 0,
        limit: limit + 1,
      }),
    );
    // From the rows and not the records: one that cannot be read must not end the list.
    const last = rows[limit - 1];
    const hasMore = rows.length > limit && last !== undefined;
    const position = last && { createdAtMs: Number(last['created_at_ms']), id: String(last['id']) };
    return {
      records: this.#read(rows.slice(0, limit)),
      nextCursor: hasMore && position ? formatCursor(position) : undefined,
    };
  }

  async countOpenByUser({ platform, userId }: UserKey): Promise<number> {
    const row = this.#database.guard(() => this.#statements.countOpen.get(platform, userId));
    return Number(row?.['count']);
  }

  async recentDurationsMs(limit: number): Promise<number[]> {
    const rows = this.#database.guard(() => this.#statements.recent.all(limit));
    return rows.map((row) => Number(row['work_ms']));
  }

  async close(): Promise<void> {
    this.#database.close();
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

function prepareStatements({ prepare }: SqliteDatabase) {
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
    listByUser: prepare(
      `SELECT * FROM jobs WHERE platform = $platform AND user_id = $userId
         AND (created_at_ms, id) < ($createdAtMs, $id)
         AND ($isSucceeded = 0 OR iif(json_valid(state), state ->> '$.status', '') = 'succeeded')
       ORDER BY created_at_ms DESC, id DESC LIMIT $limit`,
    ),
    countOpen: prepare(
      'SELECT count(*) AS count FROM jobs WHERE platform = ? AND user_id = ? AND is_ended = 0',
    ),
    recent: prepare(
      'SELECT work_ms FROM jobs WHERE work_ms IS NOT NULL ORDER BY updated_at_ms DESC, rowid DESC LIMIT ?',
    ),
    prune: prepare(
      `DELETE FROM jobs WHERE NOT (${UNFINISHED}) AND rowid IN
         (SELECT rowid FROM jobs ORDER BY created_at_ms DESC, rowid DESC LIMIT -1 OFFSET ?)`,
    ),
  };
}
