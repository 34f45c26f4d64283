/** The bot's stores in one SQLite file: jobs and settings share its lock and its log. */
import type { Clock, JobStore, Logger, SettingsStore } from '../core/ports.ts';
import { openSqliteDatabase } from './sqlite-database.ts';
import { createSqliteJobStore } from './sqlite-job-store.ts';
import { createSqliteSettingsStore } from './sqlite-settings-store.ts';

export interface SqliteStoresOptions {
  /** Made when it is not there. */
  dataDir: string;
  clock: Clock;
  logger: Logger;
  /** Jobs kept as history; the oldest that have ended and were answered go first. */
  jobsMax?: number;
}

export interface SqliteStores {
  /** Closing it closes the file for both. */
  jobStore: JobStore;
  settingsStore: SettingsStore;
}

/** Throws GenerationError `storage-failed`: in use by another bot, not writable, damaged, newer, disk full. */
export function openSqliteStores({ dataDir, ...options }: SqliteStoresOptions): SqliteStores {
  const database = openSqliteDatabase(dataDir);
  try {
    return {
      jobStore: createSqliteJobStore(database, options),
      settingsStore: createSqliteSettingsStore(database, options.clock),
    };
  } catch (error) {
    database.close();
    throw error;
  }
}
