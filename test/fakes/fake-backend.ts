/**
 * A GPU function in this process: it takes jobs by id, plays their events at a set pace and has their pictures. Faults
 * are switched on by tests. Pictures depend on the request alone, as with the real one.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { GenerationError } from '#contract/generation-error.ts';
import type { JobEvent, JobEventBody } from '#contract/job-event.ts';
import type { Job, JobId } from '#contract/job.ts';
import type { Health } from '#contract/health.ts';
import type { ModelDescription } from '#contract/model-description.ts';
import type { Backend } from '../../bot/core/ports.ts';
import { makePicture, makeResult, makeSettings, TEST_TIMINGS } from './job-records.ts';

export const TEST_MODEL: ModelDescription = {
  id: 'tiny',
  name: 'Tiny',
  description: 'A model for tests',
  licence: 'MIT',
  sizeBytes: 1,
  isDefault: true,
  defaults: {
    widthPx: 128,
    heightPx: 128,
    steps: 20,
    guidanceScale: 5,
    guidanceRescale: 0,
    sampler: 'dpmpp-2m',
    spacing: 'karras',
  },
  samplers: ['ddim', 'euler', 'dpmpp-2m'],
  styles: ['3D', 'ink'],
};

export interface FakeBackendOptions {
  /** Pause before each event. */
  stepMs?: number;
  steps?: number;
}

interface FunctionJob {
  job: Job;
  isCanceled: boolean;
}

const PREVIEW = { mediaType: 'image/png' as const, widthPx: 1, heightPx: 1, columns: 1 };

export class FakeBackend implements Backend {
  readonly stepMs: number;
  readonly steps: number;
  readonly submitted: Job[] = [];
  readonly canceled: JobId[] = [];
  /** Jobs are not drawn further while this is set. */
  isHeld = false;
  /** Thrown by every call while set. */
  fault: GenerationError | undefined;
  /** Taken one by one by image(). */
  readonly imageFaults: GenerationError[] = [];
  /** Instead of success; a prompt with the word `broken` fails anyway. */
  failure: GenerationError | undefined;
  notes: string[] = [];
  modelList = [TEST_MODEL];
  #jobs = new Map<JobId, FunctionJob>();

  constructor({ stepMs = 0, steps = 4 }: FakeBackendOptions = {}) {
    this.stepMs = stepMs;
    this.steps = steps;
  }

  /** As if the function had been restarted: nothing is known any more. */
  forget(): void {
    this.#jobs = new Map();
  }

  async submit(job: Job): Promise<void> {
    this.#checkFault();
    this.submitted.push(job);
    if (!this.#jobs.has(job.id)) this.#jobs.set(job.id, { job, isCanceled: false });
  }

  async cancel(jobId: JobId): Promise<void> {
    this.#checkFault();
    this.canceled.push(jobId);
    const entry = this.#jobs.get(jobId);
    if (entry !== undefined) entry.isCanceled = true;
  }

  async *events(jobId: JobId, signal: AbortSignal): AsyncIterable<JobEvent> {
    let sequence = 0;
    for (const body of this.#bodies(jobId)) {
      // Even the fastest function answers in a later turn, as HTTP does.
      await sleep(this.stepMs, undefined, { signal });
      while (this.isHeld) await sleep(2, undefined, { signal });
      this.#checkFault();
      const entry = this.#find(jobId);
      const event = entry.isCanceled ? CANCELED : body;
      sequence += 1;
      yield { ...event, jobId, sequence, atMs: Date.now() };
      if (entry.isCanceled) return;
    }
  }

  async image(jobId: JobId, index: number): Promise<Uint8Array> {
    this.#checkFault();
    const fault = this.imageFaults.shift();
    if (fault !== undefined) throw fault;
    return makePicture(this.#find(jobId).job.request, index);
  }

  async models(): Promise<ModelDescription[]> {
    this.#checkFault();
    return this.modelList;
  }

  async health(): Promise<Health> {
    return { status: 'READY', contractVersion: 1, jobsRunning: 0, jobsQueued: 0, uptimeMs: 1 };
  }

  #checkFault(): void {
    if (this.fault !== undefined) throw this.fault;
  }

  #find(jobId: JobId): FunctionJob {
    const entry = this.#jobs.get(jobId);
    if (entry !== undefined) return entry;
    throw new GenerationError('job-unknown', `The job ${jobId} is not known here.`);
  }

  *#bodies(jobId: JobId): Iterable<JobEventBody> {
    const { request } = this.#find(jobId).job;
    yield { type: 'job-queued', position: 1 };
    yield { type: 'engine-loading', stage: 'model', attempt: 1 };
    const settings = request.kind === 'generate' ? makeSettings(request) : undefined;
    yield { type: 'job-start', attempt: 1, settings, notes: this.notes };
    for (let step = 1; step <= this.steps; step += 1) {
      const base64 = Buffer.from([step]).toString('base64');
      yield { type: 'step-end', step, steps: this.steps, preview: { ...PREVIEW, base64 } };
    }
    yield { type: 'decode-start' };
    yield { type: 'job-end', outcome: this.#outcome(request) };
  }

  #outcome(request: Job['request']): Extract<JobEventBody, { type: 'job-end' }>['outcome'] {
    if (this.failure !== undefined) return { status: 'failed', error: this.failure.toBody() };
    if (request.kind === 'generate') {
      if (request.prompt.includes('broken')) return { status: 'failed', error: BROKEN.toBody() };
      return { status: 'succeeded', result: makeResult(request, this.notes) };
    }
    const image = {
      index: 0,
      widthPx: 256,
      heightPx: 256,
      mediaType: 'image/png' as const,
      sizeBytes: 64,
      sha256: '',
    };
    return {
      status: 'succeeded',
      result: { images: [image], timings: TEST_TIMINGS, notes: this.notes },
    };
  }
}

const BROKEN = new GenerationError('model-broken', 'The model is broken; pull it again.');
const CANCELED: JobEventBody = { type: 'job-end', outcome: { status: 'canceled' } };
