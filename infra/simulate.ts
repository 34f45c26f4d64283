/**
 * A day of a million jobs through the dispatcher's own function, with a model of what AWS adds: counts of the queue that
 * are some seconds old, machines that take minutes to come. `node infra/simulate.ts` prints the table and draws the plot.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { planTasks, type MachineTask } from './dispatcher/plan-tasks.ts';
import { usdPerMachineHour } from './prices.ts';

export interface Scenario {
  jobsPerDay: number;
  /** How much busier the evening is than the mean, and the night quieter; 0 = the same all day. */
  swing: number;
  /** Ten minutes in each hour in which so many times as many jobs come. */
  burst: number;
  /** Work of one job on one machine. */
  secondsPerJob: number;
  startSeconds: number;
  idleSeconds: number;
  machinesMax: number;
  jobsPerMachine: number;
}

export const MILLION: Scenario = {
  jobsPerDay: 1_000_000,
  swing: 0.8,
  burst: 3,
  secondsPerJob: 4,
  startSeconds: 240,
  idleSeconds: 300,
  machinesMax: 300,
  jobsPerMachine: 10,
};

export interface DayResult {
  waitSeconds: { p50: number; p95: number; p99: number };
  gpuHours: number;
  machinesAtMost: number;
  jobsDone: number;
  /** Each minute. */
  machines: number[];
  waiting: number[];
}

const DAY_S = 86_400;
const HOUR_S = 3_600;
/** The dispatcher runs on every wake; counts of SQS are a few seconds old. */
const LOOK_EVERY_S = 10;

interface Machine extends MachineTask {
  readyAtS: number;
  busyUntilS: number;
  idleSinceS: number;
}

interface Day {
  scenario: Scenario;
  machines: Machine[];
  /** When each job came; those before `next` were taken. */
  queue: number[];
  next: number;
  waits: number[];
  started: number;
}

/** Deterministic: arrivals are a smooth rate, not a draw of chance. */
export function simulateDay(scenario: Scenario): DayResult {
  const day: Day = { scenario, machines: [], queue: [], next: 0, waits: [], started: 0 };
  const [machines, waiting]: [number[], number[]] = [[], []];
  let [gpuSeconds, machinesAtMost, owed] = [0, 0, 0];
  for (let second = 0; second < DAY_S; second += 1) {
    owed += toRate(second, scenario);
    for (; owed >= 1; owed -= 1) day.queue.push(second);
    drawJobs(day, second);
    if (second % LOOK_EVERY_S === 0) look(day, second);
    gpuSeconds += day.machines.length;
    machinesAtMost = Math.max(machinesAtMost, day.machines.length);
    if (second % 60 === 0) {
      machines.push(day.machines.length);
      waiting.push(day.queue.length - day.next);
    }
  }
  const sorted = day.waits.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? 0;
  const waitSeconds = { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
  const gpuHours = gpuSeconds / HOUR_S;
  return { waitSeconds, gpuHours, machinesAtMost, jobsDone: sorted.length, machines, waiting };
}

/** Every machine that is free takes a job, and those that were idle for long leave. */
function drawJobs(day: Day, second: number): void {
  const { idleSeconds, secondsPerJob } = day.scenario;
  for (const machine of day.machines) {
    if (machine.readyAtS > second || machine.busyUntilS > second) continue;
    const askedAtS = day.queue[day.next];
    if (askedAtS === undefined) break;
    day.next += 1;
    day.waits.push(second - askedAtS);
    machine.busyUntilS = second + secondsPerJob;
    machine.idleSinceS = machine.busyUntilS;
  }
  day.machines = day.machines.filter(
    ({ readyAtS, idleSinceS }) => second < Math.max(readyAtS, idleSinceS) + idleSeconds,
  );
}

/** One round of the dispatcher. */
function look(day: Day, second: number): void {
  const { machinesMax, jobsPerMachine, startSeconds } = day.scenario;
  const { start } = planTasks(
    {
      nowMs: second * 1_000,
      visible: day.queue.length - day.next,
      inFlight: day.machines.filter(({ busyUntilS }) => busyUntilS > second).length,
      tasks: day.machines,
      isPaused: false,
      gpuSecondsToday: 0,
      keepWarmUntilMs: 0,
    },
    {
      machinesMax,
      jobsPerMachine,
      gpuSecondsPerDayMax: Number.POSITIVE_INFINITY,
      taskAgeMaxMs: 2 * DAY_S * 1_000,
      startAgeMaxMs: DAY_S * 1_000,
    },
  );
  const readyAtS = second + startSeconds;
  for (let left = start; left > 0; left -= 1) {
    day.started += 1;
    day.machines.push({
      id: String(day.started),
      createdAtMs: second * 1_000,
      readyAtS,
      busyUntilS: 0,
      idleSinceS: readyAtS,
    });
  }
}

/** Jobs a second: busiest at 20:00, with a burst in the first ten minutes of every hour. */
function toRate(second: number, { jobsPerDay, swing, burst }: Scenario): number {
  const mean = jobsPerDay / DAY_S;
  const daily = 1 + swing * Math.cos(((second / HOUR_S - 20) / 24) * 2 * Math.PI);
  const isBurst = second % HOUR_S < 600;
  // So that the day's sum stays what it is.
  const hourly = (isBurst ? burst : 1) / ((burst + 5) / 6);
  return mean * daily * hourly;
}

/** An always-on fleet that is as quick as this one needs machines for its busiest minute, day and night. */
function toScaleTable(): string {
  const usdPerHour = usdPerMachineHour(['g6.xlarge']);
  const rows = [1, 5, 10, 20].map((jobsPerMachine) => {
    const day = simulateDay({ ...MILLION, jobsPerMachine });
    const { p50, p95, p99 } = day.waitSeconds;
    const always = day.machinesAtMost * 24;
    const cells = [
      jobsPerMachine,
      `${p50} s`,
      `${p95} s`,
      `${p99} s`,
      day.machinesAtMost,
      Math.round(day.gpuHours),
      Math.round(day.gpuHours * usdPerHour),
      Math.round(always * usdPerHour),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '| jobs a machine | wait p50 | p95 | p99 | machines at most | GPU hours | USD a day | USD always on |',
    '| --: | --: | --: | --: | --: | --: | --: | --: |',
    ...rows,
  ].join('\n');
}

/** Machines and waiting jobs over the day. */
function toPlot({ machines, waiting }: DayResult): string {
  const [width, height] = [960, 260];
  const line = (values: readonly number[], colour: string) => {
    const most = Math.max(1, ...values);
    const points = values.map((value, minute) => {
      const x = Math.round((minute / values.length) * width);
      return `${x},${Math.round(height - (value / most) * (height - 20))}`;
    });
    return `<polyline fill="none" stroke="${colour}" stroke-width="1.5" points="${points.join(' ')}"/>`;
  };
  const label = (text: string, y: number, colour: string) =>
    `<text x="8" y="${y}" font-family="sans-serif" font-size="13" fill="${colour}">${text}</text>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}">`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    line(waiting, '#d9730d'),
    line(machines, '#2563eb'),
    label(`machines, at most ${Math.max(...machines)}`, 18, '#2563eb'),
    label(`waiting jobs, at most ${Math.max(...waiting)}`, 36, '#d9730d'),
    '</svg>',
    '',
  ].join('\n');
}

if (import.meta.main) {
  process.stdout.write(`${toScaleTable()}\n`);
  const file = join(import.meta.dirname, '..', 'docs', 'aws-scale.svg');
  writeFileSync(file, toPlot(simulateDay(MILLION)));
}
