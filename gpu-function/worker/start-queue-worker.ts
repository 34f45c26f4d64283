/** The worker with the SDK's own clients: region, credentials and endpoint come from the environment. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { createFleetItem } from '../cloud/fleet-item.ts';
import { createJobBucket } from '../cloud/job-bucket.ts';
import { formatPing } from '../cloud/job-message.ts';
import { createRunTable } from '../cloud/run-table.ts';
import { readContainerPhases } from './container-phases.ts';
import type { EngineHost } from './engine-host.ts';
import { reportStart } from './report-start.ts';
import { createSqsSource } from './sqs-source.ts';
import { startWorker, type WorkerOptions } from './start-worker.ts';

const CANCEL_POLL_MS = 1_000;
const PREVIEW_INTERVAL_MS = 1_500;
/** Throttling is waited out: a job that took a minute to draw is worth some patience. */
const TRIES_MAX = 8;

export interface QueueWorkerOptions {
  queue: {
    jobsQueueUrl: string;
    eventsQueueUrl: string;
    runsTable: string;
    bucketName: string;
    idleExitMs: number;
    visibilityMs: number;
    shutdownGraceMs: number;
    deliveriesMax: number;
    usdPerHour: number;
    askedAtMs: number | undefined;
    metadataUrl: string | undefined;
  };
  engineHost: EngineHost;
  jobTimeoutMs: number;
  logger: WorkerOptions['logger'];
}

/** Resolves with the exit code when the worker is to leave. */
export async function startQueueWorker(options: QueueWorkerOptions): Promise<number> {
  const { queue, engineHost, jobTimeoutMs, logger } = options;
  const nowMs = () => Date.now();
  // The queue's address names a host; the SDK's endpoint, which may be a test's, is the one to go to.
  const sqs = new SQSClient({ useQueueUrlAsEndpoint: false, maxAttempts: TRIES_MAX });
  const client = new DynamoDBClient({ maxAttempts: TRIES_MAX });
  const s3 = new S3Client({ forcePathStyle: true, maxAttempts: TRIES_MAX });
  const bucket = createJobBucket(s3, queue.bucketName);
  const table = createRunTable({ client, tableName: queue.runsTable, bucket, nowMs });
  const fleet = createFleetItem(client, queue.runsTable);
  const source = createSqsSource({
    sqs,
    jobsQueueUrl: queue.jobsQueueUrl,
    table,
    bucket,
    async ping(jobId, sequence) {
      await sqs.send(
        new SendMessageCommand({
          QueueUrl: queue.eventsQueueUrl,
          MessageBody: formatPing(jobId, sequence),
          MessageGroupId: jobId,
          MessageDeduplicationId: `${jobId}-${sequence}`,
        }),
      );
    },
    visibilityMs: queue.visibilityMs,
    cancelPollMs: CANCEL_POLL_MS,
    previewIntervalMs: PREVIEW_INTERVAL_MS,
    idleExitMs: queue.idleExitMs,
    keepWarmUntilMs: async () => (await fleet.read())?.keepWarmUntilMs ?? 0,
    attemptsMax: queue.deliveriesMax,
    nowMs,
    logger,
  });
  const write = (line: string) => void process.stdout.write(`${line}\n`);
  const { askedAtMs, metadataUrl } = queue;
  const leaving = new AbortController();
  const reported = reportStart({
    engineHost,
    fleet,
    askedAtMs,
    phasesMs: () => readContainerPhases(metadataUrl, askedAtMs),
    write,
    nowMs,
    signal: leaving.signal,
    logger,
  });
  const exitCode = await startWorker({
    engineHost,
    source,
    jobTimeoutMs,
    shutdownGraceMs: queue.shutdownGraceMs,
    metrics: { usdPerHour: queue.usdPerHour, nowMs, write },
    logger,
  });
  leaving.abort();
  await reported;
  return exitCode;
}
