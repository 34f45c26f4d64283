/** A Discord for one test: the real protocols on this machine, the real rules, and people who use it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../../bot/core/ports.ts';
import { VirtualClock } from '../virtual-clock.ts';
import { waitFor } from '../wait-for.ts';
import { BotRoutes } from './bot-routes.ts';
import { Faults } from './faults.ts';
import { Gateway } from './gateway.ts';
import { ApiError } from './api-error.ts';
import { InteractionRoutes } from './interaction-routes.ts';
import { HttpDelivery, SigningKey, type SendRequest } from './interactions-over-http.ts';
import { MessageBoard } from './message-board.ts';
import { MessageRules } from './message-rules.ts';
import { Person, type PersonOptions } from './person.ts';
import { RateLimiter } from './rate-limiter.ts';
import { startServer, type ServerParts } from './server.ts';
import { toPage, toText } from './transcript.ts';
import { Violations } from './violations.ts';
import {
  World,
  type DiscordGuild,
  type DiscordInteraction,
  type DiscordMessage,
  type Json,
} from './world.ts';

const BOT_TOKEN = 'test-bot-token-of-the-fake-discord';
const OUTPUT = join(import.meta.dirname, '../../output/discord');

export interface FakeDiscordOptions {
  clock?: VirtualClock;
  /** Another clock for the 3 seconds of a first answer. */
  patience?: Clock;
  /** Interactions go there as signed HTTP requests; without it they go through the gateway. */
  sendRequest?: SendRequest;
  heartbeatIntervalMs?: number;
}

export class FakeDiscord {
  readonly clock: VirtualClock;
  readonly world: World;
  readonly board: MessageBoard;
  readonly violations: Violations;
  readonly faults: Faults;
  readonly limiter: RateLimiter;
  readonly gateway: Gateway;
  readonly log: ServerParts['log'];
  readonly key: SigningKey;
  readonly botToken = BOT_TOKEN;
  readonly #http: HttpDelivery | undefined;
  readonly #server: Awaited<ReturnType<typeof startServer>>;
  #people = 0;

  private constructor(server: Awaited<ReturnType<typeof startServer>>, options: ServerOptions) {
    this.#server = server;
    const { parts } = server;
    this.clock = options.clock;
    this.world = parts.world;
    this.board = parts.board;
    this.violations = options.violations;
    this.faults = parts.faults;
    this.limiter = parts.limiter;
    this.log = parts.log;
    this.key = options.key;
    this.gateway = options.gateway();
    this.#http =
      options.sendRequest &&
      new HttpDelivery(options.key, options.sendRequest, {
        interactions: parts.interactions,
        violations: options.violations,
        nowMs: () => options.clock.nowMs(),
      });
  }

  static async start(options: FakeDiscordOptions = {}): Promise<FakeDiscord> {
    const clock = options.clock ?? new VirtualClock();
    const violations = new Violations();
    const key = new SigningKey();
    const world = new World(clock, options.patience ?? clock);
    const rules = new MessageRules(world, violations);
    let gateway: Gateway | undefined;
    const server = await startServer((origin) => {
      const board = new MessageBoard(world, rules, origin);
      const parts = { world, violations, rules, board };
      return {
        world,
        board,
        bot: new BotRoutes(parts),
        interactions: new InteractionRoutes(parts),
        limiter: new RateLimiter(clock, violations),
        faults: new Faults(),
        log: [],
        botToken: BOT_TOKEN,
        applicationFlags: 0,
        publicKey: key.publicKeyHex,
        describeGateway: () => gateway?.describe(origin()),
      };
    });
    gateway = new Gateway(server.server, {
      world,
      violations,
      botToken: BOT_TOKEN,
      heartbeatIntervalMs: options.heartbeatIntervalMs ?? 41_250,
    });
    gateway.resumeUrl = server.origin.replace('http', 'ws');
    const running = gateway;
    return new FakeDiscord(server, { ...options, clock, violations, key, gateway: () => running });
  }

  /** What goes into DISCORD_API_URL. */
  get apiUrl(): string {
    return `${this.#server.origin}/api`;
  }

  /** A person in a channel; without a server in a direct conversation with the bot. */
  person(options: Partial<PersonOptions> & { name?: string; guild?: DiscordGuild } = {}): Person {
    this.#people += 1;
    const user = options.user ?? this.world.addUser(options.name ?? `Person ${this.#people}`);
    const channel =
      options.channel ??
      (options.guild === undefined
        ? this.world.directChannel(user)
        : this.world.addChannel({ guild: options.guild }));
    const { permissions } = options;
    return new Person(this, { user, channel, ...(permissions !== undefined && { permissions }) });
  }

  /** Keeps the interaction and delivers it. */
  interact(payload: Json, person: Person, sourceMessage?: DiscordMessage): DiscordInteraction {
    const interaction: DiscordInteraction = {
      id: payload.id,
      token: payload.token,
      type: payload.type,
      user: person.user,
      channel: person.channel,
      createdAtMs: this.clock.nowMs(),
      deliveredAtMs: undefined,
      acknowledgedAfterMs: undefined,
      deliveries: 0,
      firstResponse: undefined,
      sourceMessage,
      original: undefined,
      followUps: 0,
      followUpMessages: [],
      choices: undefined,
      modal: undefined,
      payload,
    };
    this.world.interactions.set(interaction.id, interaction);
    if (!this.isHoldingBack) this.deliver(interaction);
    return interaction;
  }

  /** Interactions are kept and not delivered while set: a late delivery is made by hand. */
  isHoldingBack = false;

  /** Once more is a repeated delivery. */
  deliver(interaction: DiscordInteraction): void {
    interaction.deliveries += this.gateway.isDoubling ? 2 : 1;
    interaction.deliveredAtMs ??= this.world.patience.nowMs();
    if (this.#http === undefined) {
      this.gateway.dispatch('INTERACTION_CREATE', interaction.payload);
      return;
    }
    this.#http.deliver(interaction).catch((error: unknown) => {
      if (!(error instanceof ApiError)) this.violations.report('http', String(error));
    });
  }

  async probe(): Promise<void> {
    await this.#http?.probe();
  }

  /** The interaction's first response, however it looks; fails when none comes. */
  async answered(interaction: DiscordInteraction): Promise<DiscordInteraction> {
    return waitFor(
      `an answer to ${JSON.stringify(interaction.payload.data?.name ?? interaction.payload.data)}`,
      () => (interaction.firstResponse === undefined ? undefined : interaction),
    );
  }

  /** The message that answers the interaction, once it is no longer only thinking. */
  async messageOf(interaction: DiscordInteraction): Promise<DiscordMessage> {
    return waitFor('a message', () => {
      const { original, firstResponse } = interaction;
      const own = firstResponse === 'message' || firstResponse === 'deferred-message';
      return own && original !== undefined && !original.isLoading ? original : undefined;
    });
  }

  text(message: DiscordMessage): string {
    return toText(message);
  }

  /** Keeps how the messages look, as text with all their versions and as a page. */
  keep(name: string, entries: readonly [string, DiscordMessage][]): void {
    mkdirSync(OUTPUT, { recursive: true });
    const text = entries.map(([title, message]) => {
      const end = message.isDeleted ? ['(deleted)'] : [];
      return `## ${title}\n\n${[...message.versions, ...end].join('\n\n  ⇣ edited\n\n')}\n`;
    });
    writeFileSync(join(OUTPUT, `${name}.txt`), text.join('\n'));
    writeFileSync(join(OUTPUT, `${name}.html`), toPage(name, entries));
  }

  async stop(): Promise<void> {
    this.gateway.close();
    const { server } = this.#server;
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

interface ServerOptions extends FakeDiscordOptions {
  clock: VirtualClock;
  violations: Violations;
  key: SigningKey;
  gateway: () => Gateway;
}
