/** The worker's own parts on local queues with the scripted engine, for one test. */
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Job } from '#contract/job.ts';
import { RUNS_TABLE } from '../../../infra/table-shapes.ts';
import { createFleetItem, type FleetItem } from '../../../gpu-function/cloud/fleet-item.ts';
import { createJobBucket, type JobBucket } from '../../../gpu-function/cloud/job-bucket.ts';
import { formatJobMessage } from '../../../gpu-function/cloud/job-message.ts';
import { createRunTable, type RunTable } from '../../../gpu-function/cloud/run-table.ts';
import type { EngineHost } from '../../../gpu-function/worker/engine-host.ts';
import { runJobs } from '../../../gpu-function/worker/run-job.ts';
import {
  createSqsSource,
  type SqsSource,
  type SqsSourceOptions,
} from '../../../gpu-function/worker/sqs-source.ts';
import { createScriptedProcess } from '../running-function.ts';
import type { ScriptedEngineOptions } from '../scripted-engine.ts';
import { createSilentLogger } from '../silent-logger.ts';
import { createBucket, createQueue, createTable, type LocalAws } from './local-aws.ts';

export interface Cloud {
  aws: LocalAws;
  jobsQueueUrl: string;
  eventsQueueUrl: string;
  runsTable: string;
  bucketName: string;
  table: RunTable;
  bucket: JobBucket;
  fleet: FleetItem;
  send(job: Job): Promise<void>;
}

let clouds = 0;

/** Queues, table and bucket of their own. */
export async function createCloud(
  aws: LocalAws,
  queueAttributes: Record<string, string> = {},
): Promise<Cloud> {
  const suffix = `${process.pid}-${(clouds += 1)}`;
  const jobsQueueUrl = await createQueue(aws, `jobs-${suffix}`, queueAttributes);
  const eventsQueueUrl = await createQueue(aws, `events-${suffix}.fifo`);
  const runsTable = await createTable(aws, `runs-${suffix}`, RUNS_TABLE);
  const bucketName = await createBucket(aws, `pictures-${suffix}`);
  const bucket = createJobBucket(aws.s3, bucketName);
  const table = createRunTable({
    client: aws.dynamodb,
    tableName: runsTable,
    bucket,
    nowMs: () => Date.now(),
  });
  return {
    aws,
    jobsQueueUrl,
    eventsQueueUrl,
    runsTable,
    bucketName,
    table,
    bucket,
    fleet: createFleetItem(aws.dynamodb, runsTable),
    async send(job) {
      await table.create(job);
      await aws.sqs.send(
        new SendMessageCommand({
          QueueUrl: jobsQueueUrl,
          MessageBody: formatJobMessage(job.id),
          MessageGroupId: job.owner,
        }),
      );
    },
  };
}

export interface QueueWorker {
  source: SqsSource;
  host: EngineHost;
  /** Settles when the worker has left. */
  done: Promise<void>;
  /** Gives back what it is drawing. */
  stop(): Promise<void>;
}

export function startQueueWorker(
  cloud: Cloud,
  engine: Partial<ScriptedEngineOptions> = {},
  options: Partial<SqsSourceOptions> = {},
): QueueWorker {
  const host = createScriptedProcess(engine);
  const source = createSqsSource({
    sqs: cloud.aws.sqs,
    jobsQueueUrl: cloud.jobsQueueUrl,
    table: cloud.table,
    bucket: cloud.bucket,
    ping: async () => {},
    visibilityMs: 8_000,
    cancelPollMs: 30,
    previewIntervalMs: 0,
    idleExitMs: 60_000,
    keepWarmUntilMs: async () => (await cloud.fleet.read())?.keepWarmUntilMs ?? 0,
    attemptsMax: 4,
    nowMs: () => Date.now(),
    logger: createSilentLogger(),
    ...options,
  });
  const closing = new AbortController();
  const runOptions = { host, timeoutMs: 60_000, logger: createSilentLogger() };
  const done = runJobs(source, runOptions, closing.signal);
  return {
    source,
    host,
    done,
    async stop() {
      source.stopTaking();
      closing.abort();
      await source.handBack();
      await host.close();
      await done;
    },
  };
}
