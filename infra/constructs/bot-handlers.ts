/** The bot as three small Lambdas: one that people reach, one that works and answers, one for what nobody could do. */
import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { FunctionUrlAuthType, InvokeMode, type FunctionUrl } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Construct } from 'constructs';
import type { InfraConfig } from '../config.ts';
import { OBJECT_KEYS, type StatefulStack } from '../stateful-stack.ts';
import { explain } from './explain.ts';
import type { Dispatcher } from './dispatcher.ts';
import { RECORDS_TABLE } from '../table-shapes.ts';
import { Handler } from './handler.ts';
import { NOTIFIER_TIMEOUT, type Queues } from './queues.ts';

export interface BotHandlersProps {
  config: InfraConfig;
  queues: Queues;
  stateful: StatefulStack;
  dispatcher: Dispatcher;
  usdPerHour: number;
  bundleFolder: string;
}

export class BotHandlers extends Construct {
  readonly ingress: Handler;
  readonly notifier: Handler;
  readonly deadLetter: Handler;
  readonly url: FunctionUrl;

  constructor(scope: Construct, id: string, props: BotHandlersProps) {
    super(scope, id);
    this.ingress = this.#createIngress(props);
    this.url = this.ingress.lambda.addFunctionUrl({
      // Discord and Slack cannot sign for AWS: their own signature, over the raw body, is the lock.
      authType: FunctionUrlAuthType.NONE,
      invokeMode: InvokeMode.BUFFERED,
    });
    this.notifier = this.#createNotifier(props);
    this.deadLetter = this.#createDeadLetter(props);
  }

  #createIngress(props: BotHandlersProps): Handler {
    const { queues, stateful } = props;
    const ingress = new Handler(this, 'Ingress', {
      entry: 'bot/ingress.lambda.ts',
      description: 'Checks the signature of Discord and Slack, answers at once, hands on',
      bundleFolder: props.bundleFolder,
      // The platforms wait three seconds; longer than that helps nobody.
      timeout: Duration.seconds(10),
      // Processor time comes with memory: this is for a quick cold start.
      memoryMb: 1_024,
      environment: {
        RECORDS_TABLE: stateful.records.tableName,
        EVENTS_QUEUE_URL: queues.events.queueUrl,
        CHAT_SECRET: stateful.chatSecret.secretName,
        ...toPlatformSettings(props.config),
      },
    });
    ingress.allow(
      ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem'],
      [stateful.records.tableArn],
    );
    ingress.allow(['sqs:SendMessage'], [queues.events.queueArn]);
    ingress.allow(['secretsmanager:GetSecretValue'], [stateful.chatSecret.secretArn]);
    return ingress;
  }

  #createNotifier(props: BotHandlersProps): Handler {
    const { queues, stateful, dispatcher } = props;
    const { records, runs, chatSecret } = stateful;
    const notifier = new Handler(this, 'Notifier', {
      entry: 'bot/notifier.lambda.ts',
      // Enlarges previews, and shrinks pictures that a chat would refuse.
      nativePackages: ['sharp'],
      description: 'Accepts jobs, follows them, and shows them in Discord and Slack',
      bundleFolder: props.bundleFolder,
      timeout: NOTIFIER_TIMEOUT,
      memoryMb: 1_024,
      environment: {
        RECORDS_TABLE: records.tableName,
        RUNS_TABLE: runs.tableName,
        PICTURES_BUCKET: stateful.bucket.bucketName,
        JOBS_QUEUE_URL: queues.jobs.queueUrl,
        EVENTS_QUEUE_URL: queues.events.queueUrl,
        DISPATCHER_FUNCTION: dispatcher.handler.lambda.functionName,
        CHAT_SECRET: chatSecret.secretName,
        USD_PER_MACHINE_HOUR: String(props.usdPerHour),
        IDLE_MINUTES: String(props.config.idleMinutes),
        ...toPlatformSettings(props.config),
      },
    });
    notifier.lambda.addEventSource(
      new SqsEventSource(queues.events, {
        batchSize: 10,
        maxConcurrency: 20,
        reportBatchItemFailures: true,
      }),
    );
    notifier.allow(
      ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem', 'dynamodb:Query'],
      [records.tableArn, ...indexArns(records.tableArn)],
    );
    notifier.allow(
      ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:Query'],
      [runs.tableArn],
    );
    notifier.allow(['sqs:SendMessage'], [queues.jobs.queueArn, queues.events.queueArn]);
    const prefixes = ['images/*', 'requests/*', 'results/*'];
    notifier.allow(['s3:GetObject'], prefixes.map(stateful.objects));
    notifier.allow(['s3:PutObject'], ['images/*', 'requests/*'].map(stateful.objects));
    notifier.allow(['s3:DeleteObject'], [stateful.objects('images/*')]);
    notifier.allow(['s3:ListBucket'], [stateful.bucketArn], {
      StringLike: { 's3:prefix': prefixes },
    });
    explain(notifier.role, 'IAM5', OBJECT_KEYS, prefixes.map(stateful.finding));
    notifier.allow(['secretsmanager:GetSecretValue'], [chatSecret.secretArn]);
    notifier.allow(['lambda:InvokeFunction'], [dispatcher.handler.lambda.functionArn]);
    new Rule(this, 'Sweep', {
      description: 'Takes up jobs whose news were lost',
      schedule: Schedule.rate(Duration.minutes(5)),
      targets: [new LambdaFunction(notifier.lambda, { retryAttempts: 0 })],
    });
    return notifier;
  }

  #createDeadLetter(props: BotHandlersProps): Handler {
    const { queues, stateful } = props;
    const deadLetter = new Handler(this, 'DeadLetter', {
      entry: 'bot/dead-letter.lambda.ts',
      description: 'Tells people of jobs that nobody could draw',
      bundleFolder: props.bundleFolder,
      timeout: Duration.seconds(30),
      memoryMb: 512,
      environment: {
        RUNS_TABLE: stateful.runs.tableName,
        PICTURES_BUCKET: stateful.bucket.bucketName,
        JOBS_QUEUE_URL: queues.jobs.queueUrl,
        EVENTS_QUEUE_URL: queues.events.queueUrl,
      },
    });
    deadLetter.lambda.addEventSource(
      new SqsEventSource(queues.deadJobs, { batchSize: 10, reportBatchItemFailures: true }),
    );
    deadLetter.allow(
      ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
      [stateful.runs.tableArn],
    );
    deadLetter.allow(['sqs:SendMessage'], [queues.jobs.queueArn, queues.events.queueArn]);
    return deadLetter;
  }
}

function toPlatformSettings({ discord, slack }: InfraConfig): Record<string, string> {
  return {
    ...(discord === undefined
      ? {}
      : { DISCORD_PUBLIC_KEY: discord.publicKey, DISCORD_APPLICATION_ID: discord.applicationId }),
    ...(slack ? { SLACK_ENABLED: 'true' } : {}),
  };
}

const indexArns = (tableArn: string): string[] =>
  RECORDS_TABLE.indices.map(({ name }) => `${tableArn}/index/${name}`);
