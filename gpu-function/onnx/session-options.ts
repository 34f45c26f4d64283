/** How a graph is opened: where it runs, with how many threads. The values were measured on the built-in U-Net. */
import { availableParallelism, cpus } from 'node:os';
import type { RequestedSize } from '#contract/generation-request.ts';
import type { InferenceSession } from './runtime.ts';

/** Where the arithmetic is done. */
export type Provider = 'cpu' | 'cuda';

export interface RuntimeOptions {
  provider: Provider;
  /**
   * Threads inside one operator; as many as there are cores when left out, as one too many takes 2.2 times as long.
   * Does not change the picture: results are equal to the bit for any number.
   */
  threads?: number | undefined;
  /** See the port of the same name. */
  sizeBuckets?: readonly RequestedSize[] | undefined;
}

/**
 * How long an idle thread waits in a loop before it sleeps. Not at all costs 9 % on a quiet machine; without end costs
 * 7 to 13 % as soon as another program wants a core, and 10 % more processor time always. This long costs neither.
 */
const SPIN_DURATION_US = 20;

const RUNTIME_CHOOSES = 0;

/** See runtime.ts. */
const LOG_FATAL_ONLY = 4;

export function toSessionOptions(options: RuntimeOptions): InferenceSession.SessionOptions {
  return {
    executionProviders: options.provider === 'cuda' ? ['cuda', 'cpu'] : ['cpu'],
    intraOpNumThreads: options.threads ?? chooseThreads(),
    // The graphs are chains: a second branch to run beside the first hardly exists.
    executionMode: 'sequential',
    // Level "all" turns float16 weights into float32 once, at load, where the processor has no float16 kernels: 1.4
    // times as fast as the level below. It also makes a picture's numbers independent of what else is in its batch.
    graphOptimizationLevel: 'all',
    extra: { session: { intra_op: { spin_duration_us: String(SPIN_DURATION_US) } } },
    logSeverityLevel: LOG_FATAL_ONLY,
  };
}

/** The runtime counts real cores, which is best, but knows nothing of a container's share of them. */
function chooseThreads(): number {
  const share = availableParallelism();
  return share < cpus().length ? share : RUNTIME_CHOOSES;
}
