/** Composition root for jobs that no machine could draw: each ends with a sentence, and none is lost. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { createJobBucket } from '../gpu-function/cloud/job-bucket.ts';
import { formatJobMessage, formatPing } from '../gpu-function/cloud/job-message.ts';
import { createRunTable } from '../gpu-function/cloud/run-table.ts';
import type { QueueMessage } from './aws/handle-news.ts';
import { createLineLogger } from './aws/line-logger.ts';
import { endDeadJob } from './aws/end-dead-job.ts';

const environment = z
  .object({
    RUNS_TABLE: z.string(),
    PICTURES_BUCKET: z.string(),
    JOBS_QUEUE_URL: z.string(),
    EVENTS_QUEUE_URL: z.string(),
  })
  .parse(process.env);

const nowMs = () => Date.now();
const logger = createLineLogger();
const sqs = new SQSClient({ useQueueUrlAsEndpoint: false });
const table = createRunTable({
  client: new DynamoDBClient({}),
  tableName: environment.RUNS_TABLE,
  bucket: createJobBucket(new S3Client({ forcePathStyle: true }), environment.PICTURES_BUCKET),
  nowMs,
});

export async function handler({ Records }: { Records: readonly QueueMessage[] }) {
  const failed: string[] = [];
  for (const { messageId, body } of Records) {
    try {
      await endDeadJob(body, {
        table,
        nowMs,
        logger,
        async ping(jobId, sequence) {
          await sqs.send(
            new SendMessageCommand({
              QueueUrl: environment.EVENTS_QUEUE_URL,
              MessageBody: formatPing(jobId, sequence),
              MessageGroupId: jobId,
              MessageDeduplicationId: `${jobId}-${sequence}`,
            }),
          );
        },
        async requeue(jobId, owner, afterMs) {
          await sqs.send(
            new SendMessageCommand({
              QueueUrl: environment.JOBS_QUEUE_URL,
              MessageBody: formatJobMessage(jobId),
              MessageGroupId: owner,
              DelaySeconds: Math.min(900, Math.ceil(afterMs / 1_000)),
            }),
          );
        },
      });
    } catch (error) {
      logger.error({ messageId, err: error }, 'a dead job could not be ended');
      failed.push(messageId);
    }
  }
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}
