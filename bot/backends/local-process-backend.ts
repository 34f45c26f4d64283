/** Starts the GPU function beside the bot, keeps it alive, and speaks HTTP with it on loopback. */
import type { Backend, Logger } from '../core/ports.ts';
import { createHttpBackend } from './http-backend.ts';
import { superviseFunction, type SupervisorOptions } from './supervise-function.ts';

export interface LocalProcessBackendOptions extends SupervisorOptions {
  logger: Logger;
}

export interface LocalProcessBackend extends Backend {
  /** Resolves when the function listens. Throws GenerationError `invalid-request` when it refuses its settings. */
  listening(): Promise<void>;
  /** The function's process now; for tests and the log. */
  processId(): number | undefined;
  /** Ends the function and its engine, at the latest after five seconds. */
  stop(): Promise<void>;
}

/** Starts at once. Also when the bot is killed, the function ends by itself. */
export function createLocalProcessBackend(
  options: LocalProcessBackendOptions,
): LocalProcessBackend {
  const supervisor = superviseFunction(options);
  const backend = createHttpBackend({ endpoint: () => supervisor.endpoint() });
  return {
    ...backend,
    async listening() {
      await supervisor.endpoint();
    },
    processId: () => supervisor.processId(),
    stop: () => supervisor.stop(),
  };
}
