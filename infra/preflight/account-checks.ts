/** Checks of the AWS account. They take what was read from it, or why it could not be read, and give findings. */
import { toFailureSentence, type FailedCall } from './failure.ts';
import type { Finding } from './finding.ts';

/** What a call to AWS gave. */
export type Answer<T> = { kind: 'read'; value: T } | { kind: 'failed'; failure: FailedCall };

export const QUOTAS = {
  spot: { code: 'L-3819A6DF', name: 'GPU quota, Spot', action: 'servicequotas:GetServiceQuota' },
  onDemand: {
    code: 'L-DB2E81BA',
    name: 'GPU quota, on demand',
    action: 'servicequotas:GetServiceQuota',
  },
} as const;

export function checkCredentials(answer: Answer<{ account: string }>): Finding {
  if (answer.kind === 'failed') {
    return toMissing('Credentials', answer.failure, 'sts:GetCallerIdentity');
  }
  return { kind: 'ok', text: `Credentials: account ${answer.value.account}.` };
}

export interface Fleet {
  region: string;
  instanceTypes: readonly string[];
  machinesMax: number;
}

/** The answer is in vCPUs. */
export function checkQuota(
  quota: (typeof QUOTAS)[keyof typeof QUOTAS],
  answer: Answer<number>,
  { region, instanceTypes, machinesMax }: Fleet,
): Finding {
  if (answer.kind === 'failed') return toMissing(quota.name, answer.failure, quota.action);
  const perMachine = Math.min(...instanceTypes.map(toVcpus));
  const machines = Math.floor(answer.value / perMachine);
  if (machines >= machinesMax) {
    return { kind: 'ok', text: `${quota.name}: ${answer.value} vCPUs, ${perMachine} a machine.` };
  }
  const wanted = perMachine * machinesMax;
  const link = `https://${region}.console.aws.amazon.com/servicequotas/home/services/ec2/quotas/${quota.code}`;
  const command = `aws service-quotas request-service-quota-increase --region ${region} --service-code ec2 --quota-code ${quota.code} --desired-value ${wanted}`;
  return {
    kind: 'missing',
    text: `${quota.name}: ${answer.value} vCPUs allow ${machines} of ${machinesMax} machines; ask for ${wanted} at ${link} or with "${command}".`,
  };
}

/** vCPUs of a GPU type with one card, by the size in its name: xlarge has 4, each step up is in proportion. */
export function toVcpus(instanceType: string): number {
  const size = /\.(\d*)(x?)large$/.exec(instanceType);
  if (size?.[2] === '') return 2;
  return 4 * Number(size?.[1] === undefined || size[1] === '' ? 1 : size[1]);
}

/** The version of the bootstrap's template; undefined when the region has none. */
export function checkBootstrap(
  answer: Answer<number | undefined>,
  place: { account: string; region: string },
): Finding {
  if (answer.kind === 'failed') return toMissing('CDK bootstrap', answer.failure, BOOTSTRAP_ACTION);
  const command = `npx cdk bootstrap aws://${place.account}/${place.region}`;
  if (answer.value === undefined) {
    return { kind: 'missing', text: `CDK bootstrap: there is none; run "${command}".` };
  }
  if (!(answer.value >= BOOTSTRAP_VERSION_MIN)) {
    return {
      kind: 'missing',
      text: `CDK bootstrap: version ${answer.value} is older than ${BOOTSTRAP_VERSION_MIN}; run "${command}".`,
    };
  }
  return { kind: 'ok', text: `CDK bootstrap: version ${answer.value}.` };
}

const BOOTSTRAP_ACTION = 'ssm:GetParameter';
/** What a template of the CDK's default synthesizer asks for in its rule CheckBootstrapVersion. */
const BOOTSTRAP_VERSION_MIN = 6;

export interface ChatSecret {
  name: string;
  /** A new secret holds a random word until somebody writes to it. */
  isWritten: boolean;
}

/** Whether the chats' secret is there; what it holds is never read. Undefined: the first deployment makes it. */
export function checkSecret(answer: Answer<ChatSecret | undefined>, stackName: string): Finding {
  if (answer.kind === 'failed') {
    return toMissing('Chat secret', answer.failure, 'secretsmanager:ListSecrets');
  }
  const secret = answer.value;
  if (secret === undefined) {
    return {
      kind: 'later',
      text: `Chat secret: the first deployment makes it in the stack ${stackName}; write the tokens into it then, as docs/aws.md says.`,
    };
  }
  if (!secret.isWritten) {
    return {
      kind: 'missing',
      text: `Chat secret: nobody has written to ${secret.name}; run "aws secretsmanager put-secret-value --secret-id ${secret.name} --secret-string file://chat.json".`,
    };
  }
  return { kind: 'ok', text: `Chat secret: ${secret.name} is there and was written.` };
}

function toMissing(name: string, failure: FailedCall, action: string): Finding {
  return { kind: 'missing', text: `${name}: ${toFailureSentence(failure, action)}` };
}
