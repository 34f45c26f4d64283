/** Settings in SQLite. What has expired counts as not there, and is removed when the bot starts. */
import type { Clock, SettingsStore, StoredSetting } from '../core/ports.ts';
import type { SqliteDatabase } from './sqlite-database.ts';

export function createSqliteSettingsStore(database: SqliteDatabase, clock: Clock): SettingsStore {
  const { guard } = database;
  const select = database.prepare(
    'SELECT value, version FROM settings WHERE key = ? AND coalesce(expires_at_ms, ?) >= ?',
  );
  const create = database.prepare(
    `INSERT INTO settings (key, value, version, expires_at_ms) VALUES ($key, $value, 1, $expires)
     ON CONFLICT (key) DO UPDATE SET value = $value, version = $version + 1, expires_at_ms = $expires
     WHERE iif(coalesce(expires_at_ms, $now) >= $now, version, 0) = $version`,
  );
  const replace = database.prepare(
    `UPDATE settings SET value = $value, version = version + 1, expires_at_ms = $expires
     WHERE key = $key AND version = $version AND coalesce(expires_at_ms, $now) >= $now`,
  );
  const remove = database.prepare('DELETE FROM settings WHERE key = ?');
  guard(() => database.prepare('DELETE FROM settings WHERE expires_at_ms < ?').run(clock.nowMs()));
  return {
    async get(key): Promise<StoredSetting | undefined> {
      const nowMs = clock.nowMs();
      const row = guard(() => select.get(key, nowMs, nowMs));
      if (row === undefined) return undefined;
      return { value: JSON.parse(String(row['value'])), version: Number(row['version']) };
    },
    async put(key, value, { expectedVersion, expiresAtMs }) {
      const row = {
        key,
        value: JSON.stringify(value),
        version: expectedVersion,
        expires: expiresAtMs ?? null,
        now: clock.nowMs(),
      };
      const statement = expectedVersion === 0 ? create : replace;
      return guard(() => statement.run(row)).changes === 1;
    },
    async delete(key) {
      guard(() => remove.run(key));
    },
  };
}
