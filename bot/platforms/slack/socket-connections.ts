/**
 * Socket Mode on more than one connection, so that renewing one leaves no gap: Slack closes each every few hours. Bolt's
 * own reconnecting waits five seconds and gives up on some errors, so it is off and done here.
 * https://docs.slack.dev/apis/events-api/using-socket-mode
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { SocketModeReceiver, type App } from '@slack/bolt';
import type { Logger } from '../../core/ports.ts';
import { SLACK_LIMITS } from './limits.ts';
import type { SlackLog } from './slack-log.ts';

export interface SocketConnectionsOptions {
  appToken: string;
  apiUrl: string;
  log: SlackLog;
  logger: Logger;
}

/** A wrong token is no passing trouble: the operator must know at once. */
const UNUSABLE = /invalid_auth|not_authed|account_inactive|token_revoked|not_allowed_token_type/;
const PAUSE_MS = { first: 100, longest: 30_000 };

export class SocketConnections {
  readonly #options: SocketConnectionsOptions;
  readonly receivers: readonly SocketModeReceiver[];
  readonly #stopping = new AbortController();
  readonly #stopped = new Promise<void>((resolve) => {
    this.#stopping.signal.addEventListener('abort', () => resolve());
  });
  readonly #loops: Promise<void>[] = [];

  constructor(options: SocketConnectionsOptions) {
    this.#options = options;
    this.receivers = Array.from({ length: SLACK_LIMITS.connections }, () => {
      return new SocketModeReceiver({
        appToken: options.appToken,
        autoReconnectEnabled: false,
        logger: options.log,
        installerOptions: {
          clientOptions: {
            slackApiUrl: options.apiUrl,
            retryConfig: { retries: 0 },
            rejectRateLimitedCalls: true,
            timeout: SLACK_LIMITS.callTimeoutMs,
          },
        },
      });
    });
  }

  init(app: App): void {
    for (const receiver of this.receivers) receiver.init(app);
  }

  /** Resolves with the first connection. Throws an Error with a sentence when the token is of no use. */
  async start(): Promise<void> {
    const firsts = this.receivers.map((receiver) => {
      let tell: (error?: Error) => void = () => {};
      const first = new Promise<void>((resolve, reject) => {
        tell = (error) => (error === undefined ? resolve() : reject(error));
      });
      this.#loops.push(this.#keepOpen(receiver, tell));
      return first;
    });
    for (const first of firsts) first.catch(() => {});
    await Promise.any(firsts).catch((error: unknown) => {
      throw error instanceof AggregateError ? error.errors[0] : error;
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#loops);
  }

  async #keepOpen(receiver: SocketModeReceiver, tell: (error?: Error) => void): Promise<void> {
    const { client } = receiver;
    const { signal } = this.#stopping;
    let pauseMs = PAUSE_MS.first;
    while (!signal.aborted) {
      const closed = new Promise<void>((resolve) => client.once('disconnected', () => resolve()));
      try {
        await client.start();
        tell();
        pauseMs = PAUSE_MS.first;
        await Promise.race([closed, this.#stopped]);
        if (signal.aborted) await client.disconnect();
      } catch (error) {
        const text = error instanceof Error ? error.message : 'the connection was closed';
        if (UNUSABLE.test(text)) tell(toTokenError(text));
        this.#options.logger.warn({ reason: text }, 'a connection to Slack could not be opened');
        pauseMs = Math.min(pauseMs * 2, PAUSE_MS.longest);
      }
      await sleep(pauseMs, undefined, { signal }).catch(() => {});
    }
  }
}

function toTokenError(text: string): Error {
  const code = UNUSABLE.exec(text)?.[0] ?? text;
  return new Error(
    `Slack does not accept SLACK_APP_TOKEN (${code}); set it to the app-level token with the scope connections:write, which begins with xapp-.`,
  );
}
