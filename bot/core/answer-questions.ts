/** What people ask without drawing anything: the queue, their pictures, settings, rules, how the bot is doing. */
import type { JobAcceptor } from './accept-job.ts';
import { checkModels } from './check-models.ts';
import { describeInfo } from './describe-info.ts';
import type { Averages } from './estimate.ts';
import type { JobTracker } from './job-tracker.ts';
import type { ModelCatalogue } from './model-catalogue.ts';
import type { Backend, Clock, JobRecord, JobStore, Logger } from './ports.ts';
import type {
  Asker,
  CommandMessage,
  GalleryPage,
  GalleryQuery,
  JobEntry,
  Notice,
  QueueView,
} from './service.ts';
import type { SettingsDesk } from './settings-desk.ts';
import type { UserSettings } from './settings.ts';
import type { UsageBook } from './usage-book.ts';

const PAGE_MAX = 100;
const PRIVATE_FLAG = /(?:^|\s)[-–—―‒−]+private\b/i;

export interface QuestionOptions {
  backend: Backend;
  jobStore: JobStore;
  clock: Clock;
  logger: Logger;
  tracker: JobTracker;
  acceptor: JobAcceptor;
  desk: SettingsDesk;
  usage: UsageBook;
  catalogue: ModelCatalogue;
  averages: Averages;
  present: (record: JobRecord) => JobEntry;
}

export class QuestionDesk {
  readonly #options: QuestionOptions;
  readonly #startedAtMs: number;

  constructor(options: QuestionOptions) {
    this.#options = options;
    this.#startedAtMs = options.clock.nowMs();
  }

  async wantsPrivate(message: Pick<CommandMessage, 'text' | 'user' | 'place'>): Promise<boolean> {
    const { desk, logger } = this.#options;
    try {
      return PRIVATE_FLAG.test(message.text) || ((await desk.user(message)).isPrivate ?? false);
    } catch (error) {
      logger.warn({ err: error }, 'settings could not be read');
      return false;
    }
  }

  async gallery({ user, place, cursor, limit }: GalleryQuery): Promise<GalleryPage> {
    const { jobStore, present } = this.#options;
    const { records, nextCursor } = await jobStore.listByUser({
      platform: place.platform,
      userId: user.id,
      cursor,
      limit: Math.min(limit, PAGE_MAX),
      isSucceeded: true,
    });
    return { entries: records.map(present), nextCursor };
  }

  async queue({ user, place }: Asker): Promise<QueueView> {
    const { tracker, usage, jobStore, acceptor, desk, present } = this.#options;
    const key = { platform: place.platform, userId: user.id };
    const open = tracker.open();
    const own = open.filter(
      (record) => record.user.id === user.id && record.place.platform === place.platform,
    );
    const recent = await usage.read(key);
    return {
      own: own.map(present),
      openJobs: open.length,
      people: new Set(open.map((record) => `${record.place.platform} ${record.user.id}`)).size,
      used: {
        openJobs: await jobStore.countOpenByUser(key),
        jobsPerMinute: recent.acceptedAtMs.length,
        jobsPerDay: recent.jobsToday,
      },
      quota: acceptor.quotaOf(user, await desk.space(place)),
    };
  }

  /** Throws CommandError for models and styles that do not exist. */
  async changeSettings(asker: Asker, changes: Partial<UserSettings>): Promise<UserSettings> {
    const { catalogue, desk } = this.#options;
    const models = await catalogue.soon();
    if (models !== undefined) checkModels({ ...(await desk.user(asker)), ...changes }, models);
    return desk.changeUser(asker, changes);
  }

  async info(): Promise<Notice> {
    const { backend, catalogue, tracker, averages, clock } = this.#options;
    return describeInfo({
      health: await backend.health().catch(() => undefined),
      models: catalogue.known(),
      openJobs: tracker.open().length,
      jobMs: averages.jobMs,
      uptimeMs: clock.nowMs() - this.#startedAtMs,
    });
  }
}
