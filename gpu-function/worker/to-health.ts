/** The function's health from what its engine and its jobs are at this moment. */
import type { Health } from '#contract/health.ts';
import type { EngineStatus } from './engine-host.ts';

export function toHealth(
  engine: EngineStatus,
  { running, queued }: { running: number; queued: number },
  uptimeMs: number,
): Health {
  return {
    status: toHealthStatus(engine, running),
    contractVersion: 1,
    reason: engine.problem,
    engineProcessId: engine.processId,
    loadedModelId: engine.loadedModelId,
    executionProvider: engine.executionProvider,
    device: engine.device,
    ...(engine.warmUps !== undefined && { warmUps: [...engine.warmUps] }),
    abilities: engine.abilities,
    jobsRunning: running,
    jobsQueued: queued,
    uptimeMs,
    engineStartMs: engine.startMs,
  };
}

function toHealthStatus(engine: EngineStatus, jobsRunning: number): Health['status'] {
  if (engine.phase === 'defunct') return 'DEFUNCT';
  if (jobsRunning > 0) return 'BUSY';
  if (engine.phase === 'starting') return 'STARTING';
  return engine.problem === undefined ? 'READY' : 'SETUP_FAILED';
}
