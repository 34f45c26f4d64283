/** HTTP delivery for Bolt: only what Slack has signed gets in. https://docs.slack.dev/apis/events-api */
import type { App, Receiver } from '@slack/bolt';
import { SLACK_LIMITS } from './limits.ts';
import { parseDelivery, readRequestBody } from './parse.ts';
import { findRefusal } from './verify.ts';

/** The one address that Slack is told: commands, interactivity and events all come here. */
export const EVENTS_PATH = '/slack/events';

export interface SignedReceiverOptions {
  signingSecret: string;
  nowMs: () => number;
}

export class SignedReceiver implements Receiver {
  readonly #options: SignedReceiverOptions;
  #app: App | undefined;

  constructor(options: SignedReceiverOptions) {
    this.#options = options;
  }

  init(app: App): void {
    this.#app = app;
  }

  /** The bot's own server listens; here is only what it answers. */
  start(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  /** Answers one request to the address. */
  async answer(request: Request): Promise<Response> {
    const body = await readText(request);
    if (body === undefined) return new Response('The request is too large.', { status: 413 });
    const { signingSecret, nowMs } = this.#options;
    const { headers } = request;
    const signed = {
      signature: headers.get('x-slack-signature') ?? undefined,
      timestamp: headers.get('x-slack-request-timestamp') ?? undefined,
      body,
    };
    const refusal = findRefusal(signed, { signingSecret, nowMs: nowMs() });
    if (refusal !== undefined) return new Response(refusal, { status: 401 });
    const payload = readRequestBody(body);
    const delivery = parseDelivery(payload, nowMs());
    if (delivery.kind === 'challenge') return Response.json({ challenge: delivery.challenge });
    if (typeof payload !== 'object' || payload === null) {
      return new Response('The body is not what Slack sends.', { status: 400 });
    }
    return this.#deliver(payload, headers.get('x-slack-retry-num'));
  }

  /** Answers as soon as the delivery is acknowledged; the work may go on. */
  #deliver(payload: object, retryNumber: string | null): Promise<Response> {
    const app = this.#app;
    // Slack delivers again what was not taken.
    if (app === undefined) return Promise.resolve(new Response(null, { status: 503 }));
    return new Promise((resolve) => {
      const processed = app.processEvent({
        body: { ...payload },
        ack: (answer?: unknown) => {
          resolve(toResponse(answer));
          return Promise.resolve();
        },
        ...(retryNumber !== null && { retryNum: Number(retryNumber) }),
      });
      processed.then(
        () => resolve(toResponse(undefined)),
        () => resolve(new Response(null, { status: 500 })),
      );
    });
  }
}

/** Nothing is a plain acknowledgement. */
function toResponse(answer: unknown): Response {
  if (answer === undefined || answer === '') return new Response(null, { status: 200 });
  return Response.json(answer);
}

async function readText({ body }: Request): Promise<string | undefined> {
  if (body === null) return '';
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body) {
    bytes += part.byteLength;
    // Read to its end all the same, so that the answer arrives.
    if (bytes <= SLACK_LIMITS.requestBytes) parts.push(part);
  }
  if (bytes > SLACK_LIMITS.requestBytes) return undefined;
  return Buffer.concat(parts).toString('utf8');
}
