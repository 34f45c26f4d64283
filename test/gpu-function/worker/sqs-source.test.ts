/** The worker on a queue: every message may come twice, and any worker may vanish. */
import { GetQueueAttributesCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { JobEvent } from '#contract/job-event.ts';
import { INITIAL_JOB_STATE, reduceJobState, type JobState } from '#contract/job-state.ts';
import { createRunTable } from '../../../gpu-function/cloud/run-table.ts';
import { startLocalAws, type LocalAws } from '../../fakes/aws/local-aws.ts';
import {
  createCloud,
  startQueueWorker,
  type Cloud,
  type QueueWorker,
} from '../../fakes/aws/queue-worker.ts';
import { toJob } from '../../fakes/running-function.ts';
import { PROMPTS } from '../../fakes/scripted-engine.ts';
import { waitFor } from '../../fakes/wait-for.ts';

let aws: LocalAws;
beforeAll(async () => {
  aws = await startLocalAws();
});
afterAll(() => aws.stop());

const workers: QueueWorker[] = [];
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.stop();
});

function start(...options: Parameters<typeof startQueueWorker>): QueueWorker {
  const worker = startQueueWorker(...options);
  workers.push(worker);
  return worker;
}

async function eventsOf({ table }: Cloud, jobId: string): Promise<JobEvent[]> {
  return (await table.eventsAfter(jobId, 0)).map(({ event }) => event);
}

async function stateOf(cloud: Cloud, jobId: string): Promise<JobState> {
  return (await eventsOf(cloud, jobId)).reduce(reduceJobState, INITIAL_JOB_STATE);
}

async function messagesIn(cloud: Cloud): Promise<number> {
  const { Attributes = {} } = await aws.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: cloud.jobsQueueUrl, AttributeNames: ['All'] }),
  );
  return (
    Number(Attributes['ApproximateNumberOfMessages']) +
    Number(Attributes['ApproximateNumberOfMessagesNotVisible'])
  );
}

const isEnded = (cloud: Cloud, jobId: string) =>
  waitFor(`the end of ${jobId}`, async () => {
    const last = await cloud.table.last(jobId);
    return last?.event.type === 'job-end' && last;
  });
const isEmpty = (cloud: Cloud) =>
  waitFor('an empty queue', async () => (await messagesIn(cloud)) === 0);

async function sendTwice(cloud: Cloud, jobId: string): Promise<void> {
  await cloud.send(toJob(jobId));
  await cloud.send(toJob(jobId));
}

describe('a job from the queue', () => {
  test('is drawn, its pictures are stored, its message is gone, and nothing is numbered twice', async () => {
    const cloud = await createCloud(aws);
    const told: number[] = [];
    start(cloud, {}, { ping: async (_, sequence) => void told.push(sequence) });
    await cloud.send(toJob('drawn', { count: 2, steps: 4 }));
    const end = await isEnded(cloud, 'drawn');
    await isEmpty(cloud);
    const events = await eventsOf(cloud, 'drawn');
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
    expect(events.filter(({ type }) => type === 'step-end')).toHaveLength(4);
    expect(told.at(-1)).toBe(events.length);
    const state = await stateOf(cloud, 'drawn');
    const images = state.status === 'succeeded' ? state.result.images : [];
    expect(images).toHaveLength(2);
    for (const { index, sha256 } of images) {
      const png = await cloud.bucket.getResult({ jobId: 'drawn', attempt: end.attempt, index });
      expect(
        createHash('sha256')
          .update(png ?? '')
          .digest('hex'),
      ).toBe(sha256);
    }
  });

  test('too large for an item travels through the bucket', async () => {
    const cloud = await createCloud(aws);
    start(cloud);
    const base64 = Buffer.alloc(300_000).toString('base64');
    await cloud.send(toJob('large', { startImage: { kind: 'inline', base64 } }));
    await isEnded(cloud, 'large');
    expect(await stateOf(cloud, 'large')).toMatchObject({ status: 'succeeded' });
  });

  test('that is delivered twice is drawn once', async () => {
    const cloud = await createCloud(aws);
    start(cloud, {}, { visibilityMs: 1_000 });
    start(cloud, {}, { visibilityMs: 1_000 });
    await sendTwice(cloud, 'twice');
    await isEnded(cloud, 'twice');
    await isEmpty(cloud);
    const events = await eventsOf(cloud, 'twice');
    expect(events.filter(({ type }) => type === 'job-start')).toHaveLength(1);
    expect(events.filter(({ type }) => type === 'job-end')).toHaveLength(1);
  });

  test('that was canceled before it was taken ends so; one that is drawn stops between its steps', async () => {
    const cloud = await createCloud(aws);
    await cloud.send(toJob('early', { steps: 1_000 }));
    await cloud.table.requestCancel('early');
    await cloud.send(toJob('late', { steps: 1_000 }));
    start(cloud);
    await isEnded(cloud, 'early');
    expect(await stateOf(cloud, 'early')).toMatchObject({ status: 'canceled' });
    await waitFor('a step', async () => (await eventsOf(cloud, 'late')).length > 3);
    await cloud.table.requestCancel('late');
    await isEnded(cloud, 'late');
    expect((await eventsOf(cloud, 'late')).length).toBeLessThan(500);
    await isEmpty(cloud);
  });
});

describe('a worker that vanished', () => {
  test('in the middle: another draws the job anew, and the events say which attempt it is', async () => {
    const cloud = await createCloud(aws);
    await cloud.send(toJob('orphan', { steps: 2 }));
    // The worker that took it, said so, and was never heard of again.
    const claim = await cloud.table.claim('orphan', 40);
    expect(claim).toMatchObject({ kind: 'claimed', head: { attempt: 1 } });
    await cloud.table.append('orphan', 1, { type: 'job-start', attempt: 1, notes: [] }, 1);
    start(cloud, {}, { visibilityMs: 400 });
    const end = await isEnded(cloud, 'orphan');
    expect(end.attempt).toBe(2);
    expect(await eventsOf(cloud, 'orphan')).toContainEqual(
      expect.objectContaining({ type: 'job-start', attempt: 2 }),
    );
  });

  test('and comes back late can write nothing more', async () => {
    const cloud = await createCloud(aws);
    await cloud.send(toJob('fenced', { steps: 3 }));
    await cloud.table.claim('fenced', 1);
    start(cloud);
    const end = await isEnded(cloud, 'fenced');
    const failed = { code: 'internal', message: 'late', isRetryable: true } as const;
    const late = { type: 'job-end', outcome: { status: 'failed', error: failed } } as const;
    for (let sequence = 1; sequence <= end.event.sequence; sequence += 1) {
      expect(await cloud.table.append('fenced', sequence, late, 1)).toBe(false);
    }
    expect(await cloud.table.renew('fenced', 1, 1_000)).toBeUndefined();
    expect(await stateOf(cloud, 'fenced')).toMatchObject({ status: 'succeeded' });
  });

  test('again and again ends its job with a sentence', async () => {
    const cloud = await createCloud(aws);
    await cloud.send(toJob('doomed'));
    for (let attempt = 1; attempt <= 4; attempt += 1) await cloud.table.claim('doomed', 0);
    start(cloud);
    await isEnded(cloud, 'doomed');
    expect(await stateOf(cloud, 'doomed')).toMatchObject({
      status: 'failed',
      error: { code: 'engine-crashed', message: expect.stringContaining('lost 4 times') },
    });
    await isEmpty(cloud);
  });

  test('whose clock was days ahead does not keep its job for ever', async () => {
    const cloud = await createCloud(aws);
    const skewed = createRunTable({
      client: aws.dynamodb,
      tableName: cloud.runsTable,
      bucket: cloud.bucket,
      nowMs: () => Date.now() + 86_400_000,
    });
    await cloud.send(toJob('ahead'));
    await skewed.claim('ahead', 1_000);
    start(cloud);
    await isEnded(cloud, 'ahead');
    expect(await stateOf(cloud, 'ahead')).toMatchObject({ status: 'succeeded' });
  });
});

describe('a worker that leaves', () => {
  test('gives its job back at once, and the next one draws it', async () => {
    const cloud = await createCloud(aws);
    const first = start(cloud);
    await cloud.send(toJob('moved', { steps: 500 }));
    await waitFor('a step', async () => (await eventsOf(cloud, 'moved')).length > 3);
    await first.stop();
    expect(await cloud.table.head('moved')).toMatchObject({ attempt: 1 });
    start(cloud, { stepMs: 0 });
    expect((await isEnded(cloud, 'moved')).attempt).toBe(2);
    await isEmpty(cloud);
  });

  test('goes when there is nothing to draw, and stays while it is to be kept warm', async () => {
    const cloud = await createCloud(aws);
    await start(cloud, {}, { idleExitMs: 10 }).done;
    await cloud.fleet.write({ keepWarmUntilMs: Date.now() + 86_400_000 });
    const warm = start(cloud, {}, { idleExitMs: 10 });
    await cloud.send(toJob('warm'));
    await isEnded(cloud, 'warm');
    await cloud.send(toJob('warm-again'));
    await isEnded(cloud, 'warm-again');
    await cloud.fleet.write({ keepWarmUntilMs: 0 });
    await warm.done;
    expect(await messagesIn(cloud)).toBe(0);
  });

  test('goes when its engine keeps dying, and leaves the job to a fresh machine', async () => {
    const cloud = await createCloud(aws);
    const sick = start(cloud);
    await cloud.send(toJob('glass', { prompt: PROMPTS.endProcess }));
    await sick.done;
    expect(sick.source.isSick).toBe(true);
    expect(await messagesIn(cloud)).toBe(1);
    expect(await stateOf(cloud, 'glass')).not.toMatchObject({ status: 'failed' });
    // What kills two machines is the job.
    await start(cloud).done;
    expect(await stateOf(cloud, 'glass')).toMatchObject({ error: { code: 'engine-crashed' } });
    await isEmpty(cloud);
  });
});

test('a message that is no job is left to the queue, which moves it aside', async () => {
  const cloud = await createCloud(aws);
  start(cloud);
  for (const MessageBody of ['', 'hello', '{"version":1,"jobId":"../x"}', '{"version":2}']) {
    const body = MessageBody || ' ';
    await aws.sqs.send(new SendMessageCommand({ QueueUrl: cloud.jobsQueueUrl, MessageBody: body }));
  }
  await cloud.send(toJob('after'));
  await isEnded(cloud, 'after');
  await waitFor('only the odd ones', async () => (await messagesIn(cloud)) === 4);
  expect(await stateOf(cloud, 'after')).toMatchObject({ status: 'succeeded' });
});
