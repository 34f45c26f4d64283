/** The bot's core behind every platform: puts the parts of a job's life together. */
import type { GenerateRequest } from '#contract/generation-request.ts';
import { isTerminal } from '#contract/job-state.ts';
import type { ModelDescription } from '#contract/model-description.ts';
import { JobAcceptor, type NewJob } from './accept-job.ts';
import { actOnJob } from './act-on-job.ts';
import type { Card } from './card.ts';
import { checkModels } from './check-models.ts';
import { CommandError } from './command-error.ts';
import { completeCommand } from './complete-command.ts';
import { median, type Averages } from './estimate.ts';
import { formatCommand } from './format-command.ts';
import { formatHelp } from './format-help.ts';
import { toJobId } from './job-id.ts';
import { JobTracker } from './job-tracker.ts';
import { createModelCatalogue, type ModelCatalogue } from './model-catalogue.ts';
import { Notifier } from './notifier.ts';
import { parseCommand } from './parse-command.ts';
import type { JobQuery, JobRecord } from './ports.ts';
import { presentJob } from './present-job.ts';
import type {
  ActionMessage,
  CommandMessage,
  Completion,
  ImagineService,
  Outcome,
} from './service.ts';
import {
  DEFAULT_POLICY,
  type ImagineServiceOptions,
  type ServicePolicy,
} from './service-policy.ts';
import { toUserMessage } from './user-message.ts';

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
  readonly #averages: Averages = {};
  #isStopped = false;

  constructor(options: ImagineServiceOptions) {
    const policy = { ...DEFAULT_POLICY, ...options.policy };
    this.#options = options;
    this.#policy = policy;
    this.#catalogue = createModelCatalogue(options.backend, options.clock);
    this.#tracker = new JobTracker({
      ...options,
      policy,
      notifier: new Notifier(options),
      toCard: (record, trouble) => this.#toCard(record, trouble),
      onSuccess: () => void this.#refreshAverages(),
    });
    this.#acceptor = new JobAcceptor({ ...options, policy, tracker: this.#tracker });
  }

  async start(): Promise<void> {
    // Asked for now, so that the first command and its completion find an answer.
    this.#catalogue.known();
    await this.#refreshAverages();
    for (const record of await this.#options.jobStore.listOpen()) await this.#takeUp(record);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#tracker.stop();
  }

  imagine(message: CommandMessage): Promise<Outcome> {
    return this.#answer(message, async () => {
      const request = await this.#toRequest(message.text);
      const command = formatCommand(request, { defaultCount: this.#policy.defaultCount });
      const { user, place, deliveryId } = message;
      const id = toJobId(place.platform, deliveryId);
      return this.#accept({ id, request, command, user, place });
    });
  }

  act(message: ActionMessage): Promise<Outcome> {
    return this.#answer(message, async () => {
      const effect = await actOnJob(message, {
        ...this.#options,
        policy: this.#policy,
        tracker: this.#tracker,
      });
      return effect.kind === 'new-job' ? this.#accept(effect.job) : effect;
    });
  }

  async complete(text: string, cursor: number): Promise<Completion[]> {
    return completeCommand(text, cursor, this.#catalogue.known());
  }

  async history(query: JobQuery): Promise<{ record: JobRecord; card: Card }[]> {
    const limit = Math.min(query.limit, HISTORY_MAX);
    const records = await this.#options.jobStore.list({ ...query, limit });
    return records.map((record) => this.#present(record));
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

  /** A repeated delivery gets the job it made; refusals are sentences; what nobody foresaw is logged. */
  async #answer(
    message: Pick<CommandMessage, 'place' | 'deliveryId'>,
    work: () => Promise<Outcome>,
  ): Promise<Outcome> {
    const { jobStore, logger } = this.#options;
    if (this.#isStopped) return refuse('The bot is stopping; try again when it is back.');
    try {
      const known = await jobStore.get(toJobId(message.place.platform, message.deliveryId));
      return known === undefined ? await work() : { kind: 'job', ...this.#present(known) };
    } catch (error) {
      if (!(error instanceof CommandError)) {
        logger.error({ err: error }, 'a message could not be handled');
      }
      return refuse(toUserMessage(error));
    }
  }

  async #accept(job: NewJob): Promise<Outcome> {
    const acceptance = await this.#acceptor.accept(job);
    if (acceptance.kind === 'refused') return acceptance;
    return { kind: 'job', ...this.#present(acceptance.record) };
  }

  /** Everything fixed, the seed included: from here on the job can be repeated exactly. */
  async #toRequest(text: string): Promise<GenerateRequest> {
    const parsed = parseCommand(text, { defaultCount: this.#policy.defaultCount });
    const isNamed = parsed.modelId !== undefined || parsed.style !== undefined;
    // A cold image function cannot say what it has: then the engine judges later.
    const models = isNamed ? await this.#catalogue.soon() : this.#catalogue.known();
    const checked = models === undefined ? parsed : checkModels(parsed, models);
    return { ...checked, seed: checked.seed ?? this.#options.random() };
  }

  #present(stored: JobRecord): { record: JobRecord; card: Card } {
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
    const { jobStore, logger } = this.#options;
    try {
      this.#averages.jobMs = median(await jobStore.recentDurationsMs(AVERAGED_JOBS));
    } catch (error) {
      logger.warn({ err: error }, 'recent durations could not be read');
    }
  }
}

const refuse = (message: string): Outcome => ({ kind: 'refused', message });
