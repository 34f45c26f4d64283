/** The whole core with everything around it replaced by parts that a test can look into. */
import type { Card } from '../../bot/core/card.ts';
import { createImagineService } from '../../bot/core/imagine-service.ts';
import type { ImageStore, JobStore, Place, SettingsStore, User } from '../../bot/core/ports.ts';
import type { ImagineService, Outcome } from '../../bot/core/service.ts';
import { DEFAULT_POLICY, type ServicePolicy } from '../../bot/core/service-policy.ts';
import type { Quota } from '../../bot/core/settings.ts';
import { createMemoryImageStore } from '../../bot/stores/memory-image-store.ts';
import { createMemoryJobStore } from '../../bot/stores/memory-job-store.ts';
import { createMemorySettingsStore } from '../../bot/stores/memory-settings-store.ts';
import { FakeBackend } from './fake-backend.ts';
import { FakePlatform } from './fake-platform.ts';
import { createSilentLogger } from './silent-logger.ts';
import { waitFor } from './wait-for.ts';

const CLOCK = { nowMs: () => Date.now() };

/** The usual quota with these numbers in it. */
export const quota = (changes: Partial<Quota>): Quota => ({ ...DEFAULT_POLICY.quota, ...changes });

export const ADA: User = { id: 'ada', name: 'Ada' };
export const BOB: User = { id: 'bob', name: 'Bob' };

export interface TestBotOptions {
  backend?: FakeBackend;
  platform?: FakePlatform;
  jobStore?: JobStore;
  imageStore?: ImageStore;
  settingsStore?: SettingsStore;
  policy?: Partial<ServicePolicy>;
}

export type JobOutcome = Extract<Outcome, { kind: 'job' }>;

export class TestBot {
  readonly backend: FakeBackend;
  readonly platform: FakePlatform;
  readonly jobStore: JobStore;
  readonly imageStore: ImageStore;
  readonly settingsStore: SettingsStore;
  readonly logger = createSilentLogger();
  readonly service: ImagineService;
  /** The next random numbers are counted up from here. */
  nextRandom = 1_000;
  #deliveries = 0;

  constructor(options: TestBotOptions = {}) {
    this.backend = options.backend ?? new FakeBackend();
    this.platform = options.platform ?? new FakePlatform();
    this.jobStore = options.jobStore ?? createMemoryJobStore();
    this.imageStore = options.imageStore ?? createMemoryImageStore();
    this.settingsStore = options.settingsStore ?? createMemorySettingsStore(CLOCK);
    this.service = createImagineService({
      backend: this.backend,
      platforms: [this.platform],
      jobStore: this.jobStore,
      imageStore: this.imageStore,
      settingsStore: this.settingsStore,
      logger: this.logger,
      clock: CLOCK,
      random: () => {
        this.nextRandom += 1;
        return this.nextRandom - 1;
      },
      policy: { retryPauseMs: { first: 2, longest: 10 }, ...options.policy },
    });
  }

  get place(): Place {
    return { platform: this.platform.name, channelId: 'general', isAgeRestricted: true };
  }

  imagine(text: string, options: { user?: User; deliveryId?: string } = {}): Promise<Outcome> {
    this.#deliveries += 1;
    const { user = ADA, deliveryId = `message-${this.#deliveries}` } = options;
    return this.service.imagine({ text, user, place: this.place, deliveryId });
  }

  press(actionId: string, options: { user?: User; deliveryId?: string } = {}): Promise<Outcome> {
    this.#deliveries += 1;
    const { user = ADA, deliveryId = `press-${this.#deliveries}` } = options;
    return this.service.act({ actionId, user, place: this.place, deliveryId });
  }

  /** Asks for a picture that must be accepted. */
  async start(text: string): Promise<JobOutcome> {
    return expectJob(await this.imagine(text));
  }

  /** The final card of the job, when it is in the channel and in the store. */
  async finalCard(outcome: Outcome): Promise<Card> {
    const { id } = expectJob(outcome).record;
    return waitFor(`the final card of ${id}`, async () => {
      const card = this.platform.latest(id);
      const record = await this.jobStore.get(id);
      return card?.isFinal && record?.answeredAtMs !== undefined ? card : undefined;
    });
  }

  /** Presses the button with this label on the card. */
  button(card: Card, label: string): string {
    const button = card.buttons.flat().find((candidate) => candidate.label === label);
    if (button === undefined) throw new Error(`the card has no button ${label}`);
    return button.actionId;
  }
}

export function expectJob(outcome: Outcome): JobOutcome {
  if (outcome.kind !== 'job') throw new Error(`not a job: ${JSON.stringify(outcome)}`);
  return outcome;
}
