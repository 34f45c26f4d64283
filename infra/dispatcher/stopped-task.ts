/** What a task that ended tells: how long its machine was paid for, and whether there was one at all. */
import {
  ConditionalCheckFailedException,
  PutItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import type { Fleet } from '../../gpu-function/cloud/fleet-item.ts';
import { toDay } from './dispatch.ts';
import { isShortageText } from './ecs-machines.ts';

const dateMs = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

/** The event "ECS Task State Change" of EventBridge, as far as it is read. */
export const taskStoppedSchema = z.object({
  'detail-type': z.literal('ECS Task State Change'),
  detail: z.object({
    taskArn: z.string(),
    lastStatus: z.literal('STOPPED'),
    createdAt: dateMs.optional(),
    startedAt: dateMs.optional(),
    stoppedAt: dateMs.optional(),
    stoppedReason: z.string().default(''),
    capacityProviderName: z.string().optional(),
  }),
});
export type TaskStopped = z.infer<typeof taskStoppedSchema>['detail'];

export interface StoppedTaskOptions {
  client: DynamoDBClient;
  tableName: string;
  fleet: { read(): Promise<Fleet | undefined>; write(changes: Partial<Fleet>): Promise<void> };
  spotProvider: string;
  nowMs: () => number;
}

const KEPT_S = 2 * 24 * 3_600;

/** Notes the end once, however often the event comes. */
export async function noteStoppedTask(
  task: TaskStopped,
  options: StoppedTaskOptions,
): Promise<void> {
  const { fleet, nowMs } = options;
  if (!(await isFirstTime(task, options))) return;
  const stored = await fleet.read();
  const day = toDay(nowMs());
  const before = stored?.day === day ? stored.gpuSecondsToday : 0;
  const wasShort = task.startedAt === undefined && isShortageText(task.stoppedReason);
  await fleet.write({
    day,
    gpuSecondsToday: before + toPaidSeconds(task, nowMs()),
    ...(wasShort && task.capacityProviderName === options.spotProvider
      ? { spotLackedAtMs: nowMs() }
      : {}),
  });
}

/** From being asked for to the end, of today only: a machine that never came costs nothing. */
function toPaidSeconds({ createdAt, startedAt, stoppedAt }: TaskStopped, nowMs: number): number {
  if (createdAt === undefined || startedAt === undefined) return 0;
  const midnightMs = Date.parse(`${toDay(nowMs)}T00:00:00Z`);
  return Math.max(0, (stoppedAt ?? nowMs) - Math.max(createdAt, midnightMs)) / 1_000;
}

async function isFirstTime(
  { taskArn }: TaskStopped,
  { client, tableName, nowMs }: StoppedTaskOptions,
): Promise<boolean> {
  try {
    await client.send(
      new PutItemCommand({
        TableName: tableName,
        Item: {
          jobId: { S: `$task ${taskArn}` },
          sequence: { N: '0' },
          expiresAtS: { N: String(Math.floor(nowMs() / 1_000) + KEPT_S) },
        },
        ConditionExpression: 'attribute_not_exists(jobId)',
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
