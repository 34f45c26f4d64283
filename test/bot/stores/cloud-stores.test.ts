/** The stores on AWS keep the same promises, on servers of this machine. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createJobBucket } from '../../../gpu-function/cloud/job-bucket.ts';
import { createDynamodbJobStore } from '../../../bot/stores/dynamodb-job-store.ts';
import { createDynamodbSettingsStore } from '../../../bot/stores/dynamodb-settings-store.ts';
import { createS3ImageStore } from '../../../bot/stores/s3-image-store.ts';
import { RECORDS_TABLE } from '../../../infra/table-shapes.ts';
import { describeImageStore } from '../../contracts/image-store-contract.ts';
import { describeJobStore } from '../../contracts/job-store-contract.ts';
import {
  createBucket,
  createTable,
  startLocalAws,
  type LocalAws,
} from '../../fakes/aws/local-aws.ts';
import { makeRecord, makeRequest } from '../../fakes/job-records.ts';
import { createSilentLogger } from '../../fakes/silent-logger.ts';

let aws: LocalAws;
beforeAll(async () => {
  aws = await startLocalAws();
});
afterAll(() => aws.stop());

let count = 0;
const newBucket = async () =>
  createJobBucket(aws.s3, await createBucket(aws, `pictures-${(count += 1)}`));
const newTable = () => createTable(aws, `records-${(count += 1)}`, RECORDS_TABLE);

async function openJobStore() {
  const texts = await newBucket();
  const tableName = await newTable();
  return createDynamodbJobStore({
    client: aws.dynamodb,
    tableName,
    texts,
    logger: createSilentLogger(),
  });
}

describeJobStore('dynamodb', openJobStore);
describeImageStore('s3', async () => createS3ImageStore(await newBucket()));

describe('an item of DynamoDB has room for 400 KB', () => {
  test('a command that starts from a large picture is kept whole', async () => {
    const store = await openJobStore();
    const base64 = Buffer.alloc(600_000, 7).toString('base64');
    const record = makeRecord({ request: makeRequest({ startImage: { kind: 'inline', base64 } }) });
    expect(await store.insert(record)).toBe(true);
    expect(await store.get(record.id)).toEqual(record);
    expect(await store.listOpen()).toEqual([record]);
  });

  test('a large preview is left out, and the state is kept', async () => {
    const store = await openJobStore();
    const base64 = Buffer.alloc(600_000).toString('base64');
    const preview = {
      mediaType: 'image/png',
      widthPx: 1,
      heightPx: 1,
      columns: 1,
      base64,
    } as const;
    const record = makeRecord({ state: { status: 'decoding', notes: [], preview } });
    await store.insert(record);
    expect((await store.get(record.id))?.state).toEqual({ status: 'decoding', notes: [] });
  });
});

test("a person's jobs come page by page, pictures only when asked", async () => {
  const store = await openJobStore();
  for (let index = 1; index <= 5; index += 1) {
    await store.insert(makeRecord({ id: `job-${index}`, createdAtMs: 10 }));
  }
  const query = { platform: 'web' as const, userId: 'ada', limit: 2 };
  const first = await store.listByUser(query);
  const second = await store.listByUser({ ...query, cursor: first.nextCursor });
  const third = await store.listByUser({ ...query, cursor: second.nextCursor });
  const ids = [first, second, third].flatMap(({ records }) => records.map(({ id }) => id));
  expect(ids).toEqual(['job-5', 'job-4', 'job-3', 'job-2', 'job-1']);
  expect(third.nextCursor).toBeUndefined();
  expect((await store.listByUser({ ...query, isSucceeded: true })).records).toEqual([]);
  await expect(store.listByUser({ ...query, cursor: 'nonsense' })).rejects.toThrow(RangeError);
});

describe('settings in DynamoDB', () => {
  test('are written by whoever knows the newest version, and by one at a time', async () => {
    const clock = { nowMs: () => 1_000 };
    const tableName = await newTable();
    const store = createDynamodbSettingsStore({ client: aws.dynamodb, tableName, clock });
    expect(await store.get('a')).toBeUndefined();
    const tries = [1, 2, 3].map((value) => store.put('a', { value }, { expectedVersion: 0 }));
    expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1);
    expect(await store.put('a', 'next', { expectedVersion: 1 })).toBe(true);
    expect(await store.put('a', 'late', { expectedVersion: 1 })).toBe(false);
    expect(await store.get('a')).toEqual({ value: 'next', version: 2 });
    await store.delete('a');
    expect(await store.get('a')).toBeUndefined();
  });

  test('that expired are not there', async () => {
    let nowMs = 1_000;
    const clock = { nowMs: () => nowMs };
    const tableName = await newTable();
    const store = createDynamodbSettingsStore({ client: aws.dynamodb, tableName, clock });
    await store.put('a', 1, { expectedVersion: 0, expiresAtMs: 2_000 });
    expect(await store.get('a')).toEqual({ value: 1, version: 1 });
    nowMs = 2_001;
    expect(await store.get('a')).toBeUndefined();
    expect(await store.put('a', 2, { expectedVersion: 1 })).toBe(false);
    expect(await store.put('a', 2, { expectedVersion: 0 })).toBe(true);
  });
});
