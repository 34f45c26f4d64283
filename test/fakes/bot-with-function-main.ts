/** A process that starts a function as the bot does, tells the process ids, and then only waits to be killed. */
import { join } from 'node:path';
import { createLocalProcessBackend } from '../../bot/backends/local-process-backend.ts';

const backend = createLocalProcessBackend({
  environment: process.env,
  logger: { info() {}, warn() {}, error() {} },
  entryPath: join(import.meta.dirname, 'scripted-function-main.ts'),
});
const { engineProcessId } = await backend.health();
process.send?.({ functionId: backend.processId(), engineId: engineProcessId });
setInterval(() => undefined, 1_000);
