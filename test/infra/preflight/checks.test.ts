/** What each check says for what it may be given. */
import { describe, expect, test } from 'vitest';
import {
  checkBootstrap,
  checkQuota,
  checkSecret,
  QUOTAS,
  toVcpus,
} from '../../../infra/preflight/account-checks.ts';
import { toFailedCall, toFailureSentence } from '../../../infra/preflight/failure.ts';
import { toExitCode } from '../../../infra/preflight/finding.ts';
import {
  checkBuilder,
  checkCli,
  checkLicence,
  checkRegion,
} from '../../../infra/preflight/local-checks.ts';
import { CATALOG } from '../../../models/catalog.ts';

const place = { account: '123456789012', region: 'eu-central-1' };
const read = <T>(value: T) => ({ kind: 'read', value }) as const;

describe('quota', () => {
  const fleet = {
    region: 'eu-central-1',
    instanceTypes: ['g5.2xlarge', 'g4dn.xlarge'],
    machinesMax: 1,
  };

  test('four vCPUs are enough for one machine of the smallest type', () => {
    expect(checkQuota(QUOTAS.spot, read(4), fleet).kind).toBe('ok');
    expect(checkQuota(QUOTAS.spot, read(3), fleet).kind).toBe('missing');
  });

  test('the request names quota, region and value, for all machines that the settings allow', () => {
    const { kind, text } = checkQuota(QUOTAS.onDemand, read(4), { ...fleet, machinesMax: 3 });
    expect(kind).toBe('missing');
    expect(text).toContain(
      '4 vCPUs allow 1 of 3 machines; ask for 12 at https://eu-central-1.console',
    );
    expect(text).toContain('--quota-code L-DB2E81BA --desired-value 12');
  });

  test.each([
    ['g4dn.xlarge', 4],
    ['g6.2xlarge', 8],
    ['g6f.large', 2],
    ['g6e.16xlarge', 64],
  ])('%s has %d vCPUs', (type, vcpus) => {
    expect(toVcpus(type)).toBe(vcpus);
  });
});

test('a bootstrap that is absent or too old is to be made', () => {
  expect(checkBootstrap(read(undefined), place).text).toContain(
    'npx cdk bootstrap aws://123456789012/eu-central-1',
  );
  expect(checkBootstrap(read(5), place).kind).toBe('missing');
  expect(checkBootstrap(read(Number.NaN), place).kind).toBe('missing');
  expect(checkBootstrap(read(30), place).kind).toBe('ok');
});

test('the chat secret: later before the first deployment, missing while unwritten', () => {
  expect(checkSecret(read(undefined), 'imagine-data').kind).toBe('later');
  expect(checkSecret(read({ name: 'Chat1', isWritten: false }), 'imagine-data')).toMatchObject({
    kind: 'missing',
    text: expect.stringContaining('put-secret-value --secret-id Chat1'),
  });
  expect(checkSecret(read({ name: 'Chat1', isWritten: true }), 'imagine-data').kind).toBe('ok');
});

test('region, command line and image build', () => {
  expect(checkRegion(undefined, ['us-east-1']).text).toContain('set AWS_REGION');
  expect(checkRegion('moon-1', ['us-east-1']).text).toContain('no "moon-1"');
  expect(checkRegion('us-east-1', ['us-east-1']).kind).toBe('ok');
  expect(checkCli('^2.0.0', '2.0.0').text).toContain('one exact version');
  expect(checkCli('2.0.0', undefined).text).toContain('run "npm ci"');
  expect(checkCli('2.0.0', '2.0.1').kind).toBe('missing');
  expect(checkCli('2.0.0', '2.0.0').kind).toBe('ok');
  expect(checkBuilder({ kind: 'absent', command: 'docker' }).text).toContain('CDK_DOCKER');
  expect(checkBuilder({ kind: 'silent', command: 'docker' }).kind).toBe('missing');
  expect(checkBuilder({ kind: 'answers', command: 'podman' }).kind).toBe('ok');
});

describe('licence', () => {
  const check = (modelId?: string, acceptedLicence?: string) =>
    checkLicence({ modelId, acceptedLicence }, CATALOG);

  test('nothing to accept for the built-in model and for MIT', () => {
    expect(check().kind).toBe('ok');
    expect(check('lcm-dreamshaper').kind).toBe('ok');
  });

  test('conditions are accepted by the name of the licence, no other', () => {
    expect(check('sd15').text).toContain('"acceptedLicence": "CreativeML OpenRAIL-M"');
    expect(check('sd15', 'MIT').kind).toBe('missing');
    expect(check('sd15', 'CreativeML OpenRAIL-M').kind).toBe('ok');
    expect(check('sd-turbo').text).toContain('forbids commercial use');
  });

  test('a model that nobody knows is the operator to answer for', () => {
    expect(check('my-own').kind).toBe('missing');
    expect(check('my-own', 'CC0').kind).toBe('ok');
  });
});

test.each([
  [{ name: 'AccessDeniedException' }, 'may not call x:Y'],
  [{ name: 'ExpiredTokenException' }, 'log in again'],
  [{ name: 'CredentialsProviderError' }, 'no credentials were found'],
  [{ name: 'Error', code: 'ENOTFOUND' }, 'could not be reached for x:Y (ENOTFOUND)'],
  [{ name: 'TimeoutError' }, 'could not be reached'],
  [{ name: 'ThrottlingException' }, 'answered x:Y with ThrottlingException'],
  [{ name: 'key AKIA/secret' }, 'an error without a name'],
  [undefined, 'an error without a name'],
])('the failure %j is a sentence', (error, words) => {
  const sentence = toFailureSentence(toFailedCall(error), 'x:Y');
  expect(sentence).toContain(words);
  expect(sentence).not.toContain('AKIA');
});

test('only what is missing fails the command', () => {
  expect(
    toExitCode([
      { kind: 'ok', text: '' },
      { kind: 'later', text: '' },
    ]),
  ).toBe(0);
  expect(
    toExitCode([
      { kind: 'ok', text: '' },
      { kind: 'missing', text: '' },
    ]),
  ).toBe(1);
});
