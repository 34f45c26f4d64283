/** A job's command alone, for a form that must open at once: the rest of the job stays where it is. */
import { GetItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { JobId } from '#contract/job.ts';

/** Undefined when there is no such job. */
export async function readJobCommand(
  client: DynamoDBClient,
  tableName: string,
  jobId: JobId,
): Promise<string | undefined> {
  const { Item } = await client.send(
    new GetItemCommand({
      TableName: tableName,
      Key: { id: { S: jobId } },
      ProjectionExpression: 'command',
    }),
  );
  return Item?.['command']?.S;
}
