/** The shape of the job database, and how older ones become it. Migrations are only ever added. */
import type { DatabaseSync } from 'node:sqlite';
import { GenerationError } from '#contract/generation-error.ts';

/** Migration n leads from version n to n + 1; the version is SQLite's own `user_version`. */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE jobs (
     id TEXT PRIMARY KEY,
     platform TEXT NOT NULL,
     channel_id TEXT NOT NULL,
     user_id TEXT NOT NULL,
     user_name TEXT NOT NULL,
     command TEXT NOT NULL,
     request TEXT NOT NULL,
     place TEXT NOT NULL,
     lineage TEXT,
     state TEXT NOT NULL,
     is_ended INTEGER NOT NULL,
     work_ms REAL,
     created_at_ms REAL NOT NULL,
     updated_at_ms REAL NOT NULL,
     answered_at_ms REAL
   ) STRICT;
   CREATE INDEX jobs_by_channel ON jobs (platform, channel_id, created_at_ms);
   CREATE INDEX jobs_unfinished ON jobs (created_at_ms) WHERE is_ended = 0 OR answered_at_ms IS NULL;
   CREATE INDEX jobs_open_by_user ON jobs (user_id) WHERE is_ended = 0;
   CREATE INDEX jobs_by_work ON jobs (updated_at_ms) WHERE work_ms IS NOT NULL;`,
  `DROP INDEX jobs_open_by_user;
   CREATE INDEX jobs_open_by_user ON jobs (platform, user_id) WHERE is_ended = 0;
   CREATE INDEX jobs_by_user ON jobs (platform, user_id, created_at_ms, id);
   CREATE TABLE settings (
     key TEXT PRIMARY KEY,
     value TEXT NOT NULL,
     version INTEGER NOT NULL,
     expires_at_ms REAL
   ) STRICT;
   CREATE INDEX settings_by_end ON settings (expires_at_ms) WHERE expires_at_ms IS NOT NULL;`,
];

/** Brings the database to this version, each step in a transaction of its own. */
export function migrate(database: DatabaseSync, file: string): void {
  const { user_version: version } = database.prepare('PRAGMA user_version').get() ?? {};
  const from = Number(version);
  if (from > MIGRATIONS.length) {
    throw new GenerationError(
      'storage-failed',
      `${file} was written by a newer version of this bot (${from}, this one reads up to ${MIGRATIONS.length}); update the bot, or move the file away.`,
    );
  }
  for (const [offset, statements] of MIGRATIONS.slice(from).entries()) {
    database.exec(`BEGIN; ${statements} PRAGMA user_version = ${from + offset + 1}; COMMIT;`);
  }
}
