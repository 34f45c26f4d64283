/** A bot process that opens the stores of DATA_DIR, says how that went, and stays until it is killed. */
import { openSqliteJobStore } from '../../bot/stores/sqlite-job-store.ts';
import { createSilentLogger } from './silent-logger.ts';

const [, , dataDir = ''] = process.argv;
try {
  openSqliteJobStore({ dataDir, logger: createSilentLogger() });
  process.stdout.write('open\n');
  setInterval(() => {}, 1_000);
} catch (error) {
  process.stdout.write(`${error instanceof Error ? error.message : 'no error'}\n`);
}
