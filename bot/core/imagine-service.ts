/** The bot's core behind every platform: puts the parts of a job's life together. */
import { isTerminal } from '#contract/job-state.ts';
import type { ModelDescription } from '#contract/model-description.ts';
import { JobAcceptor } from './accept-job.ts';
import { QuestionDesk } from './answer-questions.ts';
import { actOnJob } from './act-on-job.ts';
import { formatAction } from './action.ts';
import type { Card } from './card.ts';
import { CommandError } from './command-error.ts';
import type { CommandName } from './command-names.ts';
import { completeCommand } from './complete-command.ts';
import { median, type Averages } from './estimate.ts';
import { formatHelp } from './format-help.ts';
import { importPicture } from './import-picture.ts';
import { keepAttachment } from './keep-attachment.ts';
import { JobTracker } from './job-tracker.ts';
import { MessageGate } from './message-gate.ts';
import { createModelCatalogue, type ModelCatalogue } from './model-catalogue.ts';
import { Notifier } from './notifier.ts';
import { PlaceBook } from './place-book.ts';
import { formatPictureId, type PictureId } from './picture-id.ts';
import { toPressJobId } from './press-book.ts';
import type { JobQuery, JobRecord, Place } from './ports.ts';
import { abilitiesOf } from './job-abilities.ts';
import { presentJob, toRunningLeftMs } from './present-job.ts';
import { runCommand } from './run-command.ts';
import type {
  ActionMessage,
  Asker,
  Attachment,
  CommandMessage,
  Completion,
  GalleryPage,
  GalleryQuery,
  ImagineService,
  JobEntry,
  KeptPicture,
  Notice,
  Outcome,
  PictureMessage,
  QueueView,
  VisitingService,
} from './service.ts';
import {
  DEFAULT_POLICY,
  type ImagineServiceOptions,
  type ServicePolicy,
} from './service-policy.ts';
import { JobStarter } from './start-jobs.ts';
import { SettingsDesk } from './settings-desk.ts';
import type { SpacePolicy, UserSettings } from './settings.ts';
import { UsageBook } from './usage-book.ts';
import { toUserMessage } from './user-message.ts';
import { isVisible } from './visible-job.ts';

/** As many jobs as an estimate looks back. */
const AVERAGED_JOBS = 20;
const HISTORY_MAX = 100;
/** Answers older than this are not delivered after a restart: by then they would only confuse. */
const ANSWER_AGE_MAX_MS = 24 * 60 * 60_000;

/** Does nothing before `start`; `stop` leaves open jobs in the store. */
export function createImagineService(options: ImagineServiceOptions): ImagineService {
  return new ImagineBot(options);
}

/** For a bot that does not stay: accepted jobs are stored and nothing more. */
export function createVisitingService(options: ImagineServiceOptions): VisitingService {
  return new ImagineBot({ ...options, policy: { ...options.policy, followsJobs: false } });
}

class ImagineBot implements VisitingService {
  readonly #options: ImagineServiceOptions;
  readonly #policy: ServicePolicy;
  readonly #catalogue: ModelCatalogue;
  readonly #tracker: JobTracker;
  readonly #starter: JobStarter;
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
    const acceptor = new JobAcceptor({
      ...options,
      policy,
      tracker: this.#tracker,
      usage,
    });
    const present = (record: JobRecord): JobEntry => this.#present(record);
    this.#gate = new MessageGate({ ...options, present });
    const parts = { acceptor, desk: this.#desk, catalogue: this.#catalogue, present };
    this.#questions = new QuestionDesk({
      ...options,
      tracker: this.#tracker,
      ...parts,
      usage,
      averages: this.#averages,
    });
    this.#starter = new JobStarter({ ...options, ...parts, policy });
  }

  async start(): Promise<void> {
    // Asked for now, so that the first command and its completion find an answer.
    this.#catalogue.known();
    await this.#refreshAverages();
    for (const record of await this.#options.jobStore.listOpen()) await this.#takeUp(record);
  }

  async visit(jobId: string, caughtUp: Promise<void>): Promise<void> {
    const record = await this.#options.jobStore.get(jobId);
    if (record === undefined || record.answeredAtMs !== undefined) return;
    await this.#refreshAverages();
    if (isTerminal(record.state)) return this.#tracker.answer(record);
    await this.#tracker.visit(record, caughtUp);
  }

  async stop(): Promise<void> {
    this.#gate.close();
    await this.#tracker.stop();
  }

  imagine(message: CommandMessage): Promise<Outcome> {
    return this.#gate.once(message, () => this.#starter.start(message));
  }

  act(message: ActionMessage): Promise<Outcome> {
    return this.#gate.once(message, () => this.#press(message));
  }

  picture(message: PictureMessage): Promise<Outcome> {
    return this.#gate.once(message, async () => {
      const { picture } = message;
      if (!('bytes' in picture)) return this.#use(picture, message);
      const imported = await importPicture(message, picture, this.#options);
      return imported.kind === 'stranger'
        ? this.#starter.accept([imported.job])
        : this.#use({ jobId: imported.record.id, index: 0 }, message);
    });
  }

  async keep(attachment: Attachment, asker: Asker): Promise<KeptPicture> {
    try {
      const picture = await keepAttachment(attachment, asker, this.#options.imageStore);
      return { kind: 'kept', picture };
    } catch (error) {
      return { kind: 'refused', message: toUserMessage(error) };
    }
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

  async #press(message: ActionMessage): Promise<Outcome> {
    const { settingsStore, clock } = this.#options;
    const { doublePressMs } = this.#policy;
    const effect = await actOnJob(message, {
      ...this.#options,
      policy: this.#policy,
      tracker: this.#tracker,
    });
    if (effect.kind === 'confirmed') return this.#starter.confirm(effect.pendingId, message);
    if (effect.kind === 'clip') {
      const { card } = this.#present(effect.record);
      return { ...effect, card: { ...card, images: [effect.image], buttons: [] } };
    }
    if (effect.kind !== 'new-job') return effect;
    const id = await toPressJobId(message, { settingsStore, clock, doublePressMs });
    return this.#starter.accept([{ ...effect.job, id }]);
  }

  #use(id: PictureId, message: PictureMessage): Promise<Outcome> {
    const { action } = message;
    if (action === 'show') return this.#show(id, message);
    return this.#press({ ...message, actionId: formatAction({ ...id, name: action }) });
  }

  async #show(id: PictureId, asker: Asker): Promise<Outcome> {
    const stored = await this.#options.jobStore.get(id.jobId);
    const record = this.#tracker.current(id.jobId)?.record ?? stored;
    if (record !== undefined && isVisible(record, asker)) {
      return { kind: 'card', ...this.#present(record) };
    }
    throw new CommandError(
      `There is no picture ${formatPictureId(id)}; /history lists the ids of yours.`,
    );
  }

  #present(stored: JobRecord): JobEntry {
    const { record, trouble } = this.#tracker.current(stored.id) ?? { record: stored };
    return { record, card: this.#toCard(record, trouble) };
  }

  #toCard(record: JobRecord, trouble: string | undefined): Card {
    const nowMs = this.#options.clock.nowMs();
    const { usdPerMachineHour } = this.#policy;
    const averages = this.#averages;
    const open = record.state.status === 'queued' ? this.#tracker.open() : [];
    const abilities = abilitiesOf(record, this.#catalogue.known());
    return presentJob(record, {
      nowMs,
      averages,
      runningLeftMs: toRunningLeftMs(open, { nowMs, averages }),
      trouble,
      abilities,
      usdPerMachineHour,
    });
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
