/**
 * One round of the dispatcher: looks, plans, starts and stops. Any number of rounds may run at once or end anywhere:
 * a short lease lets one at a time through, and whoever comes meanwhile makes that one look again.
 */
import {
  toGpuSeconds,
  planTasks,
  type FleetLimits,
  type MachineTask,
  type Plan,
} from './plan-tasks.ts';
import type { Fleet } from '../../gpu-function/cloud/fleet-item.ts';

export type Capacity = 'spot' | 'on-demand';

export interface Machines {
  list(): Promise<MachineTask[]>;
  /** The same token starts a machine once, however often it is asked. False when there is none to be had. */
  start(capacity: Capacity, token: string): Promise<boolean>;
  stop(id: string, reason: string): Promise<void>;
}

export interface Turn {
  /** Asks for the turn and takes it when it is free; undefined when somebody else has it and will look again. */
  take(): Promise<{ round: number } | undefined>;
  /** Gives the turn back, or keeps it and says which round it is now, because somebody asked meanwhile. */
  giveBack(round: number): Promise<{ round: number } | undefined>;
}

export interface DispatchOptions {
  queueDepth(): Promise<{ visible: number; inFlight: number }>;
  machines: Machines;
  fleet: { read(): Promise<Fleet | undefined>; write(changes: Partial<Fleet>): Promise<void> };
  turn: Turn;
  limits: FleetLimits;
  /** Spot is tried first unless it was lacking this short a time ago. */
  spotPauseMs: number;
  nowMs: () => number;
  logger: { info(fields: Record<string, unknown>, message: string): void };
}

const NO_MACHINE = 'AWS has no GPU machine free right now';
/** Looks in one go: more are left to the next event or sweep. */
const ROUNDS_MAX = 5;

/** The plan that was carried out last; undefined when another dispatcher is at it. */
export async function dispatch(options: DispatchOptions): Promise<Plan | undefined> {
  const turn = await options.turn.take();
  if (turn === undefined) return undefined;
  let { round } = turn;
  for (let count = 0; ; count += 1) {
    const plan = await dispatchOnce(options, round);
    const again = await options.turn.giveBack(round);
    if (again === undefined || count === ROUNDS_MAX) return plan;
    ({ round } = again);
  }
}

async function dispatchOnce(options: DispatchOptions, round: number): Promise<Plan> {
  const { machines, fleet, limits, nowMs, logger } = options;
  const [depth, tasks, stored] = await Promise.all([
    options.queueDepth(),
    machines.list(),
    fleet.read(),
  ]);
  const view = {
    ...depth,
    nowMs: nowMs(),
    tasks,
    isPaused: stored?.isPaused ?? false,
    gpuSecondsToday: toSecondsOfEnded(stored, tasks, nowMs()),
    keepWarmUntilMs: stored?.keepWarmUntilMs ?? 0,
  };
  const plan = planTasks(view, limits);
  for (const { id, reason } of plan.stop) await machines.stop(id, reason);
  const started = await startMachines(plan, options, {
    round,
    spotLackedAtMs: stored?.spotLackedAtMs ?? 0,
  });
  const running = tasks.filter((task) => task.startedAtMs !== undefined).length;
  const pending = tasks.length - running + started - plan.stop.length;
  const oldest = Math.min(...tasks.filter(isPending).map((task) => task.createdAtMs));
  await fleet.write({
    running,
    pending: Math.max(0, pending),
    wakingSinceMs: running > 0 || pending <= 0 ? 0 : Math.min(oldest, nowMs()),
    gpuSecondsPerDayMax: limits.gpuSecondsPerDayMax,
    usedGpuSeconds: toGpuSeconds(view),
    usedDay: toDay(nowMs()),
    shortage: started < plan.start ? NO_MACHINE : '',
  });
  logger.info({ ...depth, running, pending, ...plan, started }, 'Dispatched');
  return plan;
}

const isPending = (task: MachineTask): boolean => task.startedAtMs === undefined;

/** How many could be started. */
async function startMachines(
  plan: Plan,
  { machines, fleet, spotPauseMs, nowMs }: DispatchOptions,
  { round, spotLackedAtMs }: { round: number; spotLackedAtMs: number },
): Promise<number> {
  let started = 0;
  let isSpotTried = nowMs() - spotLackedAtMs >= spotPauseMs;
  for (let index = 0; index < plan.start; index += 1) {
    const token = `imagine-${round}-${index}`;
    if (isSpotTried && (await machines.start('spot', `${token}-spot`))) {
      started += 1;
      continue;
    }
    if (isSpotTried) await fleet.write({ spotLackedAtMs: nowMs() });
    isSpotTried = false;
    if (!(await machines.start('on-demand', token))) return started;
    started += 1;
  }
  return started;
}

/** A machine that is being stopped is in no list and not yet counted: what was used once stays used. */
function toSecondsOfEnded(
  stored: Fleet | undefined,
  tasks: readonly MachineTask[],
  nowMs: number,
): number {
  if (stored === undefined) return 0;
  const day = toDay(nowMs);
  const ended = stored.day === day ? stored.gpuSecondsToday : 0;
  const used = stored.usedDay === day ? stored.usedGpuSeconds : 0;
  return Math.max(ended, used - toGpuSeconds({ nowMs, tasks, gpuSecondsToday: 0 }));
}

/** The day in UTC, as `2026-11-25`. */
export function toDay(nowMs: number): string {
  return new Date(nowMs).toISOString().slice(0, 10);
}
