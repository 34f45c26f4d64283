/** SQS, S3 and DynamoDB on ports of this machine, for the SDK's real clients. */
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DynamoDBClient, type Projection } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { startFauxqs, type FauxqsServer } from 'fauxqs';
import type { IndexShape, KeyShape, TableShape } from '../../../infra/table-shapes.ts';

interface DynaliteOptions {
  createTableMs: number;
  updateTableMs: number;
  deleteTableMs: number;
}
/** It has no types of its own. */
const dynalite = createRequire(import.meta.url)('dynalite') as (options: DynaliteOptions) => Server;

const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };
const REGION = 'us-east-1';

export interface LocalAws {
  server: FauxqsServer;
  sqs: SQSClient;
  s3: S3Client;
  dynamodb: DynamoDBClient;
  /** For a process that makes its own clients. */
  environment: Record<string, string>;
  /** The next so many calls of DynamoDB are refused as AWS does it when there are too many. */
  throttle(calls: number): void;
  /** How many were refused so far. */
  throttled(): number;
  stop(): Promise<void>;
}

export async function startLocalAws(): Promise<LocalAws> {
  const server = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false });
  const tables: Server = dynalite({ createTableMs: 0, updateTableMs: 0, deleteTableMs: 0 });
  await new Promise<void>((resolve) => tables.listen(0, '127.0.0.1', resolve));
  const throttle = createThrottle(tables);
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
    throttle: (calls) => throttle.plan(calls),
    throttled: () => throttle.count(),
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

/** Every second call while there are refusals left: a client that tries again gets through. */
function createThrottle(server: Server) {
  const listeners = server.listeners('request') as RequestListener[];
  let [left, count, turn] = [0, 0, 0];
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    turn += 1;
    if (left === 0 || turn % 2 === 0) {
      for (const listener of listeners) listener(request, response);
      return;
    }
    left -= 1;
    count += 1;
    response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(
      JSON.stringify({
        __type: 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException',
        message: 'The level of configured provisioned throughput for the table was exceeded.',
      }),
    );
  });
  return {
    plan: (calls: number) => {
      left += calls;
    },
    count: () => count,
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
