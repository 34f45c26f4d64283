/** The backend that the configuration asks for: a function elsewhere, or one started beside the bot. */
import { GenerationError } from '#contract/generation-error.ts';
import type { Backend, Logger } from '../core/ports.ts';
import { createHttpBackend } from './http-backend.ts';
import { createLocalProcessBackend } from './local-process-backend.ts';

export interface BackendOptions {
  /** Where a GPU function runs already; none starts one on this machine. */
  url: string | undefined;
  token: string | undefined;
  environment: Readonly<Record<string, string | undefined>>;
  logger: Logger;
}

export interface OwnedBackend {
  backend: Backend;
  /** Throws a GenerationError when a function that was started here refuses its settings. */
  checkSettings(): Promise<void>;
  /** Ends what was started here, calls under way included; a function elsewhere is left alone. */
  stop(): Promise<void>;
}

/** Without an address a function is started beside the bot, at once. */
export function createBackend({ url, token, environment, logger }: BackendOptions): OwnedBackend {
  if (url !== undefined) {
    const closing = new AbortController();
    return {
      backend: createHttpBackend({ endpoint: { url, token }, closing: closing.signal }),
      checkSettings: () => Promise.resolve(),
      async stop() {
        closing.abort();
      },
    };
  }
  const backend = createLocalProcessBackend({ environment, logger });
  return {
    backend,
    async checkSettings() {
      await backend.listening().catch((error: unknown) => {
        // One that is merely slow is waited for by the jobs.
        if (error instanceof GenerationError && error.code === 'unreachable') return;
        throw error;
      });
    },
    stop: () => backend.stop(),
  };
}
