/** The bot's parts on AWS: stores, backend, chats. Everything comes from the environment; secrets from their manager. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { createFleetItem } from '../../gpu-function/cloud/fleet-item.ts';
import { createJobBucket } from '../../gpu-function/cloud/job-bucket.ts';
import { formatPing } from '../../gpu-function/cloud/job-message.ts';
import { createRunTable } from '../../gpu-function/cloud/run-table.ts';
import { createSqsBackend } from '../backends/sqs-backend.ts';
import type { Clock, Logger } from '../core/ports.ts';
import { createDynamodbJobStore } from '../stores/dynamodb-job-store.ts';
import { createDynamodbSettingsStore } from '../stores/dynamodb-settings-store.ts';
import { createS3ImageStore } from '../stores/s3-image-store.ts';
import type { CloudEnvironment } from './environment.ts';

/** Throttling is waited out: nobody waits for an answer of milliseconds here. */
const TRIES_MAX = 8;

export function createCloudParts(
  environment: CloudEnvironment,
  { clock, logger }: { clock: Clock; logger: Logger },
) {
  const client = new DynamoDBClient({ maxAttempts: TRIES_MAX });
  const sqs = new SQSClient({ useQueueUrlAsEndpoint: false, maxAttempts: TRIES_MAX });
  const lambda = new LambdaClient({});
  const s3 = new S3Client({ forcePathStyle: true, maxAttempts: TRIES_MAX });
  const bucket = createJobBucket(s3, environment.PICTURES_BUCKET);
  const nowMs = () => clock.nowMs();
  const tableName = environment.RECORDS_TABLE;
  const table = createRunTable({ client, tableName: environment.RUNS_TABLE, bucket, nowMs });

  async function tell(jobId: string, sequence: number, deduplicationId: string): Promise<void> {
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: environment.EVENTS_QUEUE_URL,
        MessageBody: formatPing(jobId, sequence),
        MessageGroupId: jobId,
        MessageDeduplicationId: deduplicationId,
      }),
    );
  }

  const backend = createSqsBackend({
    sqs,
    jobsQueueUrl: environment.JOBS_QUEUE_URL,
    table,
    bucket,
    fleet: createFleetItem(client, environment.RUNS_TABLE),
    async wake() {
      try {
        await lambda.send(
          new InvokeCommand({
            FunctionName: environment.DISPATCHER_FUNCTION,
            InvocationType: 'Event',
            Payload: Buffer.from('{"wake":true}'),
          }),
        );
      } catch (error) {
        logger.warn({ err: error }, 'the dispatcher could not be woken; its sweep will look');
      }
    },
    ping: (jobId, sequence) => tell(jobId, sequence, `${jobId}-${sequence}`),
  });
  return {
    table,
    backend,
    jobStore: createDynamodbJobStore({ client, tableName, texts: bucket, logger }),
    settingsStore: createDynamodbSettingsStore({ client, tableName, clock }),
    imageStore: createS3ImageStore(bucket),
    /** The same nudge twice within five minutes is one. */
    nudge: (jobId: string) => tell(jobId, 0, `${jobId}-sweep-${Math.floor(nowMs() / 300_000)}`),
  };
}
