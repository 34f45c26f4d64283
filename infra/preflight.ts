/** `npm run preflight`: what is missing before a deployment to AWS, one line a check. Exit code 1 when a person must act. */
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { STSClient } from '@aws-sdk/client-sts';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { CATALOG } from '../models/catalog.ts';
import { parseInfraConfig, type InfraConfig } from './config.ts';
import {
  checkBootstrap,
  checkCredentials,
  checkQuota,
  checkSecret,
  QUOTAS,
} from './preflight/account-checks.ts';
import { openAwsAccount } from './preflight/aws-account.ts';
import { toExitCode, toLine, type Finding } from './preflight/finding.ts';
import {
  checkBuilder,
  checkCli,
  checkLicence,
  checkRegion,
  type Builder,
} from './preflight/local-checks.ts';

const BUILDER_TIMEOUT_MS = 15_000;
const projectFolder = join(import.meta.dirname, '..');
const cdkSettings = z.object({ context: z.object({ imagine: z.unknown() }).partial().default({}) });
const packageSettings = z.object({ devDependencies: z.record(z.string(), z.string()).default({}) });

function readConfig(): { config?: InfraConfig; finding: Finding } {
  try {
    // Where the CDK's command line looks for it, too.
    const settings = cdkSettings.parse(JSON.parse(readFileSync('cdk.json', 'utf8')));
    const config = parseInfraConfig(settings.context.imagine);
    return { config, finding: { kind: 'ok', text: 'Settings: cdk.json is valid.' } };
  } catch (error) {
    const words = error instanceof Error ? error.message.replaceAll(/\s+/g, ' ') : String(error);
    return { finding: { kind: 'missing', text: `Settings: cdk.json cannot be used: ${words}` } };
  }
}

function readCliVersions(): [pinned: string | undefined, installed: string | undefined] {
  const text = readFileSync(join(projectFolder, 'package.json'), 'utf8');
  const { devDependencies } = packageSettings.parse(JSON.parse(text));
  try {
    const installed = readFileSync(
      join(projectFolder, 'node_modules/aws-cdk/package.json'),
      'utf8',
    );
    const { version } = z.object({ version: z.string() }).parse(JSON.parse(installed));
    return [devDependencies['aws-cdk'], version];
  } catch {
    return [devDependencies['aws-cdk'], undefined];
  }
}

function askBuilder(): Builder {
  const command = process.env['CDK_DOCKER'] ?? 'docker';
  const { error, status } = spawnSync(command, ['version'], {
    stdio: 'ignore',
    timeout: BUILDER_TIMEOUT_MS,
  });
  if (error !== undefined && 'code' in error && error.code === 'ENOENT') {
    return { kind: 'absent', command };
  }
  return { kind: status === 0 ? 'answers' : 'silent', command };
}

/** In the order in which the CDK and the SDK look for it. */
async function findRegion(config: InfraConfig | undefined): Promise<string | undefined> {
  const named =
    config?.region ?? process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'] ?? '';
  if (named !== '') return named;
  return new STSClient({}).config.region().catch(() => undefined);
}

async function checkAccount(config: InfraConfig, region: string): Promise<Finding[]> {
  const account = openAwsAccount(region);
  const identity = await account.identity();
  const credentials = checkCredentials(identity);
  if (identity.kind === 'failed') return [credentials, toSkipped('credentials')];
  const fleet = { ...config, region };
  const stackName = `${config.name}-data`;
  const place = { account: identity.value.account, region };
  const [spot, onDemand, bootstrap, secret] = await Promise.all([
    account.quota(QUOTAS.spot.code),
    account.quota(QUOTAS.onDemand.code),
    account.bootstrapVersion(),
    account.chatSecret(stackName),
  ]);
  return [
    credentials,
    checkQuota(QUOTAS.spot, spot, fleet),
    checkQuota(QUOTAS.onDemand, onDemand, fleet),
    checkBootstrap(bootstrap, place),
    checkSecret(secret, stackName),
  ];
}

function toSkipped(need: string): Finding {
  return {
    kind: 'later',
    text: `GPU quotas, CDK bootstrap, chat secret: not looked at without ${need}.`,
  };
}

const { config, finding } = readConfig();
const region = await findRegion(config);
const regionFinding = checkRegion(
  region,
  RegionInfo.regions.map(({ name }) => name),
);
const findings = [finding, checkCli(...readCliVersions()), checkBuilder(askBuilder())];
if (config !== undefined) findings.push(checkLicence(config, CATALOG));
findings.push(regionFinding);
if (config === undefined) findings.push(toSkipped('valid settings'));
else if (region === undefined || regionFinding.kind !== 'ok') findings.push(toSkipped('a region'));
else findings.push(...(await checkAccount(config, region)));
process.stdout.write(`${findings.map(toLine).join('\n')}\n`);
process.exitCode = toExitCode(findings);
