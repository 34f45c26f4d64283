/** Alarms with a page of the runbook each, a dashboard, and a budget that writes before the bill does. */
import { Aws, Duration } from 'aws-cdk-lib';
import { CfnBudget } from 'aws-cdk-lib/aws-budgets';
import {
  Alarm,
  ComparisonOperator,
  Dashboard,
  GraphWidget,
  Metric,
  TreatMissingData,
  type IMetric,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { InfraConfig } from '../config.ts';
import type { BotHandlers } from './bot-handlers.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Queues } from './queues.ts';
import { explain } from './explain.ts';

export interface ObservabilityProps {
  config: InfraConfig;
  queues: Queues;
  dispatcher: Dispatcher;
  bot: BotHandlers;
}

const NAMESPACE = 'Imagine';
const FIVE_MINUTES = Duration.minutes(5);

interface AlarmDefinition {
  /** Also the heading of its page in the runbook. */
  id: string;
  text: string;
  metric: IMetric;
  threshold: number;
  periods?: number;
}

export class Observability extends Construct {
  constructor(scope: Construct, id: string, props: ObservabilityProps) {
    super(scope, id);
    const topic = this.#createTopic(props.config);
    for (const definition of toAlarms(props)) {
      this.#createAlarm(definition, props.config.runbookUrl).addAlarmAction(new SnsAction(topic));
    }
    this.#createDashboard(props);
    this.#createBudget(props.config, topic);
  }

  #createTopic({ alarmEmail }: InfraConfig): Topic {
    const topic = new Topic(this, 'Alarms', { enforceSSL: true });
    if (alarmEmail !== undefined) topic.addSubscription(new EmailSubscription(alarmEmail));
    topic.addToResourcePolicy(
      new PolicyStatement({
        actions: ['sns:Publish'],
        principals: [new ServicePrincipal('budgets.amazonaws.com')],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    );
    explain(
      topic,
      'SNS2',
      'Alarms hold figures and no data of people; a key of its own would cost a dollar a month.',
    );
    return topic;
  }

  #createAlarm({ id, text, metric, threshold, periods = 1 }: AlarmDefinition, runbookUrl: string) {
    const heading = id.replaceAll(/(?!^)([A-Z])/g, '-$1').toLowerCase();
    return new Alarm(this, id, {
      alarmDescription: `${text} What to do: ${runbookUrl}#${heading}`,
      metric,
      threshold,
      evaluationPeriods: periods,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }

  #createDashboard({ queues, dispatcher, bot }: ObservabilityProps): void {
    const graph = (title: string, ...left: IMetric[]) =>
      new GraphWidget({ title, left, width: 12 });
    const dashboard = new Dashboard(this, 'Dashboard', { defaultInterval: Duration.days(1) });
    dashboard.addWidgets(
      graph(
        'Jobs in the queue',
        queues.jobs.metricApproximateNumberOfMessagesVisible(),
        queues.jobs.metricApproximateNumberOfMessagesNotVisible(),
      ),
      graph('Machines', own('MachinesWanted', 'Maximum'), own('MachinesStarted', 'Sum')),
      graph('Waiting in the queue (ms)', own('QueueMs', 'p50'), own('QueueMs', 'p95')),
      graph(
        'Start of a machine by phase (ms)',
        ...['Provision', 'Pull', 'Weights', 'Session', 'Total'].map((phase) =>
          own(`Wake${phase}Ms`, 'Average', {}),
        ),
      ),
      graph('One step (ms)', own('StepMs', 'p50'), own('StepMs', 'p95')),
      graph('GPU seconds', own('GpuSeconds', 'Sum')),
      graph('Cost by estimate (USD)', own('CostUsdEstimate', 'Sum')),
      graph(
        'Failures',
        dispatcher.handler.lambda.metricErrors(),
        bot.ingress.lambda.metricErrors(),
        bot.notifier.lambda.metricErrors(),
        queues.deadJobs.metricApproximateNumberOfMessagesVisible(),
        queues.deadEvents.metricApproximateNumberOfMessagesVisible(),
      ),
    );
  }

  #createBudget({ name, monthlyBudgetUsd }: InfraConfig, topic: Topic): void {
    const subscribers = [{ subscriptionType: 'SNS', address: topic.topicArn }];
    const notify = (notificationType: 'ACTUAL' | 'FORECASTED', threshold: number) => ({
      notification: { notificationType, threshold, comparisonOperator: 'GREATER_THAN' },
      subscribers,
    });
    new CfnBudget(this, 'Budget', {
      budget: {
        budgetName: `${name}-monthly`,
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        budgetLimit: { amount: monthlyBudgetUsd, unit: 'USD' },
      },
      notificationsWithSubscribers: [notify('ACTUAL', 80), notify('FORECASTED', 100)],
    });
  }
}

/** Jobs carry their status as a dimension; starts of machines carry none. */
function own(metricName: string, statistic: string, dimensions?: Record<string, string>): Metric {
  const isOfJobs = !/^(Machines|Wake)/.test(metricName);
  return new Metric({
    namespace: NAMESPACE,
    metricName,
    statistic,
    period: FIVE_MINUTES,
    dimensionsMap: dimensions ?? (isOfJobs ? { Status: 'succeeded' } : {}),
  });
}

function toAlarms(props: ObservabilityProps): AlarmDefinition[] {
  return [...toQueueAlarms(props), ...toMachineAlarms(props), ...toErrorAlarms(props)];
}

function toQueueAlarms({ queues }: ObservabilityProps): AlarmDefinition[] {
  const most = { statistic: 'Maximum', period: FIVE_MINUTES };
  return [
    {
      id: 'DeadJobs',
      text: 'A job could not be drawn by any machine.',
      metric: queues.deadJobs.metricApproximateNumberOfMessagesVisible(most),
      threshold: 0,
    },
    {
      id: 'DeadEvents',
      text: 'News of a job could not be shown.',
      metric: queues.deadEvents.metricApproximateNumberOfMessagesVisible(most),
      threshold: 0,
    },
    {
      id: 'JobsWaitLong',
      text: 'Jobs have waited for more than half an hour.',
      metric: queues.jobs.metricApproximateAgeOfOldestMessage(most),
      threshold: 30 * 60,
      periods: 2,
    },
  ];
}

function toMachineAlarms({ config }: ObservabilityProps): AlarmDefinition[] {
  return [
    {
      id: 'NoMachine',
      text: 'Machines are wanted all the time and none comes.',
      metric: own('MachinesStarted', 'Sum'),
      threshold: config.machinesMax,
      periods: 3,
    },
    {
      id: 'MachineTooOld',
      text: 'A machine had to be stopped because it ran for too long.',
      metric: own('MachinesStopped', 'Sum'),
      threshold: 0,
    },
    {
      id: 'GpuHours',
      text: 'The GPUs drew for more than the daily limit allows.',
      metric: new Metric({
        namespace: NAMESPACE,
        metricName: 'GpuSeconds',
        statistic: 'Sum',
        period: Duration.days(1),
        dimensionsMap: { Status: 'succeeded' },
      }),
      threshold: config.gpuHoursPerDay * 3_600,
    },
  ];
}

function toErrorAlarms({ dispatcher, bot }: ObservabilityProps): AlarmDefinition[] {
  const sum = { statistic: 'Sum', period: FIVE_MINUTES };
  return [
    {
      id: 'DispatcherErrors',
      text: 'Machines may not be started or stopped.',
      metric: dispatcher.handler.lambda.metricErrors(sum),
      threshold: 2,
    },
    {
      id: 'IngressErrors',
      text: 'Commands of people may be lost.',
      metric: bot.ingress.lambda.metricErrors(sum),
      threshold: 0,
    },
    {
      id: 'NotifierErrors',
      text: 'Cards may stand still.',
      metric: bot.notifier.lambda.metricErrors(sum),
      threshold: 2,
    },
  ];
}
