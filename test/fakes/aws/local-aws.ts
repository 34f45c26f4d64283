/** SQS, S3 and DynamoDB on ports of this machine, for the SDK's real clients. */
import { type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import dynalite from 'dynalite';
import { startFauxqs, type FauxqsServer } from 'fauxqs';

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

/** The table of the runs, as the stack makes it. */
export async function createRunsTable({ dynamodb }: LocalAws, name: string): Promise<string> {
  await dynamodb.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'jobId', AttributeType: 'S' },
        { AttributeName: 'sequence', AttributeType: 'N' },
      ],
      KeySchema: [
        { AttributeName: 'jobId', KeyType: 'HASH' },
        { AttributeName: 'sequence', KeyType: 'RANGE' },
      ],
    }),
  );
  return name;
}
