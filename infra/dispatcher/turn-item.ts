/** Whose turn it is to dispatch: one item of the run table, written under conditions. */
import {
  ConditionalCheckFailedException,
  GetItemCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { Turn } from './dispatch.ts';

const KEY = { jobId: { S: '$dispatcher' }, sequence: { N: '0' } };

export interface TurnOptions {
  client: DynamoDBClient;
  tableName: string;
  /** A dispatcher that vanished holds the turn no longer than this. */
  leaseMs: number;
  nowMs: () => number;
}

export function createTurnItem({ client, tableName, leaseMs, nowMs }: TurnOptions): Turn {
  async function update(
    input: Omit<UpdateItemCommandInput, 'TableName' | 'Key'>,
  ): Promise<Record<string, AttributeValue> | undefined> {
    const command = new UpdateItemCommand({
      TableName: tableName,
      Key: KEY,
      ReturnValues: 'ALL_NEW',
      ...input,
    });
    try {
      return (await client.send(command)).Attributes;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw error;
    }
  }

  return {
    async take() {
      // Counted first: whoever has the turn sees it before giving back, so no wake is lost.
      const asked = await update({
        UpdateExpression: 'ADD round :one',
        ExpressionAttributeValues: { ':one': { N: '1' } },
      });
      const taken = await update({
        UpdateExpression: 'SET leaseUntilMs = :until',
        ConditionExpression: 'attribute_not_exists(leaseUntilMs) OR leaseUntilMs < :now',
        ExpressionAttributeValues: {
          ':until': { N: String(nowMs() + leaseMs) },
          ':now': { N: String(nowMs()) },
        },
      });
      return taken && { round: Number(taken['round']?.N ?? asked?.['round']?.N) };
    },
    async giveBack(round) {
      const given = await update({
        UpdateExpression: 'SET leaseUntilMs = :free',
        ConditionExpression: 'round = :round',
        ExpressionAttributeValues: { ':free': { N: '0' }, ':round': { N: String(round) } },
      });
      if (given !== undefined) return undefined;
      const command = new GetItemCommand({ TableName: tableName, Key: KEY, ConsistentRead: true });
      const { Item } = await client.send(command);
      return { round: Number(Item?.['round']?.N) };
    },
  };
}
