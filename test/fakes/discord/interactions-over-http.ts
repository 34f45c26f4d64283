/** Interactions as signed HTTP requests to the bot's own endpoint, with the probes that Discord makes. */
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { InteractionRoutes } from './interaction-routes.ts';
import type { Violations } from './violations.ts';
import type { DiscordInteraction, Json } from './world.ts';

/** The last 32 bytes of a DER-encoded Ed25519 key are the key itself. */
const RAW_KEY_BYTES = 32;

export class SigningKey {
  readonly #privateKey: KeyObject;
  readonly publicKeyHex: string;

  constructor() {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    this.#privateKey = privateKey;
    const der = publicKey.export({ format: 'der', type: 'spki' });
    this.publicKeyHex = der.subarray(-RAW_KEY_BYTES).toString('hex');
  }

  headers(body: string, nowMs: number): Record<string, string> {
    const timestamp = String(Math.trunc(nowMs / 1_000));
    const signature = sign(null, Buffer.from(timestamp + body), this.#privateKey);
    return {
      'content-type': 'application/json',
      'x-signature-ed25519': signature.toString('hex'),
      'x-signature-timestamp': timestamp,
    };
  }
}

export type SendRequest = (
  body: string,
  headers: Record<string, string>,
) => Promise<{ status: number; text: string }>;

export class HttpDelivery {
  readonly #key: SigningKey;
  readonly #send: SendRequest;
  readonly #parts: {
    interactions: InteractionRoutes;
    violations: Violations;
    nowMs: () => number;
  };

  constructor(
    key: SigningKey,
    send: SendRequest,
    parts: { interactions: InteractionRoutes; violations: Violations; nowMs: () => number },
  ) {
    this.#key = key;
    this.#send = send;
    this.#parts = parts;
  }

  /** As when a person saves the address in the developer portal: a ping, and one with a wrong signature. */
  async probe(): Promise<void> {
    const body = JSON.stringify({
      id: '1',
      application_id: '1',
      type: 1,
      token: 'ping',
      version: 1,
    });
    const { violations, nowMs } = this.#parts;
    const good = await this.#send(body, this.#key.headers(body, nowMs()));
    if (good.status !== 200 || JSON.parse(good.text).type !== 1) {
      violations.report('signature', 'the ping was not answered with a pong');
    }
    const wrong = this.#key.headers(`${body} `, nowMs());
    const bad = await this.#send(body, wrong);
    if (bad.status !== 401) {
      violations.report('signature', `a wrong signature was answered with ${bad.status}, not 401`);
    }
    const none = await this.#send(body, { 'content-type': 'application/json' });
    if (none.status !== 401) {
      violations.report('signature', `no signature was answered with ${none.status}, not 401`);
    }
  }

  async deliver(interaction: DiscordInteraction): Promise<void> {
    const body = JSON.stringify(interaction.payload);
    const answer = await this.#send(body, this.#key.headers(body, this.#parts.nowMs()));
    if (answer.status === 202) return;
    if (answer.status !== 200) {
      this.#parts.violations.report('http', `an interaction was answered with ${answer.status}`);
      return;
    }
    const json: Json = JSON.parse(answer.text);
    this.#parts.interactions.respond(interaction, { json, uploads: [] });
  }
}
