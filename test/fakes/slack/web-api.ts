/** The Web API's door: tokens, scopes, rate limits, faults, and then the method. */
import { ApiError, parseJson, type ApiMethod } from './api-call.ts';
import type { RateLimits } from './rate-limits.ts';
import { APP_TOKEN, BOT_TOKEN, type SlackWorkspace } from './workspace.ts';

/** What a test may make go wrong, for one call. */
export type Fault =
  | { kind: 'status'; status: number }
  /** The connection is cut instead of an answer; `isDone`: after the call did its work. */
  | { kind: 'cut'; isDone: boolean };

export interface ApiRequest {
  method: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
}

export type ApiAnswer =
  | { kind: 'answer'; status: number; headers: Record<string, string>; body: unknown }
  | { kind: 'cut' };

const SCOPES: readonly (readonly [string, string])[] = [
  ['chat.', 'chat:write'],
  ['files.info', 'files:read'],
  ['files.', 'files:write'],
  ['conversations.open', 'im:write'],
  ['conversations.info', 'channels:read'],
  ['users.info', 'users:read'],
];

export class WebApi {
  readonly #workspace: SlackWorkspace;
  readonly #methods: Readonly<Record<string, ApiMethod>>;
  readonly limits: RateLimits;
  /** Every call that was let in, by method. */
  readonly counts = new Map<string, number>();
  fault: (method: string) => Fault | undefined = () => undefined;

  constructor(
    workspace: SlackWorkspace,
    methods: Readonly<Record<string, ApiMethod>>,
    limits: RateLimits,
  ) {
    this.#workspace = workspace;
    this.#methods = methods;
    this.limits = limits;
  }

  handle(request: ApiRequest): ApiAnswer {
    const fault = this.fault(request.method);
    if (fault?.kind === 'status') return answer({ ok: false }, fault.status);
    if (fault?.kind === 'cut' && !fault.isDone) return { kind: 'cut' };
    const result = this.#call(request);
    return fault?.kind === 'cut' ? { kind: 'cut' } : result;
  }

  #call({ method, headers, body }: ApiRequest): ApiAnswer {
    try {
      const call = readArguments(headers, body);
      this.#authorize(method, headers, call);
      const perform = this.#methods[method];
      if (perform === undefined) throw new ApiError('unknown_method');
      const limit = this.limits.check(method, call['channel']);
      if (limit !== undefined) {
        if (limit.isEager)
          this.#workspace.violate(`${method} was called before Retry-After was over`);
        const retry = { 'retry-after': String(limit.retryAfterS) };
        return answer({ ok: false, error: 'ratelimited' }, 429, retry);
      }
      this.counts.set(method, (this.counts.get(method) ?? 0) + 1);
      return answer({ ok: true, ...perform(call) }, 200, {
        'x-oauth-scopes': this.#workspace.scopes.join(','),
      });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const { code, details } = error;
      return answer({ ok: false, error: code, response_metadata: { messages: details } });
    }
  }

  #authorize(
    method: string,
    headers: ApiRequest['headers'],
    call: Readonly<Record<string, string>>,
  ): void {
    const token =
      /^Bearer (.+)$/.exec(String(headers['authorization'] ?? ''))?.[1] ?? call['token'];
    if (token === undefined) throw new ApiError('not_authed');
    const isAppMethod = method === 'apps.connections.open';
    if (token !== BOT_TOKEN && token !== APP_TOKEN) throw new ApiError('invalid_auth');
    if ((token === APP_TOKEN) !== isAppMethod) throw new ApiError('not_allowed_token_type');
    const [, scope] = SCOPES.find(([prefix]) => method.startsWith(prefix)) ?? [];
    if (scope === undefined || this.#workspace.scopes.includes(scope)) return;
    throw new ApiError('missing_scope', [`needed: ${scope}`]);
  }
}

function answer(body: unknown, status = 200, headers: Record<string, string> = {}): ApiAnswer {
  return { kind: 'answer', status, headers, body };
}

/** A form or a JSON object; structures inside come as JSON texts either way. */
function readArguments(headers: ApiRequest['headers'], body: Buffer): Record<string, string> {
  const type = String(headers['content-type'] ?? '');
  if (type.startsWith('application/x-www-form-urlencoded')) {
    return Object.fromEntries(new URLSearchParams(body.toString()));
  }
  if (!type.startsWith('application/json')) return {};
  const value = parseJson(body.toString());
  return Object.fromEntries(
    Object.entries(value as Record<string, unknown>).map(([name, part]) => [
      name,
      typeof part === 'string' ? part : JSON.stringify(part),
    ]),
  );
}
