/**
 * Slack's side of HTTP delivery: forms for commands and interactivity, JSON for events, each with a signature.
 * https://docs.slack.dev/authentication/verifying-requests-from-slack
 */
import { createHmac } from 'node:crypto';
import type { Acknowledgement, Envelope, Transport } from './deliveries.ts';
import { SIGNING_SECRET, type SlackWorkspace } from './workspace.ts';

export interface SignedRequest {
  body: string;
  headers: Record<string, string>;
}

export interface SigningOptions {
  secret?: string;
  /** The request's own time, in seconds. */
  timestampS?: number;
}

export class SignedHttp implements Transport {
  readonly #workspace: SlackWorkspace;
  readonly #url: string;

  constructor(workspace: SlackWorkspace, url: string) {
    this.#workspace = workspace;
    this.#url = url;
  }

  async send(envelope: Envelope): Promise<Acknowledgement> {
    const { body, headers } = this.sign(envelope);
    try {
      const response = await fetch(this.#url, { method: 'POST', body, headers });
      const text = await response.text();
      if (!response.ok) return { kind: 'refused', status: response.status, text };
      return { kind: 'acknowledged', payload: readPayload(text) };
    } catch {
      return { kind: 'lost' };
    }
  }

  sign(envelope: Envelope, options: SigningOptions = {}): SignedRequest {
    const isEvent = envelope.kind === 'events_api';
    const body = isEvent ? JSON.stringify(envelope.payload) : toForm(envelope);
    const timestampS = options.timestampS ?? Math.floor(this.#workspace.clock.nowMs() / 1_000);
    const signature = createHmac('sha256', options.secret ?? SIGNING_SECRET)
      .update(`v0:${timestampS}:${body}`)
      .digest('hex');
    return {
      body,
      headers: {
        'content-type': isEvent ? 'application/json' : 'application/x-www-form-urlencoded',
        'x-slack-request-timestamp': String(timestampS),
        'x-slack-signature': `v0=${signature}`,
        ...(envelope.retryAttempt !== undefined && {
          'x-slack-retry-num': String(envelope.retryAttempt),
          'x-slack-retry-reason': 'http_timeout',
        }),
      },
    };
  }
}

function toForm({ kind, payload }: Envelope): string {
  if (kind === 'interactive') {
    return new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  }
  const fields = Object.entries(payload).map(([name, value]) => [name, String(value)]);
  return new URLSearchParams(fields as [string, string][]).toString();
}

/** An empty body is a plain acknowledgement, a text the answer to a command. */
function readPayload(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return { text };
  }
}
