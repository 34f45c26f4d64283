/** The registry of jobs: the same id is the same job, and memory is bounded. */
import { expect, test } from 'vitest';
import {
  BOARD_LIMITS,
  createJobBoard,
  type BoardLimits,
} from '../../../gpu-function/worker/job-board.ts';
import { toJob } from '../../fakes/running-function.ts';

function newBoard(limits: Partial<BoardLimits> = {}) {
  const clock = { nowMs: 1_000 };
  const board = createJobBoard({
    limits: { ...BOARD_LIMITS, ...limits },
    nowMs: () => clock.nowMs,
    newLogId: () => 'log',
  });
  const finish = async (id: string, imageBytes = 1) => {
    board.submit(toJob(id, {}, `owner of ${id}`));
    const taken = await board.take(AbortSignal.timeout(1_000));
    expect(taken?.job.id).toBe(id);
    board.finish(id, { status: 'canceled' }, [new Uint8Array(imageBytes)]);
  };
  return { board, clock, finish };
}

test('sending a job again changes nothing; another request under its id is refused', () => {
  const { board } = newBoard();
  expect(board.submit(toJob('j1')).isNew).toBe(true);
  expect(board.submit(toJob('j1')).isNew).toBe(false);
  expect(board.counts()).toEqual({ running: 0, queued: 1 });
  expect(() => board.submit(toJob('j1', { seed: 8 }))).toThrow('The job j1 exists already');
});

test('the same request with its fields in another order is the same', () => {
  const { board } = newBoard();
  const job = toJob('j1', { steps: 5, count: 2 });
  board.submit(job);
  expect(board.submit(toJob('j1', { count: 2, steps: 5 })).isNew).toBe(false);
});

test('a refused job leaves no trace and may be sent again later', async () => {
  const { board } = newBoard({ waitingMax: 1 });
  board.submit(toJob('j1'));
  expect(() => board.submit(toJob('j2'))).toThrow('its limit is 1 waiting jobs');
  expect(board.find('j2')).toBeUndefined();
  await board.take(AbortSignal.timeout(1_000));
  expect(board.submit(toJob('j2')).isNew).toBe(true);
});

test('everybody who waits hears when their place changes', async () => {
  const { board } = newBoard();
  for (const id of ['j1', 'j2', 'j3']) board.submit(toJob(id));
  expect(board.find('j3')?.log.state).toEqual({ status: 'queued', position: 3 });
  await board.take(AbortSignal.timeout(1_000));
  board.cancel('j2');
  expect(board.find('j2')?.log.state.status).toBe('canceled');
  expect(board.find('j3')?.log.state).toEqual({ status: 'queued', position: 1 });
});

test('canceling a running job asks for its end and leaves the end to the runner', async () => {
  const { board } = newBoard();
  board.submit(toJob('j1'));
  const taken = await board.take(AbortSignal.timeout(1_000));
  board.cancel('j1');
  expect(taken?.signal.aborted).toBe(true);
  expect(board.find('j1')?.log.hasEnded).toBe(false);
});

test('taking waits for a job, and gives up when told to', async () => {
  const { board } = newBoard();
  const waiting = board.take(AbortSignal.timeout(5_000));
  board.submit(toJob('j1'));
  expect((await waiting)?.job.id).toBe('j1');
  const controller = new AbortController();
  const given = board.take(controller.signal);
  controller.abort();
  expect(await given).toBeUndefined();
});

test('finished jobs are forgotten by number, by age and by size, oldest first, never an open one', async () => {
  const { board, clock, finish } = newBoard({ finishedMax: 3, finishedBytesMax: 5_000 });
  for (const id of ['j1', 'j2', 'j3', 'j4']) await finish(id);
  expect(board.find('j1')).toBeUndefined();
  expect(board.find('j2')).toBeDefined();
  await finish('big', 4_900);
  expect(board.find('j4')).toBeUndefined();
  expect(board.find('big')).toBeDefined();
  await finish('huge', 50_000);
  expect(board.find('huge')?.images[0]?.byteLength).toBe(50_000);
  board.submit(toJob('open'));
  clock.nowMs += BOARD_LIMITS.finishedAgeMaxMs + 1;
  board.sweep();
  expect(board.find('huge')).toBeUndefined();
  expect(board.find('open')).toBeDefined();
});

test('start images that wait are bounded all together', () => {
  const { board } = newBoard({ requestBytesMax: 100 });
  const upscale = (id: string) => ({
    id,
    owner: 'ada',
    request: {
      kind: 'upscale' as const,
      image: { kind: 'inline' as const, base64: 'A'.repeat(60) },
      factor: 2 as const,
    },
  });
  board.submit(upscale('u1'));
  expect(() => board.submit(upscale('u2'))).toThrow('Too many large pictures');
});
