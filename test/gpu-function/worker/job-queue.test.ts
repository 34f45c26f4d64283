/** Waiting is fair and bounded. */
import fc from 'fast-check';
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

test('whatever happens, jobs come out in the announced order, once each, and no owner twice in a row while another waits', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('add' as const), owner: fc.constantFrom('a', 'b', 'c') }),
    fc.record({ kind: fc.constant('take' as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = createJobQueue({ ...QUEUE_LIMITS, waitingPerOwnerMax: 60 });
      const taken: string[] = [];
      let added = 0;
      let lastOwner = '';
      for (const step of steps) {
        if (step.kind === 'add') {
          queue.add(`${step.owner}${(added += 1)}`, step.owner);
          continue;
        }
        const order = queue.order();
        const next = queue.take();
        expect(next).toBe(order[0]);
        if (next === undefined) continue;
        taken.push(next);
        const othersWait = order.some((id) => id[0] !== lastOwner);
        // Those who waited when the last one was served go first; a newcomer may find the owner in front again.
        if (othersWait && order.length > 1 && next[0] === lastOwner) {
          expect(order.findIndex((id) => id[0] !== lastOwner)).toBe(1);
        }
        lastOwner = next[0] ?? '';
      }
      expect(new Set(taken).size).toBe(taken.length);
      expect(taken.length + queue.size).toBe(added);
    }),
  );
});
