/** One run of an engine with its events kept, for tests that ask what a job gave. */
import { createHash } from 'node:crypto';
import type { GenerateRequest, GenerationRequest } from '#contract/generation-request.ts';
import type { JobEventBody } from '#contract/job-event.ts';
import type { Engine, EngineOutcome } from '../../gpu-function/pipeline/ports.ts';
import { createRequest } from './create-request.ts';

export type SucceededOutcome = Extract<EngineOutcome, { status: 'succeeded' }>;

export interface EngineTrial {
  outcome: EngineOutcome;
  events: JobEventBody[];
}

/** `isCanceled` is given the events so far. */
export async function runEngine(
  engine: Engine,
  request: GenerationRequest,
  isCanceled: (events: readonly JobEventBody[]) => boolean = () => false,
): Promise<EngineTrial> {
  const events: JobEventBody[] = [];
  const outcome = await engine.run({
    job: { id: 'job-1', owner: 'somebody', request },
    report: (event) => void events.push(event),
    isCanceled: () => isCanceled(events),
  });
  return { outcome, events };
}

/** The outcome of a job that must succeed. */
export async function draw(
  engine: Engine,
  changes: Partial<GenerateRequest> = {},
): Promise<SucceededOutcome> {
  const { outcome } = await runEngine(engine, createRequest(changes));
  if (outcome.status !== 'succeeded') throw new Error(`The job ended as ${outcome.status}`);
  return outcome;
}

/** Files as their sha256: equal or not is all that a test asks, and a difference is readable. */
export function hashes(files: readonly Uint8Array[]): string[] {
  return files.map((file) => createHash('sha256').update(file).digest('hex'));
}

export function stepsOf(events: readonly JobEventBody[]) {
  return events.filter((event) => event.type === 'step-end');
}
