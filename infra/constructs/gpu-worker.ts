/** GPU machines that come with a task and go with it: ECS Managed Instances, Spot and On-Demand, no way in. */
import { Duration, RemovalPolicy, Size, Stack } from 'aws-cdk-lib';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import {
  CapacityOptionType,
  Cluster,
  Compatibility,
  ContainerImage,
  ContainerInsights,
  LogDrivers,
  ManagedInstancesCapacityProvider,
  NetworkMode,
  PropagateManagedInstancesTags,
  TaskDefinition,
  type CfnCapacityProvider,
} from 'aws-cdk-lib/aws-ecs';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from '../bundle-handler.ts';
import type { InfraConfig } from '../config.ts';
import { OBJECT_KEYS, type StatefulStack } from '../stateful-stack.ts';
import type { Network } from './network.ts';
import { JOB_VISIBILITY, type Queues } from './queues.ts';
import { explain } from './explain.ts';

export interface GpuWorkerProps {
  config: InfraConfig;
  network: Network;
  queues: Queues;
  stateful: StatefulStack;
  usdPerHour: number;
}

export const CONTAINER_NAME = 'worker';
/** ECS kills two minutes after SIGTERM; the worker gives its job back well before. */
const STOP_TIMEOUT_S = 120;
const SHUTDOWN_GRACE_S = 90;
/** Leaves room for the agent on the smallest type, which has 16 GiB. */
const MEMORY_MIB = 14_000;

export class GpuWorker extends Construct {
  readonly cluster: Cluster;
  readonly taskDefinition: TaskDefinition;
  readonly spot: ManagedInstancesCapacityProvider;
  readonly onDemand: ManagedInstancesCapacityProvider;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: GpuWorkerProps) {
    super(scope, id);
    this.cluster = new Cluster(this, 'Cluster', {
      vpc: props.network.vpc,
      containerInsightsV2: ContainerInsights.DISABLED,
    });
    explain(
      this.cluster,
      'ECS4',
      'Container Insights costs per task and has no GPU figures; the worker writes its own metrics.',
    );
    this.spot = this.#createProvider('Spot', CapacityOptionType.SPOT, props);
    this.onDemand = this.#createProvider('OnDemand', CapacityOptionType.ON_DEMAND, props);
    this.logGroup = new LogGroup(this, 'Log', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.taskDefinition = this.#createTask(props);
    this.#allow(props);
  }

  #createProvider(
    name: string,
    capacityOptionType: CapacityOptionType,
    { config, network }: GpuWorkerProps,
  ): ManagedInstancesCapacityProvider {
    const provider = new ManagedInstancesCapacityProvider(this, name, {
      subnets: network.subnets,
      securityGroups: [network.outboundOnly],
      taskVolumeStorage: Size.gibibytes(80),
      capacityOptionType,
      propagateTags: PropagateManagedInstancesTags.CAPACITY_PROVIDER,
      instanceRequirements: {
        allowedInstanceTypes: config.instanceTypes,
        acceleratorCountMin: 1,
        vCpuCountMin: 4,
        memoryMin: Size.gibibytes(16),
      },
    });
    // Not in the L2 yet: a machine without a task leaves at once, and weights lie on the machine's own NVMe.
    const resource = provider.node.defaultChild as CfnCapacityProvider | undefined;
    const cfn = resource ?? (provider.node.findChild('CapacityProvider') as CfnCapacityProvider);
    cfn.addPropertyOverride('ManagedInstancesProvider.InfrastructureOptimization.ScaleInAfter', 60);
    cfn.addPropertyOverride(
      'ManagedInstancesProvider.InstanceLaunchTemplate.LocalStorageConfiguration.UseLocalStorage',
      true,
    );
    this.cluster.addManagedInstancesCapacityProvider(provider);
    explainProvider(provider);
    return provider;
  }

  #createTask({ config, queues, stateful, usdPerHour }: GpuWorkerProps): TaskDefinition {
    const taskRole = new Role(this, 'TaskRole', {
      assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com'),
      description: 'What a GPU worker may do: one queue, one table, some prefixes of one bucket',
    });
    const task = new TaskDefinition(this, 'Task', {
      compatibility: Compatibility.MANAGED_INSTANCES,
      networkMode: NetworkMode.HOST,
      cpu: '4096',
      memoryMiB: String(MEMORY_MIB),
      taskRole,
    });
    task.addContainer(CONTAINER_NAME, {
      containerName: CONTAINER_NAME,
      image: ContainerImage.fromAsset(projectFolder, {
        file: 'gpu-function/Dockerfile',
        platform: Platform.LINUX_AMD64,
        exclude: readIgnored(),
      }),
      gpuCount: 1,
      stopTimeout: Duration.seconds(STOP_TIMEOUT_S),
      memoryLimitMiB: MEMORY_MIB,
      logging: LogDrivers.awsLogs({ logGroup: this.logGroup, streamPrefix: 'worker' }),
      environment: {
        JOB_SOURCE: 'sqs',
        AWS_REGION: Stack.of(this).region,
        JOBS_QUEUE_URL: queues.jobs.queueUrl,
        EVENTS_QUEUE_URL: queues.events.queueUrl,
        RUNS_TABLE: stateful.runs.tableName,
        PICTURES_BUCKET: stateful.bucket.bucketName,
        IDLE_EXIT_SECONDS: String(config.idleMinutes * 60),
        VISIBILITY_SECONDS: String(JOB_VISIBILITY.toSeconds()),
        SHUTDOWN_GRACE_SECONDS: String(SHUTDOWN_GRACE_S),
        USD_PER_MACHINE_HOUR: String(usdPerHour),
        // Fetched to the machine's own disk before the first job, and then the default model.
        ...(config.modelId === undefined
          ? {}
          : { MODEL_SOURCE: `s3://${stateful.bucket.bucketName}/weights/${config.modelId}` }),
      },
    });
    explain(
      task,
      'ECS2',
      'Names of queues, table and bucket are no secrets; chat tokens never come near this task.',
    );
    return task;
  }

  #allow({ queues, stateful }: GpuWorkerProps): void {
    const { runs } = stateful;
    const allow = (actions: string[], resources: string[], conditions?: Record<string, unknown>) =>
      this.taskDefinition.addToTaskRolePolicy(
        new PolicyStatement({
          actions,
          resources,
          ...(conditions === undefined ? {} : { conditions }),
        }),
      );
    allow(
      ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility'],
      [queues.jobs.queueArn],
    );
    allow(['sqs:SendMessage'], [queues.events.queueArn]);
    allow(
      ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:Query'],
      [runs.tableArn],
    );
    const read = ['requests/*', 'images/*', 'weights/*'];
    allow(['s3:GetObject'], read.map(stateful.objects));
    allow(['s3:PutObject'], [stateful.objects('results/*')]);
    // Without it S3 says "forbidden" of what is not there.
    allow(['s3:ListBucket'], [stateful.bucketArn], { StringLike: { 's3:prefix': read } });
    explain(
      this.taskDefinition.taskRole,
      'IAM5',
      OBJECT_KEYS,
      [...read, 'results/*'].map(stateful.finding),
    );
    explain(
      this.taskDefinition.obtainExecutionRole(),
      'IAM5',
      'The right to ask the registry for a token takes no resource.',
      ['Resource::*'],
    );
  }
}

function explainProvider(provider: ManagedInstancesCapacityProvider): void {
  explain(
    provider,
    'IAM4',
    "ECS asks for its managed policy: with it ECS may start instances in the account's name.",
    [
      'Policy::arn:<AWS::Partition>:iam::aws:policy/AmazonECSInfrastructureRolePolicyForManagedInstances',
    ],
  );
  explain(
    provider,
    'IAM5',
    "CDK's own role for the agent on each machine: it registers under a random name.",
    [
      'Resource::*',
      'Resource::arn:<AWS::Partition>:ecs:<AWS::Region>:<AWS::AccountId>:container-instance/*',
    ],
  );
}

/** What the image does not need must not change its fingerprint. */
function readIgnored(): string[] {
  const text = readFileSync(join(projectFolder, 'gpu-function/Dockerfile.dockerignore'), 'utf8');
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}
