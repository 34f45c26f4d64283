/** An AWS account on the loopback, as far as the preflight asks: STS speaks XML, the others JSON named by a header. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

type Reply = { status?: number; body: unknown };

export interface AccountState {
  /** vCPUs by quota code; a code that is not there has no value of its own, and its default is 0. */
  quotas: Record<string, number>;
  bootstrapVersion?: string;
  secrets: Secret[];
  /** Operations that are refused. */
  denied: string[];
}

interface Secret {
  Name: string;
  Tags: { Key: string; Value: string }[];
  SecretVersionsToStages: Record<string, string[]>;
}

export interface FakeAccount {
  url: string;
  operations: string[];
  close(): Promise<void>;
}

export async function startAccount(state: AccountState): Promise<FakeAccount> {
  const operations: string[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (part: string) => (text += part));
    request.on('end', () => {
      const target =
        String(request.headers['x-amz-target'] ?? '')
          .split('.')
          .at(-1) ?? '';
      const operation = target === '' ? (new URLSearchParams(text).get('Action') ?? '') : target;
      operations.push(operation);
      if (operation === 'GetCallerIdentity') {
        response.setHeader('content-type', 'text/xml');
        response.end(toIdentity(state.denied.includes(operation), response));
        return;
      }
      const { status = 200, body } = answer(state, operation, JSON.parse(text) as Input);
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(body));
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    operations,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

interface Filter {
  Key: string;
  Values: string[];
}

interface Input {
  QuotaCode?: string;
  Filters?: Filter[];
}

/** As Secrets Manager does it: a value matches what begins with it. */
function isWanted({ Tags }: Secret, filters: readonly Filter[]): boolean {
  return filters.every(
    ({ Key, Values }) =>
      Key === 'tag-value' &&
      Tags.some(({ Value }) => Values.some((value) => Value.startsWith(value))),
  );
}

function toIdentity(isRefused: boolean, response: { statusCode: number }): string {
  if (!isRefused) {
    return '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>';
  }
  response.statusCode = 403;
  return '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code><Message>The security token AKIASECRET is invalid.</Message></Error></ErrorResponse>';
}

function answer(
  state: AccountState,
  operation: string,
  { QuotaCode = '', Filters = [] }: Input,
): Reply {
  if (state.denied.includes(operation)) return refuse('AccessDeniedException');
  switch (operation) {
    case 'GetServiceQuota': {
      const value = state.quotas[QuotaCode];
      return value === undefined
        ? refuse('NoSuchResourceException')
        : { body: { Quota: { QuotaCode, Value: value } } };
    }
    case 'GetAWSDefaultServiceQuota':
      return { body: { Quota: { QuotaCode, Value: 0 } } };
    case 'GetParameter':
      return state.bootstrapVersion === undefined
        ? refuse('ParameterNotFound')
        : { body: { Parameter: { Value: state.bootstrapVersion } } };
    case 'ListSecrets':
      return { body: { SecretList: state.secrets.filter((secret) => isWanted(secret, Filters)) } };
    default:
      return refuse('UnknownOperationException');
  }
}

function refuse(type: string): Reply {
  return {
    status: 400,
    body: { __type: type, message: `arn:aws:iam::1:user/AKIASECRET: ${type}` },
  };
}
