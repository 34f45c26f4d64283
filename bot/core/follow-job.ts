/** Sees one job through to its end: hand it over, fold its events, keep its pictures, and try again when that fails. */
import { setTimeout as sleep } from 'node:timers/promises';
import { GenerationError, toGenerationError } from '#contract/generation-error.ts';
import {
  INITIAL_JOB_STATE,
  isTerminal,
  reduceJobState,
  type JobState,
} from '#contract/job-state.ts';
import type { Job } from '#contract/job.ts';
import { keepPictures } from './keep-pictures.ts';
import { withBytes } from './picture-source.ts';
import type { Backend, Clock, ImageStore, Logger } from './ports.ts';
import type { ServicePolicy } from './service-policy.ts';

export interface FollowOptions {
  job: Job;
  backend: Backend;
  imageStore: ImageStore;
  clock: Clock;
  logger: Logger;
  policy: ServicePolicy;
  signal: AbortSignal;
  /** Told of every state on the way, but not of the end. */
  onState(state: JobState): void;
  /** Told why nothing moves, in words for the card; undefined when it moves again. */
  onTrouble(text: string | undefined): void;
}

/** What went wrong so far; reset as soon as events arrive. */
interface Difficulty {
  sinceMs: number | undefined;
  pauseMs: number;
  /** How often the job was lost after it had begun. Never reset: it ends a job that kills whatever runs it. */
  losses: number;
}

/** The terminal state of the job. Throws only when the signal was aborted: then the job is as open as before. */
export async function followJob(options: FollowOptions): Promise<JobState> {
  const { policy, signal } = options;
  const difficulty: Difficulty = {
    sinceMs: undefined,
    pauseMs: policy.retryPauseMs.first,
    losses: 0,
  };
  for (;;) {
    let hasBegun = false;
    const onEvent = (): void => {
      hasBegun = true;
      difficulty.sinceMs = undefined;
      difficulty.pauseMs = policy.retryPauseMs.first;
      options.onTrouble(undefined);
    };
    try {
      return await runOnce(options, onEvent);
    } catch (thrown) {
      signal.throwIfAborted();
      const error = toGenerationError(thrown);
      const final = judge(error, hasBegun, difficulty, options);
      const fields = { jobId: options.job.id, err: error };
      options.logger.warn(
        fields,
        final === undefined ? 'a job is tried again' : 'a job is given up',
      );
      if (final !== undefined) return toFailed(final);
      options.onTrouble(describeTrouble(error));
      await sleep(difficulty.pauseMs, undefined, { signal });
      difficulty.pauseMs = Math.min(difficulty.pauseMs * 2, policy.retryPauseMs.longest);
    }
  }
}

/** One way from handing over to the end. A known job is not drawn again, so going this way twice is harmless. */
async function runOnce(options: FollowOptions, onEvent: () => void): Promise<JobState> {
  const { job, backend, imageStore, signal } = options;
  const request = backend.takesStoredImages
    ? job.request
    : await withBytes(job.request, imageStore);
  await backend.submit({ ...job, request });
  signal.throwIfAborted();
  let state = INITIAL_JOB_STATE;
  for await (const event of backend.events(job.id, signal)) {
    signal.throwIfAborted();
    onEvent();
    state = reduceJobState(state, event);
    if (isTerminal(state)) break;
    options.onState(state);
  }
  signal.throwIfAborted();
  if (!isTerminal(state)) {
    throw new GenerationError('unreachable', 'The image function ended the job without a result.', {
      isRetryable: true,
    });
  }
  if (state.status === 'succeeded') await keepPictures(job.id, state.result, options);
  return state;
}

/** The error that ends the job, or undefined when another try is worth it. */
function judge(
  error: GenerationError,
  hasBegun: boolean,
  difficulty: Difficulty,
  { policy, clock }: FollowOptions,
): GenerationError | undefined {
  if (!isPassing(error)) return error;
  if (hasBegun || error.code === 'job-unknown' || error.code === 'internal') difficulty.losses += 1;
  if (difficulty.losses > policy.resubmissionsMax) {
    return new GenerationError(
      'engine-crashed',
      `The image function lost this job ${difficulty.losses} times; press Retry to try once more, or ask for less.`,
      { isRetryable: true, cause: error },
    );
  }
  const nowMs = clock.nowMs();
  difficulty.sinceMs ??= nowMs;
  if (nowMs - difficulty.sinceMs < policy.unreachableLimitMs) return undefined;
  const minutes = Math.max(1, Math.round(policy.unreachableLimitMs / 60_000));
  const duration = minutes === 1 ? 'a minute' : `${minutes} minutes`;
  return new GenerationError(
    error.code === 'queue-full' ? 'queue-full' : 'unreachable',
    error.code === 'queue-full'
      ? `The queue was full for ${duration}; press Retry later.`
      : `The image function could not be reached for ${duration}; press Retry when it runs again.`,
    { isRetryable: true, cause: error },
  );
}

/** Whether the same job may go through a moment later. A job that ended as failed does not come this way. */
function isPassing({ code }: GenerationError): boolean {
  switch (code) {
    case 'job-unknown':
    case 'unreachable':
    case 'not-ready':
    case 'queue-full':
    case 'internal':
      return true;
    case 'invalid-request':
    case 'model-unknown':
    case 'model-broken':
    case 'size-unsupported':
    case 'sampler-unsupported':
    case 'style-unknown':
    case 'image-unreadable':
    case 'image-unknown':
    case 'mask-unusable':
    case 'ability-missing':
    case 'upscaler-unknown':
    case 'job-conflict':
    case 'out-of-memory':
    case 'engine-crashed':
    case 'engine-timeout':
    case 'storage-failed':
      return false;
  }
}

function describeTrouble({ code }: GenerationError): string {
  if (code === 'queue-full') return 'The queue is full; trying again';
  if (code === 'not-ready') return 'Waiting for the image function to start';
  if (code === 'job-unknown') return 'The image function was restarted; handing the job over again';
  return 'The image function cannot be reached; trying again';
}

function toFailed(error: GenerationError): JobState {
  return { status: 'failed', error: error.toBody() };
}
