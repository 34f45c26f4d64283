/** `npm run preflight` as an operator runs it, against an account on the loopback. */
import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { startAccount, type AccountState, type FakeAccount } from '../../fakes/aws/account.ts';
import { projectFolder } from '../../source-files.ts';

let account: FakeAccount | undefined;
afterEach(async () => {
  await account?.close();
  account = undefined;
});

const KEY = { AWS_ACCESS_KEY_ID: 'AKIASECRET', AWS_SECRET_ACCESS_KEY: 'very-secret' };
const toSecret = (stack: string, name: string) => ({
  Name: name,
  Tags: [{ Key: 'aws:cloudformation:stack-name', Value: stack }],
  SecretVersionsToStages: { a: ['AWSPREVIOUS'], b: ['AWSCURRENT'] },
});
// Each test starts Node and the SDK anew.
vi.setConfig({ testTimeout: 60_000 });

const READY: AccountState = {
  quotas: { 'L-DB2E81BA': 8, 'L-3819A6DF': 4 },
  bootstrapVersion: '30',
  // Another deployment's secret is none of ours, though its stack's name begins alike.
  secrets: [toSecret('imagine-data-2', 'Other'), toSecret('imagine-data', 'ChatA1B2')],
  denied: [],
};

/** In a folder of its own with these settings; the command `true` stands for an image build that answers. */
async function preflight(
  environment: Record<string, string>,
  settings: string = JSON.stringify({ context: { imagine: { slack: true } } }),
): Promise<{ exitCode: number; output: string; lines: Record<string, string> }> {
  const folder = mkdtempSync(join(tmpdir(), 'imagine-preflight-'));
  writeFileSync(join(folder, 'cdk.json'), settings);
  return new Promise((done) => {
    const child = execFile(
      process.execPath,
      [join(projectFolder, 'infra/preflight.ts')],
      {
        cwd: folder,
        env: {
          PATH: process.env['PATH'] ?? '',
          HOME: folder,
          CDK_DOCKER: 'true',
          AWS_EC2_METADATA_DISABLED: 'true',
          AWS_REGION: 'eu-central-1',
          ...environment,
        },
      },
      (_error, stdout, stderr) => {
        const output = stdout + stderr;
        const lines = output.split('\n').map((line) => /^(\w+) +([^:]+): (.*)$/.exec(line));
        done({
          exitCode: child.exitCode ?? -1,
          output,
          lines: Object.fromEntries(
            lines.flatMap((line) => (line === null ? [] : [[line[2], `${line[1]} ${line[3]}`]])),
          ) as Record<string, string>,
        });
      },
    );
  });
}

test('an account that has everything passes, and no secret is read or printed', async () => {
  account = await startAccount(READY);
  const { lines, output, exitCode } = await preflight({ ...KEY, AWS_ENDPOINT_URL: account.url });
  expect(exitCode).toBe(0);
  expect(lines).toMatchObject({
    Settings: expect.stringMatching(/^ok/),
    Credentials: 'ok account 123456789012.',
    'GPU quota, Spot': 'ok 4 vCPUs, 4 a machine.',
    'GPU quota, on demand': 'ok 8 vCPUs, 4 a machine.',
    'CDK bootstrap': 'ok version 30.',
    'Chat secret': 'ok ChatA1B2 is there and was written.',
  });
  expect(output).not.toMatch(/AKIASECRET|very-secret/);
  expect(account.operations).not.toContain('GetSecretValue');
});

test('an empty account is told what to ask for and to run', async () => {
  account = await startAccount({ quotas: { 'L-DB2E81BA': 0 }, secrets: [], denied: [] });
  const { lines, exitCode } = await preflight({ ...KEY, AWS_ENDPOINT_URL: account.url });
  expect(exitCode).toBe(1);
  // Spot has no value of its own: the default counts.
  expect(lines['GPU quota, Spot']).toContain('--quota-code L-3819A6DF --desired-value 4');
  expect(lines['GPU quota, on demand']).toContain('missing 0 vCPUs allow 0 of 1 machines');
  expect(lines['CDK bootstrap']).toContain('npx cdk bootstrap aws://123456789012/eu-central-1');
  expect(lines['Chat secret']).toContain('later');
});

test('a right that lacks is named, the other checks go on', async () => {
  account = await startAccount({ ...READY, denied: ['GetServiceQuota', 'ListSecrets'] });
  const { lines, exitCode, output } = await preflight({ ...KEY, AWS_ENDPOINT_URL: account.url });
  expect(exitCode).toBe(1);
  expect(lines['GPU quota, Spot']).toContain('may not call servicequotas:GetServiceQuota');
  expect(lines['Chat secret']).toContain('may not call secretsmanager:ListSecrets');
  expect(lines['CDK bootstrap']).toContain('ok');
  expect(output).not.toContain('AKIASECRET');
});

test('refused, absent and unreachable are sentences', async () => {
  account = await startAccount({ ...READY, denied: ['GetCallerIdentity'] });
  const url = account.url;
  const refused = await preflight({ ...KEY, AWS_ENDPOINT_URL: url });
  expect(refused.lines['Credentials']).toContain('refused the credentials (InvalidClientTokenId');
  const absent = await preflight({ AWS_ENDPOINT_URL: url });
  expect(absent.exitCode).toBe(1);
  expect(absent.lines['Credentials']).toContain('no credentials were found');
  expect(absent.lines['GPU quotas, CDK bootstrap, chat secret']).toContain('without credentials');
  await account.close();
  const unreachable = await preflight({ ...KEY, AWS_ENDPOINT_URL: url });
  expect(unreachable.lines['Credentials']).toContain('could not be reached');
  for (const { output } of [refused, absent, unreachable]) {
    expect(output).not.toMatch(/AKIASECRET|very-secret|\n {2,}at /);
  }
});

test('settings, region and licence that cannot be are said in words', async () => {
  const broken = await preflight({}, '{ "context": ');
  expect(broken.exitCode).toBe(1);
  expect(broken.lines['Settings']).toContain('missing cdk.json cannot be used');
  const context = { imagine: { slack: true, modelId: 'sd15', region: 'moon-1' } };
  const { lines } = await preflight({}, JSON.stringify({ context }));
  expect(lines['Model licence']).toContain('"acceptedLicence": "CreativeML OpenRAIL-M"');
  expect(lines['Region']).toContain('no "moon-1"');
});
