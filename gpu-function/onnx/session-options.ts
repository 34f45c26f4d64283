/** How a graph is opened: where it runs, with how many threads. Every value here was measured; see the notes. */
import { availableParallelism } from 'node:os';
import type { InferenceSession } from './runtime.ts';

export const PROVIDERS = ['cpu', 'cuda'] as const;
/** Where the arithmetic is done. */
export type Provider = (typeof PROVIDERS)[number];

export interface RuntimeOptions {
  provider: Provider;
  /** Threads inside one operator; the processor's own number when left out. Does not change the picture. */
  threads?: number | undefined;
}

/** Nothing is printed: every error is thrown as well, and reaches the person as a sentence. */
const LOG_FATAL_ONLY = 4;

export function toSessionOptions(options: RuntimeOptions): InferenceSession.SessionOptions {
  return {
    executionProviders: options.provider === 'cuda' ? ['cuda', 'cpu'] : ['cpu'],
    intraOpNumThreads: options.threads ?? availableParallelism(),
    // The graphs are chains: a second branch to run beside the first hardly exists.
    executionMode: 'sequential',
    // Level "all" turns float16 weights into float32 once, at load, where the processor has no float16 kernels.
    graphOptimizationLevel: 'all',
    logSeverityLevel: LOG_FATAL_ONLY,
  };
}
