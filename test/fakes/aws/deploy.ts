/** Makes the queues, tables and bucket of the synthesised templates on local servers, with the templates' own properties. */
import { CreateTableCommand, type CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { createBucket, createQueue, type LocalAws } from './local-aws.ts';
import { find, ofType, resolve, type Resource, type Templates } from './templates.ts';

export interface Deployment {
  /** Logical id → local name or address. */
  names: Record<string, string>;
  /** The environment of the Lambda, or of the task's container, that begins so. */
  environmentOf(idPrefix: string): Record<string, string>;
  idOf(type: string, prefix: string): string;
}

const QUEUE_ATTRIBUTES = {
  VisibilityTimeout: 'VisibilityTimeout',
  MessageRetentionPeriod: 'MessageRetentionPeriod',
  ReceiveMessageWaitTimeSeconds: 'ReceiveMessageWaitTimeSeconds',
} as const;

export async function deploy(aws: LocalAws, templates: Templates): Promise<Deployment> {
  const names: Record<string, string> = { 'AWS::Region': 'us-east-1', 'AWS::Partition': 'aws' };
  for (const [id, table] of ofType(templates.data, 'AWS::DynamoDB::GlobalTable')) {
    names[id] = `t-${id}`;
    await aws.dynamodb.send(new CreateTableCommand(toTable(`t-${id}`, table)));
  }
  for (const [id] of ofType(templates.data, 'AWS::S3::Bucket')) {
    names[id] = await createBucket(aws, id.toLowerCase());
  }
  for (const [id] of ofType(templates.data, 'AWS::SecretsManager::Secret')) names[id] = id;
  for (const [id] of ofType(templates.compute, 'AWS::Lambda::Function')) names[id] = id;
  // Dead letters first: the others point at them.
  const queues = ofType(templates.compute, 'AWS::SQS::Queue');
  const isDead = ([, { Properties }]: [string, Resource]) =>
    Properties['RedrivePolicy'] === undefined;
  const arns: Record<string, string> = {};
  for (const [id, { Properties }] of [...queues].sort(
    (a, b) => Number(isDead(b)) - Number(isDead(a)),
  )) {
    const name = Properties['FifoQueue'] === true ? `${id}.fifo` : id;
    names[id] = await createQueue(aws, name, toQueueAttributes(Properties, arns));
    arns[id] = `arn:aws:sqs:us-east-1:000000000000:${name}`;
  }
  const read = (variables: Record<string, unknown>) =>
    Object.fromEntries(
      Object.entries(variables).map(([key, value]) => [key, resolve(value, templates, names)]),
    );
  return {
    names,
    environmentOf(idPrefix) {
      if (idPrefix === 'Gpu') {
        const task = find(templates.compute, 'AWS::ECS::TaskDefinition', 'Gpu');
        const [container] = task.Properties['ContainerDefinitions'] as {
          Environment: { Name: string; Value: unknown }[];
        }[];
        const pairs = container?.Environment.map(({ Name, Value }) => [Name, Value]) ?? [];
        return read(Object.fromEntries(pairs) as Record<string, unknown>);
      }
      const lambda = find(templates.compute, 'AWS::Lambda::Function', idPrefix);
      const { Variables } = lambda.Properties['Environment'] as {
        Variables: Record<string, unknown>;
      };
      return read(Variables);
    },
    idOf(type, prefix) {
      const [found] = ofType(templates.compute, type).filter(([id]) => id.startsWith(prefix));
      return found?.[0] ?? '';
    },
  };
}

function toTable(name: string, { Properties }: Resource): CreateTableCommandInput {
  const indices = Properties['GlobalSecondaryIndexes'] as
    | CreateTableCommandInput['GlobalSecondaryIndexes']
    | undefined;
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: Properties[
      'AttributeDefinitions'
    ] as CreateTableCommandInput['AttributeDefinitions'],
    KeySchema: Properties['KeySchema'] as CreateTableCommandInput['KeySchema'],
    ...(indices === undefined
      ? {}
      : {
          GlobalSecondaryIndexes: indices.map(({ IndexName, KeySchema, Projection }) => ({
            IndexName,
            KeySchema,
            Projection,
          })),
        }),
  };
}

function toQueueAttributes(
  properties: Record<string, unknown>,
  arns: Readonly<Record<string, string>>,
): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const [name, attribute] of Object.entries(QUEUE_ATTRIBUTES)) {
    const value = properties[name];
    if (typeof value === 'number') attributes[attribute] = String(value);
  }
  const redrive = properties['RedrivePolicy'] as
    | { deadLetterTargetArn: { 'Fn::GetAtt': [string, string] }; maxReceiveCount: number }
    | undefined;
  if (redrive !== undefined) {
    const [dead] = redrive.deadLetterTargetArn['Fn::GetAtt'];
    const { maxReceiveCount } = redrive;
    const policy = { deadLetterTargetArn: arns[dead], maxReceiveCount };
    attributes['RedrivePolicy'] = JSON.stringify(policy);
  }
  return attributes;
}
