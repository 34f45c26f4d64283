/** What a worker tells once its engine is up: its models, its health, and how long the way there took. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fleet, WorkerReport } from '../cloud/fleet-item.ts';
import type { EngineHost } from './engine-host.ts';
import { toWakeMetrics } from './job-metrics.ts';
import { toHealth } from './to-health.ts';

export interface StartReportOptions {
  engineHost: EngineHost;
  fleet: {
    read(): Promise<Fleet | undefined>;
    write(changes: Partial<Fleet>): Promise<void>;
    writeWorker(report: WorkerReport): Promise<void>;
  };
  /** When the dispatcher asked for this machine; undefined when somebody started it by hand. */
  askedAtMs: number | undefined;
  /** Phases that are known from outside, such as the container's: by name, in milliseconds. */
  phasesMs: () => Promise<Readonly<Record<string, number>>>;
  write(line: string): void;
  nowMs: () => number;
  signal: AbortSignal;
  logger: { error(fields: Record<string, unknown>, message: string): void };
}

const POLL_MS = 100;
/** Starts that an estimate looks back on. */
const STARTS_KEPT = 10;

/** Never throws: an estimate is not worth a job. */
export async function reportStart(options: StartReportOptions): Promise<void> {
  const { engineHost, signal, logger } = options;
  try {
    while (engineHost.status().phase === 'starting') {
      await sleep(POLL_MS, undefined, { signal });
    }
    await report(options);
  } catch (error) {
    if (!signal.aborted) logger.error({ err: error }, 'The start could not be reported');
  }
}

async function report(options: StartReportOptions): Promise<void> {
  const { engineHost, fleet, askedAtMs, nowMs } = options;
  const readyAtMs = nowMs();
  const status = engineHost.status();
  const models = await engineHost.models();
  const health = toHealth(status, { running: 0, queued: 0 }, process.uptime() * 1_000);
  await fleet.writeWorker({ models, health });
  const phasesMs = { ...(await options.phasesMs()), Session: status.startMs ?? 0 };
  const seen = await fleet.read();
  // The dispatcher looks again only when something happens: until then people should not be told to wait for a machine.
  await fleet.write({ running: Math.max(1, seen?.running ?? 0), wakingSinceMs: 0 });
  if (askedAtMs === undefined) return options.write(toWakeMetrics(phasesMs, nowMs()));
  const wakeMs = readyAtMs - askedAtMs;
  options.write(toWakeMetrics({ ...phasesMs, Total: wakeMs }, nowMs()));
  const earlier = seen?.wakeDurationsMs ?? [];
  await fleet.write({ wakeDurationsMs: [wakeMs, ...earlier].slice(0, STARTS_KEPT) });
}
