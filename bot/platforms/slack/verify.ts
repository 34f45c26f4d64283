/**
 * Whether a request is Slack's own: the v0 signature over time and body, and a time that is not old.
 * https://docs.slack.dev/authentication/verifying-requests-from-slack
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { SLACK_LIMITS } from './limits.ts';

export interface SignedRequest {
  /** The header x-slack-signature. */
  signature: string | undefined;
  /** The header x-slack-request-timestamp, in seconds. */
  timestamp: string | undefined;
  /** Exactly as it came. */
  body: string;
}

/** Why the request is refused, in one sentence; undefined when it is Slack's and fresh. */
export function findRefusal(
  { signature, timestamp, body }: SignedRequest,
  { signingSecret, nowMs }: { signingSecret: string; nowMs: number },
): string | undefined {
  if (signature === undefined || timestamp === undefined || !/^\d{1,12}$/.test(timestamp)) {
    return 'The request is not signed as Slack signs its requests.';
  }
  if (Math.abs(nowMs - Number(timestamp) * 1_000) > SLACK_LIMITS.signatureAgeMs) {
    return "The request is more than five minutes old, or this machine's clock is wrong.";
  }
  const digest = createHmac('sha256', signingSecret)
    .update(`v0:${timestamp}:${body}`)
    .digest('hex');
  const [expected, given] = [Buffer.from(`v0=${digest}`), Buffer.from(signature)];
  // The lengths are no secret; timingSafeEqual needs them equal.
  const isEqual = expected.length === given.length && timingSafeEqual(expected, given);
  return isEqual
    ? undefined
    : 'The signature is wrong; set SLACK_SIGNING_SECRET to the one of the app.';
}
