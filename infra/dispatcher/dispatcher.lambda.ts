/** Composition root of the dispatcher: woken by a submitted job, by a task that ended, and every five minutes. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ECSClient } from '@aws-sdk/client-ecs';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { createFleetItem } from '../../gpu-function/cloud/fleet-item.ts';
import { dispatch } from './dispatch.ts';
import { createEcsMachines } from './ecs-machines.ts';
import type { FleetLimits, Plan } from './plan-tasks.ts';
import { noteStoppedTask, taskStoppedSchema } from './stopped-task.ts';
import { createTurnItem } from './turn-item.ts';

const whole = z.coerce.number().int().min(0);
const environmentSchema = z.object({
  JOBS_QUEUE_URL: z.string(),
  RUNS_TABLE: z.string(),
  CLUSTER: z.string(),
  TASK_DEFINITION: z.string(),
  CONTAINER_NAME: z.string(),
  SPOT_PROVIDER: z.string(),
  ON_DEMAND_PROVIDER: z.string(),
  MACHINES_MAX: whole,
  JOBS_PER_MACHINE: whole.min(1),
  GPU_SECONDS_PER_DAY_MAX: whole,
  TASK_AGE_HOURS_MAX: z.coerce.number().positive(),
  /** Longer than the function may run (45 s), so that two never hold it. */
  TURN_LEASE_SECONDS: z.coerce.number().positive().default(60),
  WARM_HOURS: z
    .string()
    .regex(/^\d{1,2}-\d{1,2}$/)
    .optional(),
});

const START_AGE_MAX_MS = 20 * 60_000;
const SPOT_PAUSE_MS = 15 * 60_000;

const nowMs = () => Date.now();
const environment = environmentSchema.parse(process.env);
const client = new DynamoDBClient({});
const sqs = new SQSClient({ useQueueUrlAsEndpoint: false });
const fleet = createFleetItem(client, environment.RUNS_TABLE);
const machines = createEcsMachines({
  ecs: new ECSClient({}),
  cluster: environment.CLUSTER,
  taskDefinition: environment.TASK_DEFINITION,
  containerName: environment.CONTAINER_NAME,
  capacityProviders: {
    spot: environment.SPOT_PROVIDER,
    'on-demand': environment.ON_DEMAND_PROVIDER,
  },
  nowMs,
});
const turn = createTurnItem({
  client,
  tableName: environment.RUNS_TABLE,
  leaseMs: environment.TURN_LEASE_SECONDS * 1_000,
  nowMs,
});

/** The plan that was carried out; undefined when another dispatcher took this wake over. */
export async function handler(event: unknown): Promise<Plan | undefined> {
  const stopped = taskStoppedSchema.safeParse(event);
  if (stopped.success) {
    await noteStoppedTask(stopped.data.detail, {
      client,
      tableName: environment.RUNS_TABLE,
      fleet,
      spotProvider: environment.SPOT_PROVIDER,
      nowMs,
    });
  }
  const plan = await dispatch({
    queueDepth,
    machines,
    fleet,
    turn,
    limits: toLimits(),
    spotPauseMs: SPOT_PAUSE_MS,
    nowMs,
    logger: { info: (fields, message) => writeLine({ ...fields, message }) },
  });
  if (plan !== undefined) writeLine(toDispatchMetrics(plan));
  return plan;
}

async function queueDepth(): Promise<{ visible: number; inFlight: number }> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: environment.JOBS_QUEUE_URL,
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    }),
  );
  return {
    visible: Number(Attributes['ApproximateNumberOfMessages'] ?? 0),
    inFlight: Number(Attributes['ApproximateNumberOfMessagesNotVisible'] ?? 0),
  };
}

function toLimits(): FleetLimits {
  const [from, to] = (environment.WARM_HOURS ?? '').split('-').map(Number);
  return {
    machinesMax: environment.MACHINES_MAX,
    jobsPerMachine: environment.JOBS_PER_MACHINE,
    gpuSecondsPerDayMax: environment.GPU_SECONDS_PER_DAY_MAX,
    taskAgeMaxMs: environment.TASK_AGE_HOURS_MAX * 3_600_000,
    startAgeMaxMs: START_AGE_MAX_MS,
    warmHours: from === undefined || to === undefined ? undefined : [from, to],
  };
}

/** CloudWatch's embedded metric format. */
function toDispatchMetrics({ wanted, start, stop }: Plan): Record<string, unknown> {
  const values = { MachinesWanted: wanted, MachinesStarted: start, MachinesStopped: stop.length };
  const Metrics = Object.keys(values).map((Name) => ({ Name, Unit: 'Count' }));
  const directive = { Namespace: 'Imagine', Dimensions: [[]], Metrics };
  return { _aws: { Timestamp: nowMs(), CloudWatchMetrics: [directive] }, ...values };
}

function writeLine(fields: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(fields)}\n`);
}
