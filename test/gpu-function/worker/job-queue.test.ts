/** Waiting is fair and bounded. */
import { array, assert, constant, constantFrom, oneof, property, record } from 'fast-check';
import { expect, test } from 'vitest';
import { createJobQueue, QUEUE_LIMITS } from '../../../gpu-function/worker/job-queue.ts';

test('one person with many jobs does not hold up another with one', () => {
  const queue = createJobQueue();
  for (const id of ['a1', 'a2', 'a3']) queue.add(id, 'ada');
  queue.add('b1', 'bob');
  expect(queue.order()).toEqual(['a1', 'b1', 'a2', 'a3']);
  expect([queue.take(), queue.take(), queue.take()]).toEqual(['a1', 'b1', 'a2']);
});

test('who was served goes behind who waits', () => {
  const queue = createJobQueue();
  queue.add('a1', 'ada');
  queue.add('b1', 'bob');
  queue.take();
  queue.add('a2', 'ada');
  expect(queue.order()).toEqual(['b1', 'a2']);
});

test('a canceled job leaves its place to the next', () => {
  const queue = createJobQueue();
  for (const id of ['a1', 'a2', 'a3']) queue.add(id, 'ada');
  expect(queue.remove('a2')).toBe(true);
  expect(queue.remove('a2')).toBe(false);
  expect(queue.order()).toEqual(['a1', 'a3']);
});

test('the queue tells a person how many of theirs wait when there is no room', () => {
  const queue = createJobQueue({ waitingMax: 3, waitingPerOwnerMax: 2 });
  queue.add('a1', 'ada');
  queue.add('a2', 'ada');
  expect(() => queue.add('a3', 'ada')).toThrow('You have 2 jobs waiting already');
  queue.add('b1', 'bob');
  expect(() => queue.add('c1', 'cleo')).toThrow('its limit is 3 waiting jobs');
  expect(queue.order()).toEqual(['a1', 'b1', 'a2']);
});

test('whatever happens, jobs come out in the announced order, once each', () => {
  const step = oneof(
    record({ kind: constant('add' as const), owner: constantFrom('a', 'b', 'c') }),
    record({ kind: constant('take' as const) }),
  );
  assert(
    property(array(step, { maxLength: 60 }), (steps) => {
      const queue = createJobQueue({ ...QUEUE_LIMITS, waitingPerOwnerMax: 60 });
      const taken: string[] = [];
      const announced: string[] = [];
      let added = 0;
      for (const step of steps) {
        if (step.kind === 'add') {
          queue.add(`${step.owner}${(added += 1)}`, step.owner);
          continue;
        }
        announced.push(...queue.order().slice(0, 1));
        taken.push(...[queue.take()].filter((id) => id !== undefined));
      }
      expect(taken).toEqual(announced);
      expect(new Set(taken).size).toBe(taken.length);
      expect(taken.length + queue.size).toBe(added);
    }),
  );
});

test('among people who all wait nobody is served twice before everybody was served once', () => {
  const owners = constantFrom('a', 'b', 'c', 'd');
  assert(
    property(array(owners, { minLength: 1, maxLength: 40 }), (added) => {
      const queue = createJobQueue({ waitingMax: 40, waitingPerOwnerMax: 40 });
      for (const [n, owner] of added.entries()) queue.add(`${owner}${n}`, owner);
      const people = new Set(added);
      const firstRound = Array.from(people, () => queue.take()?.charAt(0));
      expect(new Set(firstRound)).toEqual(people);
    }),
  );
});
