/** Interactions as signed HTTP requests, for bots without a gateway connection. Knows no SDK and no server. */
import type { Logger } from '../../core/ports.ts';
import type { Handling, Respond } from './handle-interaction.ts';
import type { FirstResponse } from './respond.ts';
import { isSignedByDiscord, readPublicKey } from './verify.ts';

interface HttpAnswer {
  status: number;
  /** JSON; none for answers without a body. */
  body: FirstResponse | { error: string } | undefined;
}

export interface HttpInteractions {
  /** `headers` by names in lower case. `body` as it came. Never throws. */
  answer(request: {
    headers: { get(name: string): string | null | undefined };
    body: Uint8Array;
  }): Promise<HttpAnswer>;
}

export interface HttpInteractionsOptions {
  publicKeyHex: string;
  bodyBytesMax: number;
  logger: Logger;
  handle: (raw: unknown, respond: Respond) => Promise<Handling>;
}

/** Throws an Error with a sentence for a key that is none. */
export function createHttpInteractions(options: HttpInteractionsOptions): HttpInteractions {
  const publicKey = readPublicKey(options.publicKeyHex);
  return {
    async answer({ headers, body }) {
      if (body.byteLength > options.bodyBytesMax) return refuse(413, 'The body is too large.');
      const signature = headers.get('x-signature-ed25519') ?? undefined;
      const timestamp = headers.get('x-signature-timestamp') ?? undefined;
      if (!isSignedByDiscord({ signature, timestamp, body }, publicKey)) {
        return refuse(401, 'The signature is not from Discord.');
      }
      const raw = tryParse(body);
      return raw === undefined ? refuse(400, 'The body is no JSON.') : respondTo(raw, options);
    },
  };
}

/** Ends with the first answer; the rest of the work goes on behind it. */
function respondTo(raw: unknown, { handle, logger }: HttpInteractionsOptions): Promise<HttpAnswer> {
  return new Promise((resolve) => {
    const respond: Respond = (response) => {
      resolve({ status: 200, body: response });
      return Promise.resolve({});
    };
    handle(raw, respond)
      .then((handling) => {
        // A repetition is answered by its first delivery; nothing more is to be said.
        if (handling === 'repeated') resolve({ status: 202, body: undefined });
        else resolve(refuse(400, 'This interaction is not known here.'));
      })
      .catch((error: unknown) => {
        logger.error({ err: error }, 'an interaction over HTTP failed');
        resolve(refuse(500, 'Something went wrong here.'));
      });
  });
}

function tryParse(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return undefined;
  }
}

const refuse = (status: number, error: string): HttpAnswer => ({ status, body: { error } });
