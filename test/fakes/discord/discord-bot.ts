/** A bot on the fake Discord: the real core, the real discord.js, by gateway or by signed HTTP. */
import type {
  Clock,
  Backend,
  ChatPlatform,
  ImageStore,
  JobStore,
  SettingsStore,
} from '../../../bot/core/ports.ts';
import { createImagineService } from '../../../bot/core/imagine-service.ts';
import type { ImagineService } from '../../../bot/core/service.ts';
import { DEFAULT_POLICY, type ServicePolicy } from '../../../bot/core/service-policy.ts';
import { createPictureEncoder } from '../../../bot/encode-pictures.ts';
import { createDiscordPlatform } from '../../../bot/platforms/discord/adapter.ts';
import { connectGateway, type GatewayConnection } from '../../../bot/platforms/discord/gateway.ts';
import type { HttpInteractions } from '../../../bot/platforms/discord/http-interactions.ts';
import { createDiscordRest } from '../../../bot/platforms/discord/rest.ts';
import { createMemoryImageStore } from '../../../bot/stores/memory-image-store.ts';
import { createMemoryJobStore } from '../../../bot/stores/memory-job-store.ts';
import { createMemorySettingsStore } from '../../../bot/stores/memory-settings-store.ts';
import { FakeBackend } from '../fake-backend.ts';
import { createSilentLogger } from '../silent-logger.ts';
import { FakeDiscord, type FakeDiscordOptions } from './fake-discord.ts';

export interface DiscordBotOptions {
  backend?: Backend;
  transport?: 'gateway' | 'http';
  policy?: Partial<ServicePolicy>;
  /** The bot's own clock, when it goes wrong. */
  clock?: Clock;
  toLink?: (jobId: string, index: number) => string;
  /** Chats that the same bot takes part in. */
  others?: readonly OtherChat[];
  /** In memory unless given. */
  stores?: BotStores;
}

interface OtherChat {
  platform: ChatPlatform;
  start(service: ImagineService): Promise<unknown>;
  stop(): Promise<void>;
}

export interface BotStores {
  jobStore: JobStore;
  imageStore: ImageStore;
  settingsStore: SettingsStore;
}

/** One process of the bot; a second one with the same stores is a restart. */
class DiscordBot {
  readonly service: ImagineService;
  readonly logger = createSilentLogger();
  readonly stores: BotStores;
  readonly #discord: FakeDiscord;
  readonly #options: DiscordBotOptions;
  readonly #adapter: ReturnType<typeof createDiscordPlatform>;
  #gateway: GatewayConnection | undefined;
  http: HttpInteractions | undefined;

  constructor(discord: FakeDiscord, options: DiscordBotOptions, stores?: BotStores) {
    const clock = options.clock ?? discord.clock;
    this.#discord = discord;
    this.#options = options;
    this.stores = stores ??
      options.stores ?? {
        jobStore: createMemoryJobStore(),
        imageStore: createMemoryImageStore(),
        settingsStore: createMemorySettingsStore(clock),
      };
    const { apiUrl, botToken: token } = discord;
    this.#adapter = createDiscordPlatform({
      api: createDiscordRest({ token, apiUrl }),
      apiUrl,
      encoder: createPictureEncoder(),
      clock,
      logger: this.logger,
      toLink: options.toLink,
    });
    this.service = createImagineService({
      backend: options.backend ?? new FakeBackend(),
      ...this.stores,
      platforms: [
        this.#adapter.platform,
        ...(options.others ?? []).map(({ platform }) => platform),
      ],
      clock,
      random: () => 7,
      logger: this.logger,
      policy: {
        retryPauseMs: { first: 20, longest: 200 },
        quota: { ...DEFAULT_POLICY.quota, jobsPerMinute: 1_000 },
        ...options.policy,
      },
    });
  }

  async start(): Promise<void> {
    const { apiUrl, botToken: token, world } = this.#discord;
    await this.#adapter.start(this.service, world.application.id);
    for (const other of this.#options.others ?? []) await other.start(this.service);
    await this.service.start();
    if (this.#options.transport === 'http') {
      this.http = this.#adapter.createHttp(this.#discord.key.publicKeyHex);
      return;
    }
    this.#gateway = await connectGateway({
      token,
      apiUrl,
      logger: this.logger,
      onInteraction: (raw) => void this.#adapter.receive(raw),
    });
  }

  async stop(): Promise<void> {
    await this.#gateway?.close();
    for (const other of this.#options.others ?? []) await other.stop();
    await this.service.stop();
  }
}

export interface DiscordScene {
  discord: FakeDiscord;
  bot: DiscordBot;
  /** Another process with the same stores, once the first has ended. */
  restart(options?: DiscordBotOptions): Promise<DiscordBot>;
  stop(): Promise<void>;
}

export async function startScene(
  options: DiscordBotOptions & { discord?: FakeDiscordOptions } = {},
): Promise<DiscordScene> {
  const isHttp = options.transport === 'http';
  let current: DiscordBot | undefined;
  const discord = await FakeDiscord.start({
    ...options.discord,
    ...(isHttp && {
      sendRequest: async (body, headers) => {
        const request = { headers: new Headers(headers), body: Buffer.from(body) };
        const answer = await current?.http?.answer(request);
        return { status: answer?.status ?? 503, text: JSON.stringify(answer?.body) };
      },
    }),
  });
  const start = async (given: DiscordBotOptions, stores?: BotStores): Promise<DiscordBot> => {
    const bot = new DiscordBot(discord, given, stores);
    current = bot;
    await bot.start();
    return bot;
  };
  const scene: DiscordScene = {
    discord,
    bot: await start(options),
    async restart(changes = {}) {
      await scene.bot.stop();
      discord.gateway.forgetIdentifies();
      scene.bot = await start({ ...options, ...changes }, scene.bot.stores);
      return scene.bot;
    },
    async stop() {
      await scene.bot.stop();
      await discord.stop();
    },
  };
  return scene;
}
