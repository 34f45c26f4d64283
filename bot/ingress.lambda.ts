/** Composition root of the ingress: a Function URL that Discord and Slack call. Small, for its cold start counts. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { createChatSecrets } from './aws/chat-secrets.ts';
import { createIngress } from './aws/ingress.ts';
import { createLineLogger } from './aws/line-logger.ts';
import { HURRIED_RETRIES } from './aws/retry-hurriedly.ts';
import { SettingsDesk } from './core/settings-desk.ts';
import { createDynamodbSettingsStore } from './stores/dynamodb-settings-store.ts';
import { readJobCommand } from './stores/dynamodb-job-command.ts';

const environment = z
  .object({
    RECORDS_TABLE: z.string(),
    EVENTS_QUEUE_URL: z.string(),
    CHAT_SECRET: z.string(),
    DISCORD_PUBLIC_KEY: z.string().optional(),
    SLACK_ENABLED: z.literal('true').optional(),
  })
  .parse(process.env);

/** The part of a Function URL's event that is read (payload format 2.0). */
interface FunctionUrlEvent {
  rawPath: string;
  headers: Record<string, string | undefined>;
  body?: string;
  isBase64Encoded: boolean;
  requestContext: { http: { method: string } };
}

const clock = { nowMs: () => Date.now() };
const client = new DynamoDBClient({ retryStrategy: HURRIED_RETRIES });
const sqs = new SQSClient({ useQueueUrlAsEndpoint: false, retryStrategy: HURRIED_RETRIES });
const tableName = environment.RECORDS_TABLE;
const settingsStore = createDynamodbSettingsStore({ client, tableName, clock });
const logger = createLineLogger();
const desk = new SettingsDesk({ settingsStore, logger });
const ingress = createIngress({
  discordPublicKey: environment.DISCORD_PUBLIC_KEY,
  isInSlack: environment.SLACK_ENABLED !== undefined,
  secrets: createChatSecrets({
    client: new SecretsManagerClient({}),
    secretId: environment.CHAT_SECRET,
    nowMs: clock.nowMs,
  }),
  settingsStore,
  commandOf: (jobId) => readJobCommand(client, tableName, jobId),
  isPrivatePerson: async (asker) => (await desk.user(asker)).isPrivate ?? false,
  async relay({ body, groupId, deliveryId }) {
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: environment.EVENTS_QUEUE_URL,
        MessageBody: body,
        MessageGroupId: groupId,
        MessageDeduplicationId: deliveryId,
      }),
    );
  },
  nowMs: clock.nowMs,
  logger,
});

/** Answers one request of the Function URL. */
export async function handler(event: FunctionUrlEvent) {
  const { status, json } = await ingress({
    method: event.requestContext.http.method,
    path: event.rawPath,
    headers: event.headers,
    body: Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'),
  });
  return {
    statusCode: status,
    headers: { 'content-type': 'application/json' },
    body: json === undefined ? '' : JSON.stringify(json),
  };
}
