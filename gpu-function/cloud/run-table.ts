/**
 * The log of every job's run in DynamoDB: one item an event, numbered, written once. Whoever writes number n first has
 * it; a worker that finds its number taken was replaced and stops. That makes the log itself the fence against a worker
 * that comes back late, whatever its clock says. Item 0 is the head: request, attempt, lease, wish to cancel.
 */
import {
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { createHash } from 'node:crypto';
import { GenerationError } from '#contract/generation-error.ts';
import { jobEventSchema, type JobEvent, type JobEventBody } from '#contract/job-event.ts';
import { jobSubmissionSchema, type Job, type JobId } from '#contract/job.ts';
import type { JobBucket } from './job-bucket.ts';

/** DynamoDB takes items of 400 KB; a larger request goes to the bucket. */
const REQUEST_CHARACTERS_MAX = 250_000;
/** Items are forgotten by DynamoDB itself after this. */
const KEPT_S = 7 * 24 * 3_600;
const HEAD = 0;

export interface RunTableOptions {
  client: DynamoDBClient;
  tableName: string;
  bucket: Pick<JobBucket, 'putRequest' | 'getRequest'>;
  nowMs: () => number;
}

interface StoredEvent {
  event: JobEvent;
  /** Of the delivery whose worker wrote it: names the folder of its pictures. */
  attempt: number;
}

interface RunHead {
  owner: string;
  submittedAtMs: number;
  /** Deliveries that were begun. */
  attempt: number;
  leaseUntilMs: number;
  isCancelRequested: boolean;
}

export type Claim =
  | { kind: 'claimed'; job: Job; head: RunHead; lastSequence: number }
  | { kind: 'ended'; lastSequence: number }
  /** Another worker draws it; its lease ends in so long unless it is renewed. */
  | { kind: 'held'; forMs: number }
  | { kind: 'unknown' };

export interface RunTable {
  /** False when the same job is there already. Throws GenerationError `job-conflict` for another request under its id. */
  create(job: Job): Promise<boolean>;
  head(jobId: JobId): Promise<RunHead | undefined>;
  /** Takes the job for one delivery, unless somebody holds it or it has ended. */
  claim(jobId: JobId, leaseMs: number): Promise<Claim>;
  /** Lengthens the lease; undefined when another attempt has it. */
  renew(jobId: JobId, attempt: number, leaseMs: number): Promise<RunHead | undefined>;
  /** Appends event number `sequence`; false when that number is taken. */
  append(jobId: JobId, sequence: number, body: JobEventBody, attempt: number): Promise<boolean>;
  /** In order; read consistently. */
  eventsAfter(jobId: JobId, sequence: number): Promise<StoredEvent[]>;
  last(jobId: JobId): Promise<StoredEvent | undefined>;
  /** Does nothing for an unknown job. */
  requestCancel(jobId: JobId): Promise<void>;
}

export function createRunTable(options: RunTableOptions): RunTable {
  return new DynamoRunTable(options);
}

class DynamoRunTable implements RunTable {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;
  readonly #bucket: RunTableOptions['bucket'];
  readonly #nowMs: () => number;

  constructor({ client, tableName, bucket, nowMs }: RunTableOptions) {
    this.#client = client;
    this.#tableName = tableName;
    this.#bucket = bucket;
    this.#nowMs = nowMs;
  }

  async create(job: Job): Promise<boolean> {
    const request = JSON.stringify({ request: job.request, owner: job.owner });
    const digest = createHash('sha256').update(JSON.stringify(job.request)).digest('hex');
    const isLarge = request.length > REQUEST_CHARACTERS_MAX;
    if (isLarge) await this.#bucket.putRequest(job.id, request);
    const isNew = await this.#put(job.id, HEAD, {
      digest: { S: digest },
      owner: { S: job.owner },
      submittedAtMs: { N: String(this.#nowMs()) },
      attempt: { N: '0' },
      leaseUntilMs: { N: '0' },
      ...(isLarge ? {} : { submission: { S: request } }),
    });
    if (isNew) return true;
    const known = await this.#get(job.id);
    if (known?.['digest']?.S === digest) return false;
    throw new GenerationError(
      'job-conflict',
      `The job ${job.id} exists already with another request; send this one under another id.`,
    );
  }

  async head(jobId: JobId): Promise<RunHead | undefined> {
    const item = await this.#get(jobId);
    return item && toHead(item);
  }

  async claim(jobId: JobId, leaseMs: number): Promise<Claim> {
    for (;;) {
      const item = await this.#get(jobId);
      if (item === undefined) return { kind: 'unknown' };
      const last = await this.last(jobId);
      const lastSequence = last?.event.sequence ?? 0;
      if (last?.event.type === 'job-end') return { kind: 'ended', lastSequence };
      const head = toHead(item);
      const forMs = head.leaseUntilMs - this.#nowMs();
      // A lease that ends later than any lease can comes from a clock that is wrong: the log fences, so it is no risk.
      if (forMs > 0 && forMs <= 2 * leaseMs) return { kind: 'held', forMs };
      const claimed = await this.#setLease(
        jobId,
        { was: head.attempt, is: head.attempt + 1 },
        leaseMs,
      );
      if (claimed === undefined) continue;
      return {
        kind: 'claimed',
        job: await this.#readJob(jobId, item),
        head: claimed,
        lastSequence,
      };
    }
  }

  renew(jobId: JobId, attempt: number, leaseMs: number): Promise<RunHead | undefined> {
    return this.#setLease(jobId, { was: attempt, is: attempt }, leaseMs);
  }

  append(jobId: JobId, sequence: number, body: JobEventBody, attempt: number): Promise<boolean> {
    const event: JobEvent = { ...body, jobId, sequence, atMs: this.#nowMs() };
    return this.#put(jobId, sequence, {
      event: { S: JSON.stringify(event) },
      attempt: { N: String(attempt) },
    });
  }

  async eventsAfter(jobId: JobId, sequence: number): Promise<StoredEvent[]> {
    const events: StoredEvent[] = [];
    let start: Record<string, AttributeValue> | undefined;
    do {
      const page = await this.#client.send(
        new QueryCommand({
          TableName: this.#tableName,
          KeyConditionExpression: 'jobId = :job AND #sequence > :after',
          ExpressionAttributeNames: { '#sequence': 'sequence' },
          ExpressionAttributeValues: { ':job': { S: jobId }, ':after': { N: String(sequence) } },
          ConsistentRead: true,
          ExclusiveStartKey: start,
        }),
      );
      for (const item of page.Items ?? []) events.push(toStoredEvent(item));
      start = page.LastEvaluatedKey;
    } while (start !== undefined);
    return events;
  }

  async last(jobId: JobId): Promise<StoredEvent | undefined> {
    const { Items } = await this.#client.send(
      new QueryCommand({
        TableName: this.#tableName,
        KeyConditionExpression: 'jobId = :job AND #sequence > :head',
        ExpressionAttributeNames: { '#sequence': 'sequence' },
        ExpressionAttributeValues: { ':job': { S: jobId }, ':head': { N: String(HEAD) } },
        ConsistentRead: true,
        ScanIndexForward: false,
        Limit: 1,
      }),
    );
    const item = Items?.[0];
    return item && toStoredEvent(item);
  }

  async requestCancel(jobId: JobId): Promise<void> {
    await unlessRefused(
      this.#client.send(
        new UpdateItemCommand({
          TableName: this.#tableName,
          Key: toKey(jobId, HEAD),
          UpdateExpression: 'SET cancelRequestedAtMs = :now',
          ConditionExpression: 'attribute_exists(jobId)',
          ExpressionAttributeValues: { ':now': { N: String(this.#nowMs()) } },
        }),
      ),
    );
  }

  async #get(jobId: JobId): Promise<Record<string, AttributeValue> | undefined> {
    const { Item } = await this.#client.send(
      new GetItemCommand({
        TableName: this.#tableName,
        Key: toKey(jobId, HEAD),
        ConsistentRead: true,
      }),
    );
    return Item;
  }

  async #put(
    jobId: JobId,
    sequence: number,
    attributes: Record<string, AttributeValue>,
  ): Promise<boolean> {
    const expiresAtS = Math.floor(this.#nowMs() / 1_000) + KEPT_S;
    const Item = {
      ...toKey(jobId, sequence),
      ...attributes,
      expiresAtS: { N: String(expiresAtS) },
    };
    const written = await unlessRefused(
      this.#client.send(
        new PutItemCommand({
          TableName: this.#tableName,
          Item,
          ConditionExpression: 'attribute_not_exists(jobId)',
        }),
      ),
    );
    if (written !== undefined) return true;
    // A write whose answer was lost is tried again by the SDK and then meets itself.
    return sequence !== HEAD && (await this.#isOwn(jobId, sequence, attributes));
  }

  async #isOwn(
    jobId: JobId,
    sequence: number,
    attributes: Record<string, AttributeValue>,
  ): Promise<boolean> {
    const Key = toKey(jobId, sequence);
    const command = new GetItemCommand({ TableName: this.#tableName, Key, ConsistentRead: true });
    const { Item } = await this.#client.send(command);
    return Item?.['event']?.S === attributes['event']?.S;
  }

  async #setLease(
    jobId: JobId,
    attempt: { was: number; is: number },
    leaseMs: number,
  ): Promise<RunHead | undefined> {
    const answer = await unlessRefused(
      this.#client.send(
        new UpdateItemCommand({
          TableName: this.#tableName,
          Key: toKey(jobId, HEAD),
          UpdateExpression: 'SET attempt = :is, leaseUntilMs = :until',
          ConditionExpression: 'attempt = :was',
          ExpressionAttributeValues: {
            ':was': { N: String(attempt.was) },
            ':is': { N: String(attempt.is) },
            ':until': { N: String(this.#nowMs() + leaseMs) },
          },
          ReturnValues: 'ALL_NEW',
        }),
      ),
    );
    return answer?.Attributes && toHead(answer.Attributes);
  }

  async #readJob(jobId: JobId, head: Record<string, AttributeValue>): Promise<Job> {
    const text = head['submission']?.S ?? (await this.#bucket.getRequest(jobId));
    return { id: jobId, ...jobSubmissionSchema.parse(JSON.parse(text)) };
  }
}

/** Undefined when the condition of a write did not hold. */
async function unlessRefused<T>(write: Promise<T>): Promise<T | undefined> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    throw error;
  }
}

function toKey(jobId: JobId, sequence: number): Record<string, AttributeValue> {
  return { jobId: { S: jobId }, sequence: { N: String(sequence) } };
}

function toHead(item: Record<string, AttributeValue>): RunHead {
  return {
    owner: item['owner']?.S ?? '',
    submittedAtMs: Number(item['submittedAtMs']?.N),
    attempt: Number(item['attempt']?.N),
    leaseUntilMs: Number(item['leaseUntilMs']?.N),
    isCancelRequested: item['cancelRequestedAtMs'] !== undefined,
  };
}

function toStoredEvent(item: Record<string, AttributeValue>): StoredEvent {
  return {
    event: jobEventSchema.parse(JSON.parse(item['event']?.S ?? '')),
    attempt: Number(item['attempt']?.N),
  };
}
