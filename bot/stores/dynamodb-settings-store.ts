/** Settings as items of the table of jobs, under keys that no job id can be. DynamoDB forgets expired ones itself. */
import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import type { Clock, SettingsStore } from '../core/ports.ts';

export interface DynamodbSettingsStoreOptions {
  client: DynamoDBClient;
  tableName: string;
  clock: Clock;
}

export function createDynamodbSettingsStore(options: DynamodbSettingsStoreOptions): SettingsStore {
  const { client, tableName, clock } = options;
  const toKey = (key: string) => ({ id: { S: `setting#${key}` } });

  return {
    async get(key) {
      const command = new GetItemCommand({
        TableName: tableName,
        Key: toKey(key),
        ConsistentRead: true,
      });
      const { Item } = await client.send(command);
      // DynamoDB may take two days to remove what has expired.
      if (Item === undefined || Number(Item['expiresAtMs']?.N) < clock.nowMs()) return undefined;
      return { value: JSON.parse(Item['value']?.S ?? 'null'), version: Number(Item['version']?.N) };
    },
    async put(key, value, { expectedVersion, expiresAtMs }) {
      const isNew = expectedVersion === 0;
      const condition = isNew
        ? 'attribute_not_exists(id) OR expiresAtMs < :now'
        : '#version = :version AND (attribute_not_exists(expiresAtMs) OR expiresAtMs >= :now)';
      const command = new PutItemCommand({
        TableName: tableName,
        Item: {
          ...toKey(key),
          value: { S: JSON.stringify(value) },
          version: { N: String(expectedVersion + 1) },
          ...toExpiry(expiresAtMs),
        },
        ConditionExpression: condition,
        ...(isNew ? {} : { ExpressionAttributeNames: { '#version': 'version' } }),
        ExpressionAttributeValues: {
          ':now': { N: String(clock.nowMs()) },
          ...(isNew ? {} : { ':version': { N: String(expectedVersion) } }),
        },
      });
      try {
        await client.send(command);
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },
    async delete(key) {
      await client.send(new DeleteItemCommand({ TableName: tableName, Key: toKey(key) }));
    },
  };
}

function toExpiry(expiresAtMs: number | undefined): Record<string, AttributeValue> {
  if (expiresAtMs === undefined) return {};
  return {
    expiresAtMs: { N: String(Math.round(expiresAtMs)) },
    expiresAtS: { N: String(Math.ceil(expiresAtMs / 1_000)) },
  };
}
