/** Rounds of the dispatcher on a real table: one at a time, none lost, Spot first. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  dispatch,
  type Capacity,
  type DispatchOptions,
  type Machines,
} from '../../infra/dispatcher/dispatch.ts';
import type { MachineTask } from '../../infra/dispatcher/plan-tasks.ts';
import { noteStoppedTask, type TaskStopped } from '../../infra/dispatcher/stopped-task.ts';
import { createTurnItem } from '../../infra/dispatcher/turn-item.ts';
import { RUNS_TABLE } from '../../infra/table-shapes.ts';
import { createFleetItem } from '../../gpu-function/cloud/fleet-item.ts';
import { createTable, startLocalAws, type LocalAws } from '../fakes/aws/local-aws.ts';
import { createSilentLogger } from '../fakes/silent-logger.ts';

let aws: LocalAws;
beforeAll(async () => {
  aws = await startLocalAws();
});
afterAll(() => aws.stop());

let tables = 0;
const NOON_MS = Date.UTC(2026, 10, 25, 12);

interface Scene {
  options: DispatchOptions;
  tasks: MachineTask[];
  asked: { capacity: Capacity; token: string }[];
  lacking: Set<Capacity>;
  tableName: string;
  jobs: number;
  nowMs: number;
}

async function setUp(): Promise<Scene> {
  const tableName = await createTable(aws, `dispatch-${(tables += 1)}`, RUNS_TABLE);
  const scene: Scene = {
    tasks: [],
    asked: [],
    lacking: new Set(),
    tableName,
    jobs: 1,
    nowMs: NOON_MS,
    options: undefined as never,
  };
  const nowMs = () => scene.nowMs;
  const machines: Machines = {
    list: async () => [...scene.tasks],
    async start(capacity, token) {
      if (scene.lacking.has(capacity)) return false;
      // As ECS: the same token is the same task.
      if (scene.asked.some((other) => other.token === token)) return true;
      scene.asked.push({ capacity, token });
      scene.tasks.push({ id: token, createdAtMs: scene.nowMs });
      return true;
    },
    async stop(id) {
      scene.tasks = scene.tasks.filter((task) => task.id !== id);
    },
  };
  scene.options = {
    queueDepth: async () => ({ visible: scene.jobs, inFlight: 0 }),
    machines,
    fleet: createFleetItem(aws.dynamodb, tableName),
    turn: createTurnItem({ client: aws.dynamodb, tableName, leaseMs: 60_000, nowMs }),
    limits: {
      machinesMax: 3,
      jobsPerMachine: 4,
      gpuSecondsPerDayMax: 7_200,
      taskAgeMaxMs: 3 * 3_600_000,
      startAgeMaxMs: 1_200_000,
    },
    spotPauseMs: 900_000,
    nowMs,
    logger: createSilentLogger(),
  };
  return scene;
}

const stopped = (changes: Partial<TaskStopped> = {}): TaskStopped => ({
  taskArn: 'arn:task/1',
  lastStatus: 'STOPPED',
  createdAt: NOON_MS - 600_000,
  startedAt: NOON_MS - 400_000,
  stoppedAt: NOON_MS,
  stoppedReason: 'Essential container exited',
  ...changes,
});

describe('a round', () => {
  test('starts one machine on Spot for one job, and none the next time', async () => {
    const scene = await setUp();
    await dispatch(scene.options);
    await dispatch(scene.options);
    expect(scene.asked.map(({ capacity }) => capacity)).toEqual(['spot']);
    expect(await scene.options.fleet.read()).toMatchObject({
      pending: 1,
      running: 0,
      shortage: '',
    });
  });

  test('twenty at once start what one starts', async () => {
    const scene = await setUp();
    scene.jobs = 100;
    await Promise.all(Array.from({ length: 20 }, () => dispatch(scene.options)));
    expect(scene.asked).toHaveLength(3);
  });

  test('a wake during a round makes it look again', async () => {
    const scene = await setUp();
    scene.jobs = 0;
    const meanwhile: unknown[] = [];
    const wakeDuringTheFirstLook = async () => {
      const visible = scene.jobs;
      scene.jobs = 1;
      if (meanwhile.length === 0) meanwhile.push(await dispatch(scene.options));
      return { visible, inFlight: 0 };
    };
    const first = { ...scene.options, queueDepth: wakeDuringTheFirstLook };
    expect((await dispatch(first))?.start).toBe(1);
    expect(meanwhile).toEqual([undefined]);
    expect(scene.asked).toHaveLength(1);
  });

  test('one that crashed holds nobody up for longer than its lease', async () => {
    const scene = await setUp();
    const broken = { ...scene.options, queueDepth: () => Promise.reject(new Error('crashed')) };
    await expect(dispatch(broken)).rejects.toThrow('crashed');
    expect(await dispatch(scene.options)).toBeUndefined();
    scene.nowMs += 61_000;
    expect((await dispatch(scene.options))?.start).toBe(1);
  });
});

describe('when Spot has nothing', () => {
  test('On-Demand is asked, and Spot not again for a while', async () => {
    const scene = await setUp();
    scene.lacking.add('spot');
    scene.jobs = 8;
    await dispatch(scene.options);
    expect(scene.asked.map(({ capacity }) => capacity)).toEqual(['on-demand', 'on-demand']);
    scene.lacking.clear();
    scene.jobs = 12;
    await dispatch(scene.options);
    expect(scene.asked.at(-1)?.capacity).toBe('on-demand');
    scene.tasks = [];
    scene.nowMs += 900_000;
    await dispatch(scene.options);
    expect(scene.asked.at(-1)?.capacity).toBe('spot');
  });

  test('and On-Demand neither, people are told', async () => {
    const scene = await setUp();
    scene.lacking.add('spot').add('on-demand');
    await dispatch(scene.options);
    expect((await scene.options.fleet.read())?.shortage).toContain('no GPU machine free');
  });

  test('a task that was stopped for lack of Spot counts as a lack, and costs nothing', async () => {
    const scene = await setUp();
    const reason = 'CapacityError: no spot capacity available';
    const task = stopped({
      startedAt: undefined,
      stoppedReason: reason,
      capacityProviderName: 's',
    });
    await note(scene, task);
    await dispatch(scene.options);
    expect(scene.asked.map(({ capacity }) => capacity)).toEqual(['on-demand']);
    expect((await scene.options.fleet.read())?.gpuSecondsToday).toBe(0);
  });
});

const note = (scene: Scene, task: TaskStopped) =>
  noteStoppedTask(task, {
    client: aws.dynamodb,
    tableName: scene.tableName,
    fleet: scene.options.fleet,
    spotProvider: 's',
    nowMs: () => scene.nowMs,
  });

describe('money', () => {
  test('a machine is counted once, however often its end is told', async () => {
    const scene = await setUp();
    for (let count = 0; count < 3; count += 1) await note(scene, stopped());
    expect((await scene.options.fleet.read())?.gpuSecondsToday).toBe(600);
  });

  test('a day that is used up stops what runs, starts nothing, and a new day begins anew', async () => {
    const scene = await setUp();
    scene.tasks = [{ id: 'long', createdAtMs: NOON_MS - 7_200_000, startedAtMs: NOON_MS }];
    expect(await dispatch(scene.options)).toMatchObject({ start: 0, stop: [{ id: 'long' }] });
    // Stopped, but its end was not told yet.
    expect(await dispatch(scene.options)).toMatchObject({ start: 0 });
    scene.nowMs += 24 * 3_600_000;
    expect(await dispatch(scene.options)).toMatchObject({ start: 1 });
  });
});
