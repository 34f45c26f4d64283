/** One engine process from its fork to its death, seen from the worker. */
import { fork, type ChildProcess } from 'node:child_process';
import { setPriority } from 'node:os';
import { GenerationError } from '#contract/generation-error.ts';
import type { ModelDescription } from '#contract/model-description.ts';
import type { EngineOutcome } from '../pipeline/ports.ts';
import { EngineDiedError, type HostRun } from './engine-host.ts';
import {
  messageFromEngineSchema,
  type MessageFromEngine,
  type MessageToEngine,
  type OutcomeMessage,
  type ReadyMessage,
} from './engine-messages.ts';

export interface EngineConnectionOptions {
  /** The module that calls serveEngine. */
  entryPath: string;
  entryArguments: readonly string[];
  environment: Readonly<Record<string, string | undefined>>;
  /** 0..19: how far the engine stands back, so that HTTP answers stay quick while it computes. */
  niceness: number;
  /** How long a canceled run may go on before its process is killed. */
  cancelGraceMs: number;
  /** A run of which nothing is heard for this long is taken as hung: its process is killed. */
  stallTimeoutMs: number;
  onModels(models: ModelDescription[]): void;
  onReady(ready: ReadyMessage): void;
  onLoadedModel(modelId: string | undefined): void;
  /** Called once. `isOnPurpose` when it was killed because a run did not obey its cancel, or by close. */
  onDeath(death: { reason: string; isOnPurpose: boolean }): void;
}

export interface EngineConnection {
  readonly processId: number | undefined;
  /** One at a time. Rejects with EngineDiedError or the job's GenerationError. */
  run(run: HostRun): Promise<EngineOutcome>;
  askForModels(): void;
  kill(isOnPurpose: boolean): void;
}

interface CurrentRun {
  runId: number;
  run: HostRun;
  resolve(outcome: EngineOutcome): void;
  reject(error: Error): void;
  /** Called at every message of the engine. */
  hear?: () => void;
}

let lastRunId = 0;

/** Forks the engine at once. */
export function connectEngine(options: EngineConnectionOptions): EngineConnection {
  const child = forkEngine(options);
  let current: CurrentRun | undefined;
  let isOnPurpose = false;
  let isDead = false;

  const send = (message: MessageToEngine) => {
    if (child.connected) child.send(message, () => undefined);
  };
  const kill = (onPurpose: boolean) => {
    isOnPurpose ||= onPurpose;
    child.kill('SIGKILL');
  };
  const die = (reason: string) => {
    if (isDead) return;
    isDead = true;
    current?.reject(new EngineDiedError(reason));
    options.onDeath({ reason, isOnPurpose });
  };
  child.on('error', (error) => {
    // Without an id it never lived; with one it must be dead before the next may start.
    if (child.pid === undefined) die(`it could not be started (${error.message})`);
    else kill(false);
  });
  child.on('exit', (code, signal) => die(`it ended with ${signal ?? `code ${code}`}`));
  child.on('message', (raw) => {
    const parsed = messageFromEngineSchema.safeParse(raw);
    current?.hear?.();
    if (!parsed.success) kill(false);
    else handleMessage(parsed.data, options, current);
  });

  return {
    processId: child.pid,
    async run(run) {
      if (isDead) throw new EngineDiedError('it has ended');
      const runId = (lastRunId += 1);
      const { promise, resolve, reject } = Promise.withResolvers<EngineOutcome>();
      current = { runId, run, resolve, reject };
      const stopWatching = enforceCancel(run.signal, options.cancelGraceMs, {
        ask: () => send({ type: 'cancel', runId }),
        force: () => kill(true),
      });
      const stallWatch = setTimeout(() => kill(false), options.stallTimeoutMs);
      current.hear = () => void stallWatch.refresh();
      send({ type: 'run', runId, job: run.job });
      try {
        return await promise;
      } catch (error) {
        // Killed because it did not obey, or because the function ends: nothing went wrong.
        const isWanted = run.signal.aborted || isOnPurpose;
        if (error instanceof EngineDiedError && isWanted) return { status: 'canceled' };
        throw error;
      } finally {
        current = undefined;
        clearTimeout(stallWatch);
        stopWatching();
      }
    },
    askForModels: () => send({ type: 'list-models' }),
    kill,
  };
}

function forkEngine(options: EngineConnectionOptions): ChildProcess {
  const child = fork(options.entryPath, [...options.entryArguments], {
    env: { ...options.environment },
    execArgv: [],
    serialization: 'advanced',
    // Standard output belongs to the function's own machine-readable lines.
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  try {
    if (child.pid !== undefined) setPriority(child.pid, options.niceness);
  } catch {
    // It died at once, or the system does not allow it: the one is reported by 'exit', the other only costs calm.
  }
  return child;
}

function handleMessage(
  message: MessageFromEngine,
  options: EngineConnectionOptions,
  current: CurrentRun | undefined,
): void {
  switch (message.type) {
    case 'models':
      options.onModels(message.models);
      break;
    case 'ready':
      options.onReady(message);
      break;
    case 'event':
      if (message.runId === current?.runId) current.run.report(message.event);
      break;
    case 'outcome':
      options.onLoadedModel(message.loadedModelId);
      if (message.runId === current?.runId) settle(current, message.outcome);
      break;
  }
}

function settle(current: CurrentRun, outcome: OutcomeMessage['outcome']): void {
  if (outcome.status !== 'failed') {
    current.resolve(outcome);
    return;
  }
  const { code, message, isRetryable } = outcome.error;
  current.reject(new GenerationError(code, message, { isRetryable }));
}

/** Asks for the end when the signal aborts, and forces it when nobody called the returned function in time. */
function enforceCancel(
  signal: AbortSignal,
  graceMs: number,
  { ask, force }: { ask: () => void; force: () => void },
): () => void {
  let timer: NodeJS.Timeout | undefined;
  const cancel = () => {
    ask();
    timer = setTimeout(force, graceMs);
  };
  if (signal.aborted) cancel();
  else signal.addEventListener('abort', cancel, { once: true });
  return () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', cancel);
  };
}
