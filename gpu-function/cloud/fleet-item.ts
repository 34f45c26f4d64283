/** What bot, dispatcher and workers tell each other about the machines: one item of the run table. */
import {
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { healthSchema } from '#contract/health.ts';
import { modelDescriptionSchema } from '#contract/model-description.ts';

export interface Fleet {
  /** Machines that run or are being started, as the dispatcher saw them last. */
  running: number;
  pending: number;
  /** When the oldest machine that is still being started was asked for; 0 when none is. */
  wakingSinceMs: number;
  /** From asking for a machine to its first job, the latest starts, newest first. */
  wakeDurationsMs: number[];
  isPaused: boolean;
  /** Machines stay up to this moment even with nothing to draw. */
  keepWarmUntilMs: number;
  /** Paid time of the machines that ended on the day (UTC) that `day` names. */
  gpuSecondsToday: number;
  day: string;
  /** The same with the machines that run, at the dispatcher's last look. */
  usedGpuSeconds: number;
  usedDay: string;
  gpuSecondsPerDayMax: number;
  /** When Spot had no machine last. */
  spotLackedAtMs: number;
  /** Why no machine could be had at the last try; empty when it could. */
  shortage: string;
}

/** No job id can be this, for it has a dollar sign. */
const KEY = { jobId: { S: '$fleet' }, sequence: { N: '0' } };
const WORKER_KEY = { jobId: { S: '$worker' }, sequence: { N: '0' } };

const EMPTY_FLEET: Fleet = {
  running: 0,
  pending: 0,
  wakingSinceMs: 0,
  wakeDurationsMs: [],
  isPaused: false,
  keepWarmUntilMs: 0,
  gpuSecondsToday: 0,
  day: '',
  usedGpuSeconds: 0,
  usedDay: '',
  spotLackedAtMs: 0,
  gpuSecondsPerDayMax: Number.POSITIVE_INFINITY,
  shortage: '',
};

/** What the worker that came up last said of itself. */
const workerSchema = z.object({ models: z.array(modelDescriptionSchema), health: healthSchema });
export type WorkerReport = z.infer<typeof workerSchema>;

export interface FleetItem {
  /** Undefined before the dispatcher ran for the first time. */
  read(): Promise<Fleet | undefined>;
  /** Changes the named fields only. */
  write(changes: Partial<Fleet>): Promise<void>;
  /** Undefined before the first worker came up. */
  readWorker(): Promise<WorkerReport | undefined>;
  writeWorker(report: WorkerReport): Promise<void>;
}

export function createFleetItem(client: DynamoDBClient, tableName: string): FleetItem {
  return {
    async read() {
      const command = new GetItemCommand({ TableName: tableName, Key: KEY, ConsistentRead: true });
      const { Item } = await client.send(command);
      return Item && toFleet(Item);
    },
    async write(changes) {
      const fields = Object.entries(changes);
      if (fields.length === 0) return;
      await client.send(
        new UpdateItemCommand({
          TableName: tableName,
          Key: KEY,
          UpdateExpression: `SET ${fields.map((_, index) => `#n${index} = :v${index}`).join(', ')}`,
          ExpressionAttributeNames: Object.fromEntries(
            fields.map(([name], index) => [`#n${index}`, name]),
          ),
          ExpressionAttributeValues: Object.fromEntries(
            fields.map(([, value], index) => [`:v${index}`, { S: JSON.stringify(value) }]),
          ),
        }),
      );
    },
    async readWorker() {
      const command = new GetItemCommand({ TableName: tableName, Key: WORKER_KEY });
      const { Item } = await client.send(command);
      return Item && workerSchema.parse(JSON.parse(Item['report']?.S ?? ''));
    },
    async writeWorker(report) {
      const Item = { ...WORKER_KEY, report: { S: JSON.stringify(report) } };
      await client.send(new PutItemCommand({ TableName: tableName, Item }));
    },
  };
}

function toFleet(item: Record<string, AttributeValue>): Fleet {
  const stored = Object.keys(EMPTY_FLEET).flatMap((name) => {
    const text = item[name]?.S;
    return text === undefined ? [] : [[name, JSON.parse(text) ?? Number.POSITIVE_INFINITY]];
  });
  return { ...EMPTY_FLEET, ...Object.fromEntries(stored) };
}
