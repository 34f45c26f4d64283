/** What must outlive a deployment: pictures, weights, jobs, secrets. Costs nothing but its storage. */
import { Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import {
  AttributeType,
  ProjectionType,
  TableEncryptionV2,
  TableV2,
  type GlobalSecondaryIndexPropsV2,
} from 'aws-cdk-lib/aws-dynamodb';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { InfraConfig } from './config.ts';
import {
  RECORDS_TABLE,
  RUNS_TABLE,
  type IndexShape,
  type KeyShape,
  type TableShape,
} from './table-shapes.ts';
import { explain } from './constructs/explain.ts';

export const OBJECT_KEYS = 'The wildcards are object keys below named prefixes of one bucket.';

export interface StatefulStackProps extends StackProps {
  config: InfraConfig;
}

export class StatefulStack extends Stack {
  readonly bucket: Bucket;
  readonly runs: TableV2;
  readonly records: TableV2;
  readonly chatSecret: Secret;
  /** Under a name of its own, so that exceptions can name what they are about. */
  readonly bucketArn: string;
  readonly #bucketExport: string;

  constructor(scope: Construct, id: string, { config, ...props }: StatefulStackProps) {
    super(scope, id, props);
    this.bucket = this.#createBucket(config);
    this.#bucketExport = `${config.name}-bucket`;
    this.bucketArn = this.exportValue(this.bucket.bucketArn, { name: this.#bucketExport });
    this.runs = this.#createTable('Runs', RUNS_TABLE);
    this.records = this.#createTable('Records', RECORDS_TABLE);
    this.chatSecret = new Secret(this, 'Chat', {
      description:
        'Tokens and signing keys of Discord and Slack, as one JSON object; see docs/aws.md',
      removalPolicy: RemovalPolicy.DESTROY,
    });
    explain(
      this.chatSecret,
      'SMG4',
      'Discord and Slack give these tokens out by hand: nothing could rotate them.',
    );
  }

  /** The objects below a prefix such as `images/*`, as a resource of a policy. */
  objects = (prefix: string): string => `${this.bucketArn}/${prefix}`;
  /** The same as cdk-nag prints it. */
  finding = (prefix: string): string => `Resource::${this.#bucketExport}/${prefix}`;

  #createBucket(config: InfraConfig): Bucket {
    const days = (count: number) => Duration.days(count);
    const bucket = new Bucket(this, 'Pictures', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      // Not emptied by itself: CloudFormation leaves a bucket alone that holds anything.
      removalPolicy: RemovalPolicy.DESTROY,
      lifecycleRules: [
        { prefix: 'requests/', expiration: days(7) },
        { prefix: 'results/', expiration: days(7) },
        { prefix: 'images/', expiration: days(config.picturesKeptDays) },
        { abortIncompleteMultipartUploadAfter: days(1) },
      ],
    });
    explain(
      bucket,
      'S1',
      'Access logs would cost more than the pictures; nobody but four roles can read here.',
    );
    return bucket;
  }

  #createTable(id: string, shape: TableShape): TableV2 {
    return new TableV2(this, id, {
      partitionKey: toAttribute(shape.partitionKey),
      ...(shape.sortKey === undefined ? {} : { sortKey: toAttribute(shape.sortKey) }),
      globalSecondaryIndexes: shape.indices.map(toIndex),
      timeToLiveAttribute: shape.timeToLiveAttribute,
      encryption: TableEncryptionV2.dynamoOwnedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }
}

function toAttribute({ name, type }: KeyShape) {
  return { name, type: type === 'S' ? AttributeType.STRING : AttributeType.NUMBER };
}

function toIndex({
  name,
  partitionKey,
  sortKey,
  attributes,
}: IndexShape): GlobalSecondaryIndexPropsV2 {
  const keys = {
    indexName: name,
    partitionKey: toAttribute(partitionKey),
    sortKey: toAttribute(sortKey),
  };
  if (attributes === 'all') return { ...keys, projectionType: ProjectionType.ALL };
  if (attributes === 'keys') return { ...keys, projectionType: ProjectionType.KEYS_ONLY };
  return { ...keys, projectionType: ProjectionType.INCLUDE, nonKeyAttributes: [...attributes] };
}
