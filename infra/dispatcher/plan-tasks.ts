/** How many machines are wanted, and why: one pure function that everything about scaling goes through. */

export interface MachineTask {
  id: string;
  /** When it was asked for. */
  createdAtMs: number;
  /** When its container started; undefined while the machine is being got ready. */
  startedAtMs?: number | undefined;
}

export interface FleetView {
  nowMs: number;
  /** Jobs that wait, and jobs that somebody draws. */
  visible: number;
  inFlight: number;
  tasks: readonly MachineTask[];
  isPaused: boolean;
  /** Paid time of machines that have ended today (UTC). */
  gpuSecondsToday: number;
  /** People asked for a machine to stay up to this moment. */
  keepWarmUntilMs: number;
}

export interface FleetLimits {
  machinesMax: number;
  /** Waiting jobs that are worth one machine: more = cheaper, fewer = quicker. */
  jobsPerMachine: number;
  gpuSecondsPerDayMax: number;
  /** No machine runs longer, whatever it does: nobody is to find a forgotten GPU on the bill. */
  taskAgeMaxMs: number;
  /** A machine that has not come up by then never will. */
  startAgeMaxMs: number;
  /** Hours of the day (UTC), from the first up to the second, in which one machine is always up. */
  warmHours?: readonly [from: number, to: number] | undefined;
}

export interface Plan {
  wanted: number;
  start: number;
  stop: readonly { id: string; reason: string }[];
  why: string;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Machines are only ever added here and leave by themselves when idle; what is stopped by force is past a limit. */
export function planTasks(view: FleetView, limits: FleetLimits): Plan {
  const stop = view.tasks.flatMap((task) => {
    const reason = toStopReason(task, view, limits);
    return reason === undefined ? [] : [{ id: task.id, reason }];
  });
  const staying = view.tasks.length - stop.length;
  const { wanted, why } = toWanted(view, limits);
  return { wanted, start: Math.max(0, wanted - staying), stop, why };
}

/** Seconds of today (UTC) that all machines together were paid for, the running ones up to now. */
export function toGpuSeconds(view: Pick<FleetView, 'nowMs' | 'tasks' | 'gpuSecondsToday'>): number {
  const midnightMs = Math.floor(view.nowMs / DAY_MS) * DAY_MS;
  return view.tasks.reduce((sum, { createdAtMs }) => {
    const sinceMs = Math.max(createdAtMs, midnightMs);
    return sum + Math.max(0, view.nowMs - sinceMs) / 1_000;
  }, view.gpuSecondsToday);
}

function toWanted(view: FleetView, limits: FleetLimits): { wanted: number; why: string } {
  if (view.isPaused) return { wanted: 0, why: 'paused by the operator' };
  const spent = toGpuSeconds(view);
  if (spent >= limits.gpuSecondsPerDayMax) {
    return { wanted: 0, why: `the day's ${limits.gpuSecondsPerDayMax} GPU seconds are used up` };
  }
  const jobs = view.visible + view.inFlight;
  const forJobs = Math.ceil(jobs / limits.jobsPerMachine);
  const isWarm = view.keepWarmUntilMs > view.nowMs || isWithin(view.nowMs, limits.warmHours);
  const wanted = Math.min(limits.machinesMax, Math.max(forJobs, isWarm ? 1 : 0));
  if (forJobs > limits.machinesMax) {
    return { wanted, why: `${jobs} jobs, bounded by ${limits.machinesMax} machines` };
  }
  if (forJobs === 0) return { wanted, why: isWarm ? 'kept warm' : 'nothing to draw' };
  return { wanted, why: `${jobs} jobs, ${limits.jobsPerMachine} a machine` };
}

function toStopReason(task: MachineTask, view: FleetView, limits: FleetLimits): string | undefined {
  const ageMs = view.nowMs - task.createdAtMs;
  if (ageMs > limits.taskAgeMaxMs) return `older than ${limits.taskAgeMaxMs / HOUR_MS} hours`;
  if (task.startedAtMs === undefined && ageMs > limits.startAgeMaxMs) {
    return `not up after ${Math.round(limits.startAgeMaxMs / 60_000)} minutes`;
  }
  // What it draws goes back to the queue and waits for tomorrow.
  if (toGpuSeconds(view) >= limits.gpuSecondsPerDayMax) return "the day's GPU seconds are used up";
  return undefined;
}

function isWithin(nowMs: number, hours: FleetLimits['warmHours']): boolean {
  if (hours === undefined) return false;
  const [from, to] = hours;
  const hour = Math.floor((nowMs % DAY_MS) / HOUR_MS);
  return from <= to ? hour >= from && hour < to : hour >= from || hour < to;
}
