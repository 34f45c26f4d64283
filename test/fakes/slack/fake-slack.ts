/**
 * Slack on loopback, rules included: what the real Slack would refuse, this one refuses, and what an app must not do
 * is written down in `workspace.violations`.
 */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { VirtualClock } from '../virtual-clock.ts';
import { createChatMethods } from './chat-methods.ts';
import { Deliveries } from './deliveries.ts';
import { createFileMethods } from './file-methods.ts';
import { RateLimits } from './rate-limits.ts';
import { listenOnLoopback } from './server.ts';
import { SignedHttp } from './signed-http.ts';
import { SlackPerson } from './person.ts';
import { SocketMode } from './socket-mode.ts';
import { Triggers } from './triggers.ts';
import { createViewMethods } from './view-methods.ts';
import { WebApi } from './web-api.ts';
import { SlackWorkspace } from './workspace.ts';

export interface FakeSlackOptions {
  clock?: VirtualClock;
  /** By what the app's acknowledgements are timed. */
  patience?: { nowMs(): number };
  /** How long an uploaded picture cannot be shown yet. */
  processingMs?: number;
}

export class FakeSlack {
  readonly clock: VirtualClock;
  readonly workspace: SlackWorkspace;
  readonly triggers: Triggers;
  readonly socketMode: SocketMode;
  readonly webApi: WebApi;
  readonly deliveries: Deliveries;
  readonly #server: Server;
  readonly #served: Server[] = [];
  readonly url: string;

  private constructor(
    parts: Pick<FakeSlack, 'clock' | 'workspace' | 'triggers' | 'socketMode' | 'webApi'>,
    listening: { server: Server; url: string },
    patience: { nowMs(): number } | undefined,
  ) {
    this.clock = parts.clock;
    this.workspace = parts.workspace;
    this.triggers = parts.triggers;
    this.socketMode = parts.socketMode;
    this.webApi = parts.webApi;
    this.#server = listening.server;
    this.url = listening.url;
    this.deliveries = new Deliveries(this.workspace, this.socketMode, patience);
  }

  static async start(options: FakeSlackOptions = {}): Promise<FakeSlack> {
    const clock = options.clock ?? new VirtualClock();
    const workspace = new SlackWorkspace(clock);
    const triggers = new Triggers(workspace);
    const socketMode = new SocketMode(workspace);
    let url = '';
    const webApi = new WebApi(
      workspace,
      {
        ...createChatMethods(workspace),
        ...createFileMethods(workspace, {
          uploadUrl: (id) => `${url}/upload/${id}`,
          downloadUrl: (id) => `${url}/files/${id}`,
          processingMs: () => options.processingMs ?? 200,
        }),
        ...createViewMethods(workspace, triggers),
        'apps.connections.open': () => ({
          url: `${url.replace('http', 'ws')}/link?ticket=${socketMode.makeTicket()}`,
        }),
      },
      new RateLimits(clock),
    );
    const listening = await listenOnLoopback({ workspace, webApi, triggers, socketMode });
    ({ url } = listening);
    triggers.baseUrl = url;
    return new FakeSlack(
      { clock, workspace, triggers, socketMode, webApi },
      listening,
      options.patience,
    );
  }

  /** What SLACK_API_URL is set to. */
  get apiUrl(): string {
    return `${this.url}/api/`;
  }

  /** From now on everything is delivered by signed HTTP to this address. */
  deliverTo(url: string): SignedHttp {
    const http = new SignedHttp(this.workspace, url);
    this.deliveries.transport = http;
    return http;
  }

  /** Serves the app's own answers on this machine; the address that Slack would be told. */
  async serve(answer: (request: Request) => Promise<Response>): Promise<string> {
    const server = createAdaptorServer({ fetch: answer }) as Server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.#served.push(server);
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/slack/events`;
  }

  /** A person of the workspace, who can do what people do. */
  person(id: string, name: string, options: { isAdmin?: boolean } = {}): SlackPerson {
    const user = this.workspace.addUser(id, name, options.isAdmin);
    return new SlackPerson(user, this);
  }

  /** A channel; the bot is a member unless it is said otherwise. */
  channel(
    id: string,
    people: readonly SlackPerson[],
    options: { isBotIn?: boolean; kind?: 'public' | 'private' } = {},
  ): string {
    const members = people.map(({ user }) => user.id);
    if (options.isBotIn !== false) members.push(this.workspace.botUserId);
    return this.workspace.addChannel(id, options.kind ?? 'public', members).id;
  }

  /** Throws when the app broke a rule of the platform. */
  checkRules(): void {
    const { violations } = this.workspace;
    if (violations.length > 0)
      throw new Error(`Slack's rules were broken: ${violations.join('\n')}`);
  }

  async stop(): Promise<void> {
    this.socketMode.close();
    for (const server of [this.#server, ...this.#served]) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }
}
