/** Everything that works and keeps nothing: can be destroyed and made again at any time. */
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { InfraConfig } from './config.ts';
import { BotHandlers } from './constructs/bot-handlers.ts';
import { Dispatcher } from './constructs/dispatcher.ts';
import { GpuWorker } from './constructs/gpu-worker.ts';
import { Network } from './constructs/network.ts';
import { Observability } from './constructs/observability.ts';
import { Queues } from './constructs/queues.ts';
import { usdPerMachineHour } from './prices.ts';
import type { StatefulStack } from './stateful-stack.ts';

export interface ComputeStackProps extends StackProps {
  config: InfraConfig;
  stateful: StatefulStack;
  bundleFolder: string;
}

export class ComputeStack extends Stack {
  constructor(scope: Construct, id: string, props: ComputeStackProps) {
    const { config, stateful, bundleFolder, ...stackProps } = props;
    super(scope, id, stackProps);
    const usdPerHour = usdPerMachineHour(config.instanceTypes);
    const network = new Network(this, 'Network');
    const queues = new Queues(this, 'Queues');
    const worker = new GpuWorker(this, 'Gpu', { config, network, queues, stateful, usdPerHour });
    const dispatcher = new Dispatcher(this, 'Dispatcher', {
      config,
      queues,
      stateful,
      worker,
      bundleFolder,
    });
    const bot = new BotHandlers(this, 'Bot', {
      config,
      queues,
      stateful,
      dispatcher,
      usdPerHour,
      bundleFolder,
    });
    new Observability(this, 'Watch', { config, queues, dispatcher, bot });
    new CfnOutput(this, 'InteractionsUrl', {
      value: bot.url.url,
      description:
        'For Discord add discord/interactions, for Slack slack/events, and paste it where they ask',
    });
    new CfnOutput(this, 'ChatSecret', { value: stateful.chatSecret.secretName });
    new CfnOutput(this, 'BucketName', { value: stateful.bucket.bucketName });
    new CfnOutput(this, 'RunsTableName', { value: stateful.runs.tableName });
  }
}
