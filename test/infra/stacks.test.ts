/** What the two stacks promise: least rights, nothing public, nothing unencrypted, nothing that costs while idle. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { AwsSolutionsChecks } from 'cdk-nag';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { beforeAll, describe, expect, test } from 'vitest';
import { parseInfraConfig } from '../../infra/config.ts';
import { toCostTable, toMonthlyCosts, USAGE } from '../../infra/costs.ts';
import { find, ofType, readTemplates, type Templates } from '../fakes/aws/templates.ts';
import { projectFolder } from '../source-files.ts';

interface Statement {
  Action: string | string[];
  Resource: unknown;
  Effect: string;
}

let templates: Templates;
beforeAll(() => {
  // Throws when cdk-nag or CloudFormation's own validator finds anything that is not explained.
  templates = readTemplates();
});

const list = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);

/** Statements of the roles whose logical id begins so, as the policies attached to them say. */
function statementsOf(prefix: string): Statement[] {
  const policies = ofType(templates.compute, 'AWS::IAM::Policy').filter(([id]) =>
    id.startsWith(prefix),
  );
  return policies.flatMap(
    ([, { Properties }]) => (Properties['PolicyDocument'] as { Statement: Statement[] }).Statement,
  );
}

const actionsOf = (prefix: string): string[] =>
  statementsOf(prefix).flatMap(({ Action }) => list(Action));

describe('rights', () => {
  test('no statement allows every action', () => {
    const all = ofType(templates.compute, 'AWS::IAM::Policy').flatMap(([id]) =>
      actionsOf(id).map((action) => `${id}: ${action}`),
    );
    expect(all.length).toBeGreaterThan(30);
    expect(all.filter((line) => line.endsWith('*'))).toEqual([]);
  });

  test('the GPU cannot read a chat secret nor the table of people', () => {
    const text = JSON.stringify(statementsOf('GpuTaskRole'));
    expect(text).toContain('sqs:ReceiveMessage');
    expect(text).not.toContain('secretsmanager');
    expect(text).not.toContain('Records');
  });

  test('the ingress cannot read pictures nor start machines', () => {
    const actions = actionsOf('BotIngress');
    expect(actions).toContain('sqs:SendMessage');
    expect(actions.filter((action) => /^(s3|ecs|lambda):/.test(action))).toEqual([]);
  });

  test('only ingress and notifier read the chat secret', () => {
    const readers = ofType(templates.compute, 'AWS::IAM::Policy')
      .map(([id]) => id)
      .filter((id) => actionsOf(id).includes('secretsmanager:GetSecretValue'));
    expect(readers.map((id) => id.replace(/Role.*/, '')).sort()).toEqual([
      'BotIngress',
      'BotNotifier',
    ]);
  });
});

describe('nothing is open, lost or dear', () => {
  test('every queue is encrypted, and has a place for what fails', () => {
    const queues = ofType(templates.compute, 'AWS::SQS::Queue');
    expect(queues).toHaveLength(4);
    const isDead = (id: string) => id.startsWith('QueuesDead');
    for (const [id, { Properties }] of queues) {
      expect(Properties['SqsManagedSseEnabled']).toBe(true);
      expect(isDead(id) || Properties['RedrivePolicy'] !== undefined).toBe(true);
    }
  });

  test('pictures are encrypted and not public', () => {
    const [[, bucket] = []] = ofType(templates.data, 'AWS::S3::Bucket');
    expect(bucket?.Properties).toMatchObject({
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
    });
    expect(JSON.stringify(bucket?.Properties['BucketEncryption'])).toContain('AES256');
  });

  test('nothing can reach the machines', () => {
    const groups = ofType(templates.compute, 'AWS::EC2::SecurityGroup');
    expect(groups.length).toBeGreaterThan(0);
    for (const [, { Properties }] of groups) {
      expect(Properties['SecurityGroupIngress']).toBeUndefined();
    }
    expect(ofType(templates.compute, 'AWS::EC2::SecurityGroupIngress')).toEqual([]);
  });

  test('nothing is in the template that costs by the hour', () => {
    const dear = [
      'AWS::EC2::NatGateway',
      'AWS::EC2::EIP',
      'AWS::EC2::Instance',
      'AWS::ECS::Service',
      'AWS::ElasticLoadBalancingV2::LoadBalancer',
      'AWS::KMS::Key',
    ];
    for (const type of dear) expect(ofType(templates.compute, type)).toEqual([]);
    const endpoints = ofType(templates.compute, 'AWS::EC2::VPCEndpoint');
    expect(endpoints.map(([, { Properties }]) => Properties['VpcEndpointType'])).toEqual([
      'Gateway',
      'Gateway',
    ]);
  });

  test('an idle month costs less than two dollars, and the table in the guide is the computed one', () => {
    const polledQueues = ofType(templates.compute, 'AWS::Lambda::EventSourceMapping').length;
    const idle = toMonthlyCosts({ ...USAGE, polledQueues, pictures: 0 });
    expect(idle.reduce((sum, { usd }) => sum + usd, 0)).toBeLessThan(2);
    const guide = readFileSync(join(projectFolder, 'docs/aws.md'), 'utf8');
    const plain = (text: string) => text.replaceAll(/[ -]+/g, ' ');
    expect(plain(guide)).toContain(plain(toCostTable()));
  });

  test('Spot and On-Demand are both there, and weights go to local disks', () => {
    const providers = ofType(templates.compute, 'AWS::ECS::CapacityProvider');
    const text = JSON.stringify(providers);
    expect(providers).toHaveLength(2);
    expect(text).toContain('"SPOT"');
    expect(text).toContain('"UseLocalStorage":true');
  });

  test('every alarm says what to do', () => {
    const alarms = ofType(templates.compute, 'AWS::CloudWatch::Alarm');
    const runbook = readFileSync(join(projectFolder, 'docs/runbook.md'), 'utf8');
    expect(alarms.length).toBeGreaterThan(7);
    for (const [, { Properties }] of alarms) {
      const heading = String(Properties['AlarmDescription']).split('#')[1] ?? '';
      expect(runbook).toContain(`## ${heading.replaceAll('-', ' ')}`);
    }
  });
});

test('a right that nobody explained fails the synthesis', () => {
  const app = new App({ outdir: mkdtempSync(join(tmpdir(), 'imagine-nag-')) });
  const role = new Role(new Stack(app, 'Broken'), 'Role', {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
  });
  role.addToPolicy(new PolicyStatement({ actions: ['s3:*'], resources: ['*'] }));
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  expect(() => app.synth()).toThrow(/alidation/);
});

test('the notifier’s news may take as long as its Lambda and more', () => {
  const events = find(templates.compute, 'AWS::SQS::Queue', 'QueuesEvents');
  const notifier = find(templates.compute, 'AWS::Lambda::Function', 'BotNotifier');
  expect(Number(events.Properties['VisibilityTimeout'])).toBeGreaterThanOrEqual(
    6 * Number(notifier.Properties['Timeout']),
  );
});

test.each([
  ['nothing', {}, 'discord or slack must be set'],
  ['a type that is no GPU', { slack: true, instanceTypes: ['t3.micro'] }, 'it must be a GPU type'],
  ['an unknown key', { slack: true, machineMax: 3 }, 'machineMax'],
])('a configuration with %s is refused in a sentence', (_, context, words) => {
  expect(() => parseInfraConfig(context)).toThrow(words);
});
