/** Hands what people do to the app, times its acknowledgement, and delivers again as Slack does. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SlackWorkspace } from './workspace.ts';

export interface Envelope {
  kind: 'slash_commands' | 'interactive' | 'events_api';
  payload: Record<string, unknown>;
  retryAttempt?: number;
}

export type Acknowledgement =
  | { kind: 'acknowledged'; payload: unknown }
  | { kind: 'refused'; status: number; text: string }
  /** The connection ended, or there was none. */
  | { kind: 'lost' };

export interface Transport {
  send(envelope: Envelope): Promise<Acknowledgement>;
}

const ACKNOWLEDGE_WITHIN_MS = 3_000;
/** How long a person's click waits for a connection to come back before Slack shows its error. */
const PATIENCE_MS = 20_000;

export class Deliveries {
  readonly #workspace: SlackWorkspace;
  transport: Transport;
  /** In real milliseconds, one a delivery. */
  readonly acknowledgedAfterMs: number[] = [];
  /** Everything is delivered this many times. */
  copies = 1;

  /** Measures how long the app takes; a fair one leaves out what other programs take. */
  readonly #patience: { nowMs(): number };

  constructor(workspace: SlackWorkspace, transport: Transport, patience?: { nowMs(): number }) {
    this.#workspace = workspace;
    this.#patience = patience ?? { nowMs: () => performance.now() };
    this.transport = transport;
  }

  /** The app's answer to the first copy. Throws when nobody took it: the person would see an error. */
  async deliver(envelope: Envelope): Promise<unknown> {
    const answers = Array.from({ length: this.copies }, () => this.#deliverOnce(envelope));
    const [first] = await Promise.all(answers);
    return first;
  }

  async #deliverOnce(envelope: Envelope): Promise<unknown> {
    const giveUpAtMs = performance.now() + PATIENCE_MS;
    for (let attempt = 0; performance.now() < giveUpAtMs; attempt += 1) {
      const startMs = this.#patience.nowMs();
      const retry = attempt === 0 ? {} : { retryAttempt: attempt };
      const answer = await this.transport.send({ ...envelope, ...retry });
      const tookMs = this.#patience.nowMs() - startMs;
      if (answer.kind === 'refused') {
        throw new Error(`the app answered ${answer.status}: ${answer.text}`);
      }
      if (answer.kind === 'acknowledged') {
        this.acknowledgedAfterMs.push(tookMs);
        if (tookMs > ACKNOWLEDGE_WITHIN_MS) {
          this.#workspace.violate(`acknowledged only after ${Math.round(tookMs)} ms`);
        }
        return answer.payload;
      }
      await sleep(50);
    }
    throw new Error('operation_timeout: the app could not be reached');
  }
}
