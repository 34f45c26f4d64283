/** Where the engine lives, as the worker sees it: a process of its own, or this one. */
import type { FunctionAbilities, Device, Health, WarmUp } from '#contract/health.ts';
import type { JobEventBody } from '#contract/job-event.ts';
import type { Job } from '#contract/job.ts';
import type { ModelDescription } from '#contract/model-description.ts';
import type { Engine, EngineOutcome } from '../pipeline/ports.ts';

type ExecutionProvider = NonNullable<Health['executionProvider']>;

export interface EngineStatus {
  /** `defunct`: it keeps dying, and only time may heal it. */
  phase: 'starting' | 'ready' | 'defunct';
  /** One sentence, when the default model could not be loaded or the engine is defunct. */
  problem?: string | undefined;
  processId?: number | undefined;
  loadedModelId?: string | undefined;
  executionProvider?: ExecutionProvider | undefined;
  device?: Device | undefined;
  warmUps?: readonly WarmUp[] | undefined;
  abilities?: FunctionAbilities | undefined;
  /** From the start of the engine to the default model being loaded. */
  startMs?: number | undefined;
}

export interface HostRun {
  job: Job;
  report(event: JobEventBody): void;
  /** Aborted: the run must end soon, by force if it has to. */
  signal: AbortSignal;
}

export interface EngineHost {
  status(): EngineStatus;
  /** Waits for the engine to be ready. Throws EngineDiedError, or the GenerationError of a job that cannot be done. */
  run(run: HostRun): Promise<EngineOutcome>;
  models(): Promise<ModelDescription[]>;
  close(): Promise<void>;
}

/** The engine went away in the middle; the same job may well succeed on the next one. */
export class EngineDiedError extends Error {
  override readonly name = 'EngineDiedError';
}

/** What a composition root hands over: an engine and how to warm it. */
export interface EngineSetup {
  engine: Engine;
  executionProvider: ExecutionProvider;
  loadedModelId(): string | undefined;
  /** Known after warmUp. */
  device?(): Device | undefined;
  warmUps?(): readonly WarmUp[];
  /** Loads the default model so that the first picture is quick. */
  warmUp(): Promise<void>;
}
