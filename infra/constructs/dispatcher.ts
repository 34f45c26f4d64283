/** The Lambda that starts machines: on a wake, when a task has ended, and every five minutes. */
import { Duration, Stack } from 'aws-cdk-lib';
import type { CfnCluster } from 'aws-cdk-lib/aws-ecs';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import type { InfraConfig } from '../config.ts';
import type { StatefulStack } from '../stateful-stack.ts';
import { CONTAINER_NAME, type GpuWorker } from './gpu-worker.ts';
import { Handler } from './handler.ts';
import type { Queues } from './queues.ts';
import { explain } from './explain.ts';

export interface DispatcherProps {
  config: InfraConfig;
  queues: Queues;
  stateful: StatefulStack;
  worker: GpuWorker;
  bundleFolder: string;
}

/** Less than the lease of its turn, so that two never work at once. */
const TIMEOUT = Duration.seconds(45);

export class Dispatcher extends Construct {
  readonly handler: Handler;

  constructor(scope: Construct, id: string, props: DispatcherProps) {
    super(scope, id);
    const { config, queues, stateful, worker } = props;
    this.handler = new Handler(this, 'Handler', {
      entry: 'infra/dispatcher/dispatcher.lambda.ts',
      description: 'Starts and stops GPU machines',
      bundleFolder: props.bundleFolder,
      timeout: TIMEOUT,
      memoryMb: 512,
      environment: {
        JOBS_QUEUE_URL: queues.jobs.queueUrl,
        RUNS_TABLE: stateful.runs.tableName,
        CLUSTER: worker.cluster.clusterName,
        TASK_DEFINITION: worker.taskDefinition.taskDefinitionArn,
        CONTAINER_NAME,
        SPOT_PROVIDER: worker.spot.capacityProviderName,
        ON_DEMAND_PROVIDER: worker.onDemand.capacityProviderName,
        MACHINES_MAX: String(config.machinesMax),
        JOBS_PER_MACHINE: String(config.jobsPerMachine),
        GPU_SECONDS_PER_DAY_MAX: String(Math.round(config.gpuHoursPerDay * 3_600)),
        TASK_AGE_HOURS_MAX: String(config.machineHoursMax),
        ...(config.warmHours === undefined ? {} : { WARM_HOURS: config.warmHours.join('-') }),
      },
    });
    this.#allow(props);
    const target = new LambdaFunction(this.handler.lambda, { retryAttempts: 2 });
    new Rule(this, 'Sweep', {
      description: 'Makes up for every wake that was lost',
      schedule: Schedule.rate(Duration.minutes(5)),
      targets: [target],
    });
    new Rule(this, 'TaskEnded', {
      description: 'A machine left: is another one wanted, and what did it cost?',
      eventPattern: {
        source: ['aws.ecs'],
        detailType: ['ECS Task State Change'],
        detail: { clusterArn: [worker.cluster.clusterArn], lastStatus: ['STOPPED'] },
      },
      targets: [target],
    });
  }

  #allow({ queues, stateful, worker }: DispatcherProps): void {
    const { clusterArn, clusterName } = worker.cluster;
    const { taskDefinition } = worker;
    const inCluster = { ArnEquals: { 'ecs:cluster': clusterArn } };
    const { handler } = this;
    handler.allow(['sqs:GetQueueAttributes'], [queues.jobs.queueArn]);
    handler.allow(
      ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
      [stateful.runs.tableArn],
    );
    handler.allow(['ecs:RunTask'], [taskDefinition.taskDefinitionArn], inCluster);
    const tasks = Stack.of(this).formatArn({
      service: 'ecs',
      resource: 'task',
      resourceName: `${clusterName}/*`,
    });
    handler.allow(['ecs:DescribeTasks', 'ecs:StopTask'], [tasks], inCluster);
    // ListTasks has no resource but the container instance, which Managed Instances do not name: the cluster bounds it.
    handler.allow(['ecs:ListTasks'], ['*'], inCluster);
    const roles = [taskDefinition.taskRole.roleArn, taskDefinition.obtainExecutionRole().roleArn];
    handler.allow(['iam:PassRole'], roles, {
      StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' },
    });
    const cluster = Stack.of(this).getLogicalId(worker.cluster.node.defaultChild as CfnCluster);
    explain(
      handler.role,
      'IAM5',
      'Tasks have random names below their cluster, and ListTasks takes no resource.',
      [
        'Resource::*',
        `Resource::arn:<AWS::Partition>:ecs:<AWS::Region>:<AWS::AccountId>:task/<${cluster}>/*`,
      ],
    );
  }
}
