/** A bot process that opens the stores of DATA_DIR, says how that went, and stays until it is killed. */
import { openSqliteStores } from '../../bot/stores/open-sqlite-stores.ts';
import { createSilentLogger } from './silent-logger.ts';

const [, , dataDir = ''] = process.argv;
try {
  openSqliteStores({ dataDir, clock: { nowMs: () => Date.now() }, logger: createSilentLogger() });
  process.stdout.write('open\n');
  setInterval(() => {}, 1_000);
} catch (error) {
  process.stdout.write(`${error instanceof Error ? error.message : 'no error'}\n`);
}
