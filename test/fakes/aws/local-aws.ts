/** SQS, S3 and DynamoDB on ports of this machine, for the SDK's real clients. */
import { type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DynamoDBClient, type Projection } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import dynalite from 'dynalite';
import { startFauxqs, type FauxqsServer } from 'fauxqs';
import type { IndexShape, KeyShape, TableShape } from '../../../infra/table-shapes.ts';

const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };
const REGION = 'us-east-1';

export interface LocalAws {
  server: FauxqsServer;
  sqs: SQSClient;
  s3: S3Client;
  dynamodb: DynamoDBClient;
  /** For a process that makes its own clients. */
  environment: Record<string, string>;
  stop(): Promise<void>;
}

export async function startLocalAws(): Promise<LocalAws> {
  const server = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false });
  const tables: Server = dynalite({ createTableMs: 0, updateTableMs: 0, deleteTableMs: 0 });
  await new Promise<void>((resolve) => tables.listen(0, '127.0.0.1', resolve));
  const tablesUrl = `http://127.0.0.1:${(tables.address() as AddressInfo).port}`;
  const url = `http://127.0.0.1:${server.port}`;
  const common = { region: REGION, credentials: CREDENTIALS };
  const clients = {
    sqs: new SQSClient({ ...common, endpoint: url, useQueueUrlAsEndpoint: false }),
    s3: new S3Client({ ...common, endpoint: url, forcePathStyle: true }),
    dynamodb: new DynamoDBClient({ ...common, endpoint: tablesUrl }),
  };
  return {
    server,
    ...clients,
    environment: {
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
      AWS_ENDPOINT_URL: url,
      AWS_ENDPOINT_URL_DYNAMODB: tablesUrl,
    },
    async stop() {
      for (const client of Object.values(clients)) client.destroy();
      await server.stop();
      await new Promise<void>((resolve) => {
        tables.close(() => resolve());
        tables.closeAllConnections();
      });
    },
  };
}

/** A FIFO queue when the name ends in `.fifo`. Returns its address. */
export async function createQueue(
  { sqs }: LocalAws,
  name: string,
  attributes: Record<string, string> = {},
): Promise<string> {
  const fifo = name.endsWith('.fifo') ? { FifoQueue: 'true' } : {};
  const command = new CreateQueueCommand({
    QueueName: name,
    Attributes: { ...fifo, ...attributes },
  });
  return (await sqs.send(command)).QueueUrl ?? '';
}

export async function createBucket({ s3 }: LocalAws, name: string): Promise<string> {
  await s3.send(new CreateBucketCommand({ Bucket: name }));
  return name;
}

/** A table as the stack makes it. */
export async function createTable(
  { dynamodb }: LocalAws,
  name: string,
  shape: TableShape,
): Promise<string> {
  const keys = [
    ...toKeys(shape),
    ...shape.indices.flatMap((index) => [index.partitionKey, index.sortKey]),
  ];
  const types = new Map(keys.map((key) => [key.name, key.type]));
  const GlobalSecondaryIndexes = shape.indices.map((index) => ({
    IndexName: index.name,
    KeySchema: toKeySchema([index.partitionKey, index.sortKey]),
    Projection: toProjection(index.attributes),
  }));
  await dynamodb.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [...types].map(([AttributeName, AttributeType]) => ({
        AttributeName,
        AttributeType,
      })),
      KeySchema: toKeySchema(toKeys(shape)),
      ...(GlobalSecondaryIndexes.length > 0 ? { GlobalSecondaryIndexes } : {}),
    }),
  );
  return name;
}

const toKeys = ({ partitionKey, sortKey }: TableShape): KeyShape[] =>
  sortKey === undefined ? [partitionKey] : [partitionKey, sortKey];

function toKeySchema(keys: readonly KeyShape[]) {
  return keys.map(({ name }, index) => ({
    AttributeName: name,
    KeyType: index === 0 ? ('HASH' as const) : ('RANGE' as const),
  }));
}

function toProjection(attributes: IndexShape['attributes']): Projection {
  if (attributes === 'all') return { ProjectionType: 'ALL' };
  if (attributes === 'keys') return { ProjectionType: 'KEYS_ONLY' };
  return { ProjectionType: 'INCLUDE', NonKeyAttributes: [...attributes] };
}
