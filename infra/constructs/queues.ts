/** Jobs for the GPU, news for the bot, and where messages go that nobody could handle. */
import { Duration } from 'aws-cdk-lib';
import { Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

/** A worker that vanished is noticed after this; it renews its hold at a quarter of it. */
export const JOB_VISIBILITY = Duration.minutes(2);
/** Six times the notifier's time limit, as AWS advises. */
const EVENT_VISIBILITY = Duration.minutes(6);
export const NOTIFIER_TIMEOUT = Duration.minutes(1);
/** Hand-backs count as well: Spot may take several machines from one job. */
const JOB_RECEIVES_MAX = 8;
const EVENT_RECEIVES_MAX = 5;

export class Queues extends Construct {
  readonly jobs: Queue;
  readonly deadJobs: Queue;
  readonly events: Queue;
  readonly deadEvents: Queue;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const common: QueueProps = {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(4),
    };
    const longer = { ...common, retentionPeriod: Duration.days(14) };
    this.deadJobs = new Queue(this, 'DeadJobs', {
      ...longer,
      visibilityTimeout: Duration.minutes(3),
    });
    this.jobs = new Queue(this, 'Jobs', {
      ...common,
      visibilityTimeout: JOB_VISIBILITY,
      receiveMessageWaitTime: Duration.seconds(20),
      deadLetterQueue: { queue: this.deadJobs, maxReceiveCount: JOB_RECEIVES_MAX },
    });
    this.deadEvents = new Queue(this, 'DeadEvents', { ...longer, fifo: true });
    this.events = new Queue(this, 'Events', {
      ...common,
      fifo: true,
      visibilityTimeout: EVENT_VISIBILITY,
      deadLetterQueue: { queue: this.deadEvents, maxReceiveCount: EVENT_RECEIVES_MAX },
    });
  }
}
