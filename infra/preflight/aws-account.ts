/** What the preflight reads from an account: identity, quotas, bootstrap, and whether a secret is there. */
import {
  GetAWSDefaultServiceQuotaCommand,
  GetServiceQuotaCommand,
  NoSuchResourceException,
  ServiceQuotasClient,
} from '@aws-sdk/client-service-quotas';
import { ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand, ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { Answer, ChatSecret } from './account-checks.ts';
import { toFailedCall } from './failure.ts';

/** Of the CDK's default synthesizer; `hnb659fds` is its own qualifier. */
const BOOTSTRAP_PARAMETER = '/cdk-bootstrap/hnb659fds/version';

export interface AwsAccount {
  identity(): Promise<Answer<{ account: string }>>;
  /** vCPUs. */
  quota(code: string): Promise<Answer<number>>;
  bootstrapVersion(): Promise<Answer<number | undefined>>;
  /** The secret that a stack made. */
  chatSecret(stackName: string): Promise<Answer<ChatSecret | undefined>>;
}

export function openAwsAccount(region: string): AwsAccount {
  const settings = {
    region,
    maxAttempts: 2,
    requestHandler: {
      connectionTimeout: 5_000,
      requestTimeout: 10_000,
      throwOnRequestTimeout: true,
    },
  };
  const sts = new STSClient(settings);
  const quotas = new ServiceQuotasClient(settings);
  const ssm = new SSMClient(settings);
  const secrets = new SecretsManagerClient(settings);
  return {
    identity: () =>
      ask(async () => {
        const { Account: account = 'without a number' } = await sts.send(
          new GetCallerIdentityCommand({}),
        );
        return { account };
      }),
    quota: (code) => ask(() => readQuota(quotas, code)),
    bootstrapVersion: () => ask(() => readBootstrapVersion(ssm)),
    chatSecret: (stackName) => ask(() => findSecret(secrets, stackName)),
  };
}

async function ask<T>(read: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { kind: 'read', value: await read() };
  } catch (error) {
    return { kind: 'failed', failure: toFailedCall(error) };
  }
}

async function readQuota(client: ServiceQuotasClient, code: string): Promise<number> {
  const input = { ServiceCode: 'ec2', QuotaCode: code };
  try {
    const { Quota } = await client.send(new GetServiceQuotaCommand(input));
    return Quota?.Value ?? 0;
  } catch (error) {
    // An account that never asked for more has no value of its own.
    if (!(error instanceof NoSuchResourceException)) throw error;
    const { Quota } = await client.send(new GetAWSDefaultServiceQuotaCommand(input));
    return Quota?.Value ?? 0;
  }
}

async function readBootstrapVersion(client: SSMClient): Promise<number | undefined> {
  try {
    const { Parameter } = await client.send(new GetParameterCommand({ Name: BOOTSTRAP_PARAMETER }));
    return Number(Parameter?.Value ?? 0);
  } catch (error) {
    if (error instanceof ParameterNotFound) return undefined;
    throw error;
  }
}

async function findSecret(
  client: SecretsManagerClient,
  stackName: string,
): Promise<ChatSecret | undefined> {
  // CloudFormation names the secret and tags it with its stack. Filters match the beginning of a word.
  const { SecretList = [] } = await client.send(
    new ListSecretsCommand({ Filters: [{ Key: 'tag-value', Values: [stackName] }] }),
  );
  const secret = SecretList.find(({ Tags = [] }) =>
    Tags.some(({ Key, Value }) => Key === 'aws:cloudformation:stack-name' && Value === stackName),
  );
  if (secret?.Name === undefined) return undefined;
  const stages = Object.values(secret.SecretVersionsToStages ?? {}).flat();
  // The first value, a random word, is only ever replaced by a person's.
  return { name: secret.Name, isWritten: stages.includes('AWSPREVIOUS') };
}
