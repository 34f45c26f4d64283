/** Calls of Slack's Web API: paced, tried again where that helps, and with errors that have a name. */
import type * as z from 'zod';
import type { CallPacer, PacerTime } from './call-pacer.ts';
import { SLACK_LIMITS } from './limits.ts';

/** What Slack answered instead of ok, by Slack's own name: `not_in_channel`, `message_not_found`. */
export class SlackApiError extends Error {
  override readonly name = 'SlackApiError';
  readonly method: string;
  readonly code: string;

  constructor(method: string, code: string, details = '') {
    super(`Slack refused ${method}: ${code}${details === '' ? '' : ` (${details})`}`);
    this.method = method;
    this.code = code;
  }
}

/** One try of a call. */
export type CallResult =
  | { kind: 'ok'; body: Readonly<Record<string, unknown>> }
  | { kind: 'refused'; code: string; details: string }
  | { kind: 'rate-limited'; retryAfterMs: number }
  /** No answer, or one of Slack's machines stumbled: the call may have been done or not. */
  | { kind: 'broken'; error: unknown };

/** One request to one method with the bot's token; never rejects. */
export type SendCall = (
  method: string,
  call: Readonly<Record<string, unknown>>,
) => Promise<CallResult>;

export interface CallOptions {
  /** A preview: made at once or not at all, and never tried twice. */
  isPreview?: boolean;
  signal?: AbortSignal;
}

export interface SlackApi {
  /** The checked answer. Throws SlackApiError, or Error when Slack cannot be reached. */
  call<T>(
    method: string,
    schema: z.ZodType<T>,
    call: Readonly<Record<string, unknown>>,
    options?: CallOptions,
  ): Promise<T>;
}

/** Thrown for a preview that has no room in the budget. */
export class NoRoomError extends Error {
  override readonly name = 'NoRoomError';
}

/** Codes that pass by themselves. */
const PASSING = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'ratelimited',
  'team_added_to_org',
]);

export interface SlackApiOptions {
  send: SendCall;
  pacer: CallPacer;
  time: PacerTime;
}

export function createSlackApi({ send, pacer, time }: SlackApiOptions): SlackApi {
  async function call<T>(
    method: string,
    schema: z.ZodType<T>,
    body: Readonly<Record<string, unknown>>,
    options: CallOptions = {},
  ): Promise<T> {
    const { isPreview = false, signal } = options;
    let pauseMs: number = SLACK_LIMITS.retryPauseMs.first;
    for (let trial = 1; ; trial += 1) {
      if (!isPreview) await pacer.take(method, signal);
      else if (!pacer.tryTake(method)) throw new NoRoomError(`${method} has no room for a preview`);
      const result = await send(method, body);
      if (result.kind === 'ok') return schema.parse(result.body);
      if (result.kind === 'rate-limited') pacer.refuse(method, result.retryAfterMs);
      const isPassing = result.kind !== 'refused' || PASSING.has(result.code);
      if (!isPassing || isPreview || signal?.aborted || trial >= SLACK_LIMITS.callTries) {
        throw toError(method, result);
      }
      // The pacer itself waits for as long as Slack asked.
      if (result.kind !== 'rate-limited') await time.sleep(pauseMs, signal);
      pauseMs = Math.min(pauseMs * 2, SLACK_LIMITS.retryPauseMs.longest);
    }
  }
  return { call };
}

function toError(method: string, result: Exclude<CallResult, { kind: 'ok' }>): Error {
  switch (result.kind) {
    case 'refused':
      return new SlackApiError(method, result.code, result.details);
    case 'rate-limited':
      return new SlackApiError(method, 'ratelimited');
    case 'broken':
      return new Error(`Slack could not be reached for ${method}`, { cause: result.error });
  }
}
