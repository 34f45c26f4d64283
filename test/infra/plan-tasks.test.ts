/** Scaling as properties: whatever the queue and the machines look like, these hold. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  planTasks,
  toGpuSeconds,
  type FleetLimits,
  type FleetView,
} from '../../infra/dispatcher/plan-tasks.ts';

const NOW_MS = Date.UTC(2026, 10, 25, 15, 30);
const LIMITS: FleetLimits = {
  machinesMax: 4,
  jobsPerMachine: 4,
  gpuSecondsPerDayMax: 10 * 3_600,
  taskAgeMaxMs: 3 * 3_600_000,
  startAgeMaxMs: 20 * 60_000,
};
const IDLE: FleetView = {
  nowMs: NOW_MS,
  visible: 0,
  inFlight: 0,
  tasks: [],
  isPaused: false,
  gpuSecondsToday: 0,
  keepWarmUntilMs: 0,
};

const task = fc.record({
  id: fc.string({ minLength: 1 }),
  createdAtMs: fc.integer({ min: NOW_MS - 9 * 3_600_000, max: NOW_MS }),
  startedAtMs: fc.option(fc.integer({ min: NOW_MS - 3_600_000, max: NOW_MS }), { nil: undefined }),
});
const view: fc.Arbitrary<FleetView> = fc.record({
  nowMs: fc.constant(NOW_MS),
  visible: fc.nat(2_000_000),
  inFlight: fc.nat(1_000),
  tasks: fc.uniqueArray(task, { maxLength: 20, selector: ({ id }) => id }),
  isPaused: fc.boolean(),
  gpuSecondsToday: fc.nat(20 * 3_600),
  keepWarmUntilMs: fc.integer({ min: NOW_MS - 1_000, max: NOW_MS + 1_000 }),
});
const limits: fc.Arbitrary<FleetLimits> = fc.record({
  machinesMax: fc.nat(50),
  jobsPerMachine: fc.integer({ min: 1, max: 100 }),
  gpuSecondsPerDayMax: fc.nat(20 * 3_600),
  taskAgeMaxMs: fc.integer({ min: 60_000, max: 6 * 3_600_000 }),
  startAgeMaxMs: fc.integer({ min: 60_000, max: 3_600_000 }),
  warmHours: fc.option(fc.tuple(fc.nat(24), fc.nat(24)), { nil: undefined }),
});

/** The smallest case in which it does not hold, or null. */
const counterexample = (property: (view: FleetView, limits: FleetLimits) => boolean) =>
  fc.check(fc.property(view, limits, property), { numRuns: 500 }).counterexample;

describe('whatever happens', () => {
  test('no more machines are started than allowed, and none that run are counted twice', () => {
    const broken = counterexample((seen, bounds) => {
      const { wanted, start, stop, why } = planTasks(seen, bounds);
      const staying = seen.tasks.length - stop.length;
      const isExact = start === 0 || staying + start === wanted;
      return wanted <= bounds.machinesMax && isExact && why !== '';
    });
    expect(broken).toBeNull();
  });

  test('a pause or a day that is used up starts nothing', () => {
    const broken = counterexample((seen, bounds) => {
      const isUsedUp = toGpuSeconds(seen) >= bounds.gpuSecondsPerDayMax;
      return !(seen.isPaused || isUsedUp) || planTasks(seen, bounds).start === 0;
    });
    expect(broken).toBeNull();
  });

  test('no machine stays beyond its age', () => {
    const broken = counterexample((seen, bounds) => {
      const stopped = new Set(planTasks(seen, bounds).stop.map(({ id }) => id));
      const isOld = (createdAtMs: number) => NOW_MS - createdAtMs > bounds.taskAgeMaxMs;
      return seen.tasks.every(({ id, createdAtMs }) => !isOld(createdAtMs) || stopped.has(id));
    });
    expect(broken).toBeNull();
  });

  test('with jobs, money and room there is at least one machine', () => {
    const broken = counterexample((seen, bounds) => {
      const plan = planTasks(seen, bounds);
      const isFree = !seen.isPaused && toGpuSeconds(seen) < bounds.gpuSecondsPerDayMax;
      const isWanted = isFree && seen.visible > 0 && bounds.machinesMax > 0;
      return !isWanted || seen.tasks.length - plan.stop.length + plan.start > 0;
    });
    expect(broken).toBeNull();
  });

  test('more jobs never want fewer machines, and carrying the plan out asks for no more', () => {
    const broken = counterexample((seen, bounds) => {
      const plan = planTasks(seen, bounds);
      const more = planTasks({ ...seen, visible: seen.visible + 100 }, bounds);
      const gone = new Set(plan.stop.map(({ id }) => id));
      const fresh = Array.from({ length: plan.start }, (_, index) => ({
        id: `new ${index}`,
        createdAtMs: NOW_MS,
      }));
      const tasks = [...seen.tasks.filter(({ id }) => !gone.has(id)), ...fresh];
      // What ran is on the bill, also when it is gone.
      const gpuSecondsToday = toGpuSeconds(seen);
      const again = planTasks({ ...seen, tasks, gpuSecondsToday }, bounds);
      return more.wanted >= plan.wanted && again.start === 0;
    });
    expect(broken).toBeNull();
  });
});

describe('in plain cases', () => {
  test.each([
    ['nothing to draw', {}, { wanted: 0, why: 'nothing to draw' }],
    ['one job', { visible: 1 }, { wanted: 1, start: 1 }],
    ['nine jobs', { visible: 5, inFlight: 4 }, { wanted: 3, start: 3 }],
    ['a crowd', { visible: 1_000 }, { wanted: 4, why: '1000 jobs, bounded by 4 machines' }],
    ['kept warm', { keepWarmUntilMs: NOW_MS + 1 }, { wanted: 1, why: 'kept warm' }],
    ['paused', { visible: 9, isPaused: true }, { wanted: 0, why: 'paused by the operator' }],
    ['a used-up day', { visible: 9, gpuSecondsToday: 36_000 }, { wanted: 0, start: 0 }],
  ] as const)('%s', (_, changes, plan) => {
    expect(planTasks({ ...IDLE, ...changes }, LIMITS)).toMatchObject(plan);
  });

  test('a warm hour keeps one machine up, over midnight too', () => {
    const at = (hour: number) => ({ ...IDLE, nowMs: Date.UTC(2026, 10, 25, hour) });
    const warm = { ...LIMITS, warmHours: [22, 3] as const };
    expect([21, 22, 23, 0, 2, 3].map((hour) => planTasks(at(hour), warm).wanted)).toEqual([
      0, 1, 1, 1, 1, 0,
    ]);
  });

  test('what ran before midnight is not of today', () => {
    const nowMs = Date.UTC(2026, 10, 25, 0, 10);
    const tasks = [{ id: 'a', createdAtMs: nowMs - 3_600_000, startedAtMs: nowMs - 3_000_000 }];
    expect(toGpuSeconds({ nowMs, tasks, gpuSecondsToday: 0 })).toBe(600);
  });
});
