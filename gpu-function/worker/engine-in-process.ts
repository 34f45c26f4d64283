/** The engine in the worker's own process: for snapshots, which cannot capture a child. It can not be killed. */
import type { FunctionAbilities } from '#contract/health.ts';
import type { EngineHost, EngineSetup } from './engine-host.ts';
import { warmUp, type EngineLogger } from './serve-engine.ts';
import { createWakeUp } from './wake-up.ts';

export interface EngineInProcessOptions {
  setup: EngineSetup;
  logger: EngineLogger;
  nowMs: () => number;
}

export function createEngineInProcess(options: EngineInProcessOptions): EngineHost {
  const { setup, logger, nowMs } = options;
  const changed = createWakeUp();
  const startedAtMs = nowMs();
  let startMs: number | undefined;
  let problem: string | undefined;
  let isClosing = false;
  let running: Promise<unknown> = Promise.resolve();
  let abilities: FunctionAbilities | undefined;
  const warm = warmUp(setup, logger).then(async (found) => {
    abilities = await setup.engine.abilities?.();
    problem = found;
    startMs = nowMs() - startedAtMs;
    changed.wake();
  });

  return {
    status: () => ({
      phase: startMs === undefined ? 'starting' : 'ready',
      problem,
      processId: process.pid,
      loadedModelId: setup.loadedModelId(),
      executionProvider: setup.executionProvider,
      device: setup.device?.(),
      warmUps: setup.warmUps?.(),
      abilities,
      startMs,
    }),
    async run(run) {
      const { job, signal } = run;
      if (startMs === undefined) await changed.wait({ signal });
      if (signal.aborted || isClosing) return { status: 'canceled' };
      const drawing = setup.engine.run({
        job,
        report: (event) => run.report(event),
        isCanceled: () => signal.aborted || isClosing,
      });
      running = drawing;
      const outcome = await drawing;
      if (outcome.status === 'succeeded') problem = undefined;
      return outcome;
    },
    models: () => setup.engine.models(),
    async close() {
      isClosing = true;
      await Promise.allSettled([warm, running]);
      await setup.engine.close();
    },
  };
}
