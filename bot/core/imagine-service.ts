/** The bot's core behind every platform: puts the parts of a job's life together. */
import { isTerminal } from '#contract/job-state.ts';
import type { ModelDescription } from '#contract/model-description.ts';
import { JobAcceptor, type NewJob } from './accept-job.ts';
import { QuestionDesk } from './answer-questions.ts';
import { actOnJob } from './act-on-job.ts';
import { formatAction } from './action.ts';
import type { Card } from './card.ts';
import { checkSpace } from './check-space.ts';
import { CommandError } from './command-error.ts';
import type { CommandName } from './command-names.ts';
import { completeCommand } from './complete-command.ts';
import { median, type Averages } from './estimate.ts';
import { formatCommand } from './format-command.ts';
import { formatHelp } from './format-help.ts';
import { importPicture } from './import-picture.ts';
import { toJobId } from './job-id.ts';
import { JobTracker } from './job-tracker.ts';
import { MessageGate } from './message-gate.ts';
import { createModelCatalogue, type ModelCatalogue } from './model-catalogue.ts';
import { Notifier } from './notifier.ts';
import { PlaceBook } from './place-book.ts';
import { formatPictureId } from './picture-id.ts';
import { toPressJobId } from './press-book.ts';
import type { JobQuery, JobRecord, Place } from './ports.ts';
import { presentJob } from './present-job.ts';
import { readImagineCommand, type ReadCommand } from './read-imagine-command.ts';
import { runCommand } from './run-command.ts';
import type {
  ActionMessage,
  Asker,
  CommandMessage,
  Completion,
  GalleryPage,
  GalleryQuery,
  ImagineService,
  JobEntry,
  Notice,
  Outcome,
  PictureMessage,
  QueueView,
} from './service.ts';
import {
  DEFAULT_POLICY,
  type ImagineServiceOptions,
  type ServicePolicy,
} from './service-policy.ts';
import { SettingsDesk } from './settings-desk.ts';
import type { SpacePolicy, UserSettings } from './settings.ts';
import { UsageBook } from './usage-book.ts';

/** As many jobs as an estimate looks back. */
const AVERAGED_JOBS = 20;
const HISTORY_MAX = 100;
/** Answers older than this are not delivered after a restart: by then they would only confuse. */
const ANSWER_AGE_MAX_MS = 24 * 60 * 60_000;

/** Does nothing before `start`; `stop` leaves open jobs in the store. */
export function createImagineService(options: ImagineServiceOptions): ImagineService {
  return new ImagineBot(options);
}

class ImagineBot implements ImagineService {
  readonly #options: ImagineServiceOptions;
  readonly #policy: ServicePolicy;
  readonly #catalogue: ModelCatalogue;
  readonly #tracker: JobTracker;
  readonly #acceptor: JobAcceptor;
  readonly #desk: SettingsDesk;
  readonly #averages: Averages = {};
  readonly #gate: MessageGate;
  readonly #questions: QuestionDesk;

  constructor(options: ImagineServiceOptions) {
    const policy = { ...DEFAULT_POLICY, ...options.policy };
    this.#options = options;
    this.#policy = policy;
    this.#catalogue = createModelCatalogue(options.backend, options.clock);
    this.#desk = new SettingsDesk(options);
    const usage = new UsageBook(options);
    const places = new PlaceBook();
    const notifier = new Notifier({
      ...options,
      places,
      onPlaceChange: (jobId) => this.#tracker.placeChanged(jobId),
      onPlaceGone: (record) => void this.#tracker.abandonPlace(record),
    });
    this.#tracker = new JobTracker({
      ...options,
      policy,
      notifier,
      places,
      toCard: (record, trouble) => this.#toCard(record, trouble),
      onSuccess: () => void this.#refreshAverages(),
    });
    this.#acceptor = new JobAcceptor({
      ...options,
      policy,
      tracker: this.#tracker,
      usage,
    });
    const present = (record: JobRecord): JobEntry => this.#present(record);
    this.#gate = new MessageGate({ ...options, present });
    this.#questions = new QuestionDesk({
      ...options,
      tracker: this.#tracker,
      acceptor: this.#acceptor,
      desk: this.#desk,
      usage,
      catalogue: this.#catalogue,
      averages: this.#averages,
      present,
    });
  }

  async start(): Promise<void> {
    // Asked for now, so that the first command and its completion find an answer.
    this.#catalogue.known();
    await this.#refreshAverages();
    for (const record of await this.#options.jobStore.listOpen()) await this.#takeUp(record);
  }

  async stop(): Promise<void> {
    this.#gate.close();
    await this.#tracker.stop();
  }

  imagine(message: CommandMessage): Promise<Outcome> {
    return this.#gate.once(message, async () => {
      const { user, place, deliveryId } = message;
      const read = await this.#read(message);
      const request = { ...read.request, seed: read.request.seed ?? this.#options.random() };
      const command = formatCommand(request, { defaultCount: this.#policy.defaultCount });
      const id = toJobId(place.platform, deliveryId);
      const isPrivate = read.isPrivate || place.isPrivate ? { isPrivate: true } : {};
      return this.#accept({ id, request, command, user, place: { ...place, ...isPrivate } });
    });
  }

  act(message: ActionMessage): Promise<Outcome> {
    return this.#gate.once(message, async () => {
      const { settingsStore, clock } = this.#options;
      const effect = await actOnJob(message, {
        ...this.#options,
        policy: this.#policy,
        tracker: this.#tracker,
      });
      if (effect.kind !== 'new-job') return effect;
      const { doublePressMs } = this.#policy;
      const id = await toPressJobId(message, { settingsStore, clock, doublePressMs });
      return this.#accept({ ...effect.job, id });
    });
  }

  picture(message: PictureMessage): Promise<Outcome> {
    return this.#gate.once(message, async () => {
      const { picture, action } = message;
      const isAttached = 'bytes' in picture;
      const jobId = isAttached
        ? (await importPicture(picture, message, this.#options)).id
        : picture.jobId;
      const index = isAttached ? 0 : picture.index;
      if (action !== 'show') {
        return this.act({ ...message, actionId: formatAction({ name: action, jobId, index }) });
      }
      const stored = await this.#options.jobStore.get(jobId);
      const known = this.#tracker.current(jobId)?.record ?? stored;
      if (known !== undefined && isVisible(known, message))
        return { kind: 'card', ...this.#present(known) };
      throw new CommandError(
        `There is no picture ${formatPictureId({ jobId, index })}; /history lists the ids of yours.`,
      );
    });
  }

  command(name: CommandName, message: CommandMessage): Promise<Outcome> {
    if (name === 'imagine') return this.imagine(message);
    return this.#gate.guard(() => runCommand(name, message, this));
  }

  wantsPrivate(message: Pick<CommandMessage, 'text' | 'user' | 'place'>): Promise<boolean> {
    return this.#questions.wantsPrivate(message);
  }

  async complete(text: string, cursor: number): Promise<Completion[]> {
    return completeCommand(text, cursor, this.#catalogue.known());
  }

  async history(query: JobQuery): Promise<JobEntry[]> {
    const limit = Math.min(query.limit, HISTORY_MAX);
    const records = await this.#options.jobStore.list({ ...query, limit });
    return records.map((record) => this.#present(record));
  }

  gallery(query: GalleryQuery): Promise<GalleryPage> {
    return this.#questions.gallery(query);
  }

  queue(asker: Asker): Promise<QueueView> {
    return this.#questions.queue(asker);
  }

  settings(asker: Asker): Promise<UserSettings> {
    return this.#desk.user(asker);
  }

  changeSettings(asker: Asker, changes: Partial<UserSettings>): Promise<UserSettings> {
    return this.#questions.changeSettings(asker, changes);
  }

  spacePolicy(place: Place): Promise<SpacePolicy> {
    return this.#desk.space(place);
  }

  changeSpacePolicy(asker: Asker, changes: Partial<SpacePolicy>): Promise<SpacePolicy> {
    return this.#desk.changeSpace(asker, changes);
  }

  async placeGone(gone: Pick<Place, 'platform' | 'channelId' | 'messageId'>): Promise<void> {
    const isThere = ({ place }: JobRecord): boolean =>
      place.platform === gone.platform &&
      place.channelId === gone.channelId &&
      (gone.messageId === undefined || place.messageId === gone.messageId);
    const open = this.#tracker.open().filter(isThere);
    await Promise.all(open.map((record) => this.#tracker.abandonPlace(record)));
  }

  async image(jobId: string, index: number): Promise<Uint8Array | undefined> {
    return this.#options.imageStore.get(jobId, index);
  }

  models(): Promise<ModelDescription[]> {
    return this.#catalogue.list();
  }

  help(): string {
    return formatHelp();
  }

  info(): Promise<Notice> {
    return this.#questions.info();
  }

  async #accept(job: NewJob): Promise<Outcome> {
    const space = await this.#desk.space(job.place);
    checkSpace(job.request, job.place, space);
    const acceptance = await this.#acceptor.accept(job, space);
    if (acceptance.kind === 'refused') return acceptance;
    return { kind: 'job', ...this.#present(acceptance.record) };
  }

  async #read(message: CommandMessage): Promise<ReadCommand> {
    const [settings, space] = await Promise.all([
      this.#desk.user(message),
      this.#desk.space(message.place),
    ]);
    const { defaultCount } = this.#policy;
    return readImagineCommand(message.text, {
      defaultCount,
      settings,
      space,
      catalogue: this.#catalogue,
    });
  }

  #present(stored: JobRecord): JobEntry {
    const { record, trouble } = this.#tracker.current(stored.id) ?? { record: stored };
    return { record, card: this.#toCard(record, trouble) };
  }

  #toCard(record: JobRecord, trouble: string | undefined): Card {
    const nowMs = this.#options.clock.nowMs();
    return presentJob(record, { nowMs, averages: this.#averages, trouble });
  }

  async #takeUp(record: JobRecord): Promise<void> {
    const { clock, jobStore } = this.#options;
    if (!isTerminal(record.state)) {
      this.#tracker.follow(record);
    } else if (clock.nowMs() - record.updatedAtMs > ANSWER_AGE_MAX_MS) {
      await jobStore.update({ ...record, answeredAtMs: clock.nowMs() });
    } else {
      void this.#tracker.answer(record);
    }
  }

  /** The median is kept at hand, so that a card never waits for the store. */
  async #refreshAverages(): Promise<void> {
    const { backend, jobStore, logger } = this.#options;
    try {
      this.#averages.jobMs = median(await jobStore.recentDurationsMs(AVERAGED_JOBS));
      this.#averages.wakeMs = median((await backend.wakeDurationsMs?.()) ?? []);
    } catch (error) {
      logger.warn({ err: error }, 'recent durations could not be read');
    }
  }
}

/** A private picture is shown to nobody but the person who asked for it. */
function isVisible({ user, place }: JobRecord, asker: Asker): boolean {
  const isOwn = user.id === asker.user.id && place.platform === asker.place.platform;
  return isOwn || !place.isPrivate;
}
