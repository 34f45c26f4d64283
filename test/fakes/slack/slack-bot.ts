/** The whole bot in Slack: real core, real adapter with Bolt, stores in memory, against a FakeSlack. */
import { inspect } from 'node:util';
import { createImagineService } from '../../../bot/core/imagine-service.ts';
import type { PictureEncoder } from '../../../bot/core/picture-encoder.ts';
import type { Backend, ImageStore, JobStore, SettingsStore } from '../../../bot/core/ports.ts';
import type { ImagineService } from '../../../bot/core/service.ts';
import { DEFAULT_POLICY, type ServicePolicy } from '../../../bot/core/service-policy.ts';
import { createSlackPlatform, type SlackEntrance } from '../../../bot/platforms/slack/adapter.ts';
import { createMemoryImageStore } from '../../../bot/stores/memory-image-store.ts';
import { createMemoryJobStore } from '../../../bot/stores/memory-job-store.ts';
import { createMemorySettingsStore } from '../../../bot/stores/memory-settings-store.ts';
import { FakeBackend } from '../fake-backend.ts';
import { toPng } from '../png-writer.ts';
import type { FakeSlack } from './fake-slack.ts';
import { APP_TOKEN, BOT_TOKEN } from './workspace.ts';

/** Pictures that Slack can show: one colour each. */
export class PictureBackend extends FakeBackend {
  override async image(jobId: string, index: number): Promise<Uint8Array> {
    const bytes = await super.image(jobId, index);
    return toColour(bytes[0] ?? 0, 128);
  }
}

export function toColour(value: number, sidePx: number): Uint8Array {
  const rgb = new Uint8Array(sidePx * sidePx * 3).fill(value);
  return toPng({ widthPx: sidePx, heightPx: sidePx, rgb });
}

/** Stands in where the backend's previews are no pictures. */
export const COLOURS: PictureEncoder = {
  enlargePreview: () => Promise.resolve({ bytes: toColour(99, 32), mediaType: 'image/png' }),
  shrinkPicture: () => Promise.resolve(undefined),
};

interface Stores {
  jobStore: JobStore;
  imageStore: ImageStore;
  settingsStore: SettingsStore;
}

function createMemoryStores(slack: FakeSlack): Stores {
  return {
    jobStore: createMemoryJobStore(),
    imageStore: createMemoryImageStore(),
    settingsStore: createMemorySettingsStore(slack.clock),
  };
}

export interface SlackBotOptions {
  encoder?: PictureEncoder;
  backend?: Backend;
  stores?: Stores;
  entrance?: SlackEntrance;
  policy?: Partial<ServicePolicy>;
}

export interface SlackBot {
  service: ImagineService;
  stores: Stores;
  backend: Backend;
  /** What the bot wrote to its log, as text. */
  logLines: string[];
  /** What it tells the operator. */
  line: string;
  /** Answers signed requests, where it takes them. */
  answer: ((request: Request) => Promise<Response>) | undefined;
  stop(): Promise<void>;
}

export async function startSlackBot(
  slack: FakeSlack,
  options: SlackBotOptions = {},
): Promise<SlackBot> {
  const stores = options.stores ?? createMemoryStores(slack);
  const backend = options.backend ?? new PictureBackend({ stepMs: 5 });
  const logLines: string[] = [];
  const note = (fields: Record<string, unknown>, message: string): void => {
    const error = fields['err'] instanceof Error ? inspect(fields['err']) : '';
    logLines.push(`${message} ${JSON.stringify(fields)} ${error}`);
  };
  const logger = { info: note, warn: note, error: note };
  const chat = createSlackPlatform({
    botToken: BOT_TOKEN,
    entrance: options.entrance ?? { kind: 'socket', appToken: APP_TOKEN },
    apiUrl: slack.apiUrl,
    time: slack.clock,
    encoder: options.encoder ?? COLOURS,
    logger,
  });
  let random = 1_000;
  const service = createImagineService({
    ...stores,
    backend,
    platforms: [chat.platform],
    logger,
    clock: slack.clock,
    random: () => (random += 1),
    policy: {
      retryPauseMs: { first: 2, longest: 10 },
      quota: {
        ...DEFAULT_POLICY.quota,
        openJobs: 1_000,
        jobsPerMinute: 10_000,
        jobsPerDay: 10_000,
      },
      ...options.policy,
    },
  });
  const line = await chat.start(service);
  await service.start();
  return {
    service,
    stores,
    backend,
    logLines,
    line,
    answer: chat.answer,
    async stop() {
      await chat.stop();
      await service.stop();
    },
  };
}
