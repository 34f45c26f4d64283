/** The two stacks of a deployment in a CDK app, with every rule that judges them at synthesis. */
import { App, Tags, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import cdkSettings from '../cdk.json' with { type: 'json' };
import { ComputeStack } from './compute-stack.ts';
import { parseInfraConfig } from './config.ts';
import { StatefulStack } from './stateful-stack.ts';

export interface CreateAppOptions {
  /** Left out: what cdk.json says under "imagine". */
  context?: unknown;
  outdir?: string;
}

export interface ImagineApp {
  app: App;
  stateful: StatefulStack;
  compute: ComputeStack;
}

/** Throws an Error with a sentence for a configuration that cannot be. */
export function createImagineApp({ context, outdir }: CreateAppOptions = {}): ImagineApp {
  const app = new App({
    ...(outdir === undefined ? {} : { outdir }),
    // The validator of CloudFormation's own rules fails the synthesis, not only warns.
    postCliContext: { '@aws-cdk/core:validateAgainstDefaultRules': true },
  });
  // Without the CDK's command line nobody else reads cdk.json.
  const config = parseInfraConfig(
    context ?? app.node.tryGetContext('imagine') ?? cdkSettings.context.imagine,
  );
  const env = config.region === undefined ? {} : { env: { region: config.region } };
  const bundleFolder = mkdtempSync(join(tmpdir(), 'imagine-bundles-'));
  const stateful = new StatefulStack(app, `${config.name}-data`, {
    ...env,
    config,
    description: 'Imagine: pictures, jobs, secrets',
  });
  const compute = new ComputeStack(app, config.name, {
    ...env,
    config,
    stateful,
    bundleFolder,
    description: 'Imagine: chat ingress, queues, GPU machines',
  });
  Tags.of(app).add('application', config.name);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return { app, stateful, compute };
}
