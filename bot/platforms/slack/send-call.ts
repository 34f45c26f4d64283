/** One try of a Web API call by Slack's own client, with its retries off: pace and retries are decided in one place. */
import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebClient,
} from '@slack/web-api';
import * as z from 'zod';
import { SLACK_LIMITS } from './limits.ts';
import type { SlackLog } from './slack-log.ts';
import type { CallResult, SendCall } from './web-api.ts';

export interface SendCallOptions {
  /** Such as https://slack.com/api/ */
  apiUrl: string;
  token: string;
  log: SlackLog;
}

export function createSendCall({ apiUrl, token, log }: SendCallOptions): SendCall {
  const client = new WebClient(token, {
    slackApiUrl: apiUrl,
    allowAbsoluteUrls: false,
    rejectRateLimitedCalls: true,
    retryConfig: { retries: 0 },
    timeout: SLACK_LIMITS.callTimeoutMs,
    logger: log,
  });
  return async (method, call): Promise<CallResult> => {
    try {
      return { kind: 'ok', body: { ...(await client.apiCall(method, call)) } };
    } catch (error) {
      return toResult(error);
    }
  };
}

const refusalSchema = z.looseObject({
  error: z.string(),
  needed: z.string().optional(),
  response_metadata: z.looseObject({ messages: z.array(z.string()).optional() }).optional(),
});
const DETAILS_CHARACTERS_MAX = 500;

function toResult(error: unknown): CallResult {
  if (error instanceof WebAPIRateLimitedError) {
    return { kind: 'rate-limited', retryAfterMs: error.retryAfter * 1_000 };
  }
  if (error instanceof WebAPIPlatformError) {
    const { error: code, needed, response_metadata: metadata } = refusalSchema.parse(error.data);
    const details = [...(metadata?.messages ?? []), ...(needed === undefined ? [] : [needed])];
    return { kind: 'refused', code, details: details.join('; ').slice(0, DETAILS_CHARACTERS_MAX) };
  }
  if (error instanceof WebAPIHTTPError) {
    // Its headers and body are left out of the log.
    return { kind: 'broken', error: new Error(`Slack answered ${error.statusCode}`) };
  }
  return { kind: 'broken', error };
}
