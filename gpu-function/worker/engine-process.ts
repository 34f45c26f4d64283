/** Keeps an engine process alive: starts it, starts it again when it dies, and says when that is hopeless. */
import { setTimeout as delay } from 'node:timers/promises';
import { GenerationError } from '#contract/generation-error.ts';
import type { ModelDescription } from '#contract/model-description.ts';
import { connectEngine, type EngineConnection } from './engine-connection.ts';
import type { EngineHost, EngineStatus } from './engine-host.ts';
import type { ReadyMessage } from './engine-messages.ts';
import { createWakeUp } from './wake-up.ts';

export interface SupervisionLimits {
  cancelGraceMs: number;
  stallTimeoutMs: number;
  /** Longer than the largest model takes to load from a slow disk. */
  startTimeoutMs: number;
  /** Deaths in a row without a finished job that make it DEFUNCT: more than one bad job with all its attempts can cause. */
  deathsMax: number;
  /** A defunct engine that has lived this long after becoming ready may try again. */
  healedAfterMs: number;
  restartDelayMs: { first: number; max: number };
  modelsTimeoutMs: number;
}

export const SUPERVISION_LIMITS: SupervisionLimits = {
  cancelGraceMs: 5_000,
  // Longer than one step of a large model on a slow processor, and than loading one from a slow disk.
  stallTimeoutMs: 15 * 60_000,
  startTimeoutMs: 10 * 60_000,
  deathsMax: 5,
  healedAfterMs: 10_000,
  restartDelayMs: { first: 100, max: 30_000 },
  modelsTimeoutMs: 5_000,
};

interface EngineProcessLogger {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
}

export interface EngineProcessOptions {
  entryPath: string;
  entryArguments: readonly string[];
  environment: Readonly<Record<string, string | undefined>>;
  niceness: number;
  limits: SupervisionLimits;
  logger: EngineProcessLogger;
  nowMs: () => number;
}

/** What is known of the engine now; replaced piece by piece, read by status(). */
interface Supervision {
  connection?: EngineConnection | undefined;
  ready?: ReadyMessage | undefined;
  loadedModelId?: string | undefined;
  readyAtMs: number;
  startMs?: number | undefined;
  deathsInARow: number;
  models?: ModelDescription[] | undefined;
  isBusy: boolean;
}

/** Starts the engine at once, and again whenever it dies. */
export function createEngineProcess(options: EngineProcessOptions): EngineHost {
  const { limits, nowMs } = options;
  const state: Supervision = { readyAtMs: 0, deathsInARow: 0, isBusy: false };
  const changed = createWakeUp();
  const closing = new AbortController();
  const supervision = superviseForever(state, options, { changed, closing: closing.signal });

  const status = () => toStatus(state, limits, nowMs());

  return {
    status,
    async run(run) {
      const connection = await untilReady();
      if (connection === undefined || run.signal.aborted) return { status: 'canceled' };
      state.isBusy = true;
      try {
        const outcome = await connection.run(run);
        if (outcome.status === 'succeeded') noteSuccess(state);
        return outcome;
      } catch (error) {
        if (error instanceof GenerationError) state.deathsInARow = 0;
        throw error;
      } finally {
        state.isBusy = false;
      }

      async function untilReady(): Promise<EngineConnection | undefined> {
        while (!run.signal.aborted) {
          if (status().phase === 'defunct' || closing.signal.aborted) throw toDefunctError(limits);
          if (state.ready !== undefined) return state.connection;
          await changed.wait({ signal: run.signal });
        }
        return undefined;
      }
    },
    async models() {
      const isIdle = state.ready !== undefined && !state.isBusy;
      if (isIdle) state.connection?.askForModels();
      // A busy engine answers between steps only: what it said last is good enough then.
      if (isIdle || state.models === undefined) {
        await changed.wait({ timeoutMs: limits.modelsTimeoutMs });
      }
      if (state.models !== undefined) return state.models;
      throw new GenerationError(
        'not-ready',
        'The engine is still starting; try again in a moment.',
        { isRetryable: true },
      );
    },
    async close() {
      closing.abort();
      changed.wake();
      state.connection?.kill(true);
      await supervision;
    },
  };
}

/** Whatever was wrong is over when a picture came out. */
function noteSuccess(state: Supervision): void {
  state.deathsInARow = 0;
  if (state.ready !== undefined) state.ready = { ...state.ready, problem: undefined };
}

interface SupervisionSignals {
  changed: { wake(): void };
  closing: AbortSignal;
}

async function superviseForever(
  state: Supervision,
  options: EngineProcessOptions,
  { changed, closing }: SupervisionSignals,
): Promise<void> {
  const { limits, logger } = options;
  while (!closing.aborted) {
    const death = await liveOnce(state, options, changed);
    if (!death.isOnPurpose) state.deathsInARow += 1;
    state.ready = undefined;
    state.connection = undefined;
    state.loadedModelId = undefined;
    changed.wake();
    if (closing.aborted) return;
    const { deathsInARow } = state;
    logger.warn({ reason: death.reason, deathsInARow }, 'The engine process ended');
    const waitMs = death.isOnPurpose ? 0 : toRestartDelayMs(deathsInARow, limits.restartDelayMs);
    await delay(waitMs, undefined, { signal: closing }).catch(() => undefined);
  }
}

/** Starts one engine process and waits for its death. */
function liveOnce(
  state: Supervision,
  options: EngineProcessOptions,
  changed: { wake(): void },
): Promise<{ reason: string; isOnPurpose: boolean }> {
  const { limits, logger, nowMs } = options;
  const startedAtMs = nowMs();
  return new Promise((resolve) => {
    const connection = connectEngine({
      entryPath: options.entryPath,
      entryArguments: options.entryArguments,
      environment: options.environment,
      niceness: options.niceness,
      cancelGraceMs: limits.cancelGraceMs,
      stallTimeoutMs: limits.stallTimeoutMs,
      onModels(models) {
        state.models = models;
        changed.wake();
      },
      onReady(ready) {
        clearTimeout(startTimer);
        state.ready = ready;
        state.loadedModelId = ready.loadedModelId;
        state.readyAtMs = nowMs();
        state.startMs = state.readyAtMs - startedAtMs;
        logger.info({ processId: connection.processId, startMs: state.startMs }, 'Engine ready');
        changed.wake();
      },
      onLoadedModel(modelId) {
        state.loadedModelId = modelId;
      },
      onDeath(death) {
        clearTimeout(startTimer);
        resolve(death);
      },
    });
    const startTimer = setTimeout(() => connection.kill(false), limits.startTimeoutMs);
    state.connection = connection;
  });
}

function toRestartDelayMs(deathsInARow: number, delayMs: { first: number; max: number }): number {
  return Math.min(delayMs.max, delayMs.first * 2 ** Math.max(0, deathsInARow - 1));
}

function toStatus(state: Supervision, limits: SupervisionLimits, nowMs: number): EngineStatus {
  const isReady = state.ready !== undefined;
  const isHealed = isReady && nowMs - state.readyAtMs > limits.healedAfterMs;
  const isDefunct = state.deathsInARow >= limits.deathsMax && !isHealed;
  return {
    phase: isDefunct ? 'defunct' : isReady ? 'ready' : 'starting',
    problem: isDefunct ? toDefunctError(limits).message : state.ready?.problem,
    processId: state.connection?.processId,
    loadedModelId: state.loadedModelId,
    executionProvider: state.ready?.executionProvider,
    device: state.ready?.device,
    warmUps: state.ready?.warmUps,
    abilities: state.ready?.abilities,
    startMs: state.startMs,
  };
}

function toDefunctError(limits: SupervisionLimits): GenerationError {
  return new GenerationError(
    'engine-crashed',
    `The engine ended ${limits.deathsMax} times in a row and is being restarted; see the function's log, and try again in a minute.`,
    { isRetryable: true },
  );
}
