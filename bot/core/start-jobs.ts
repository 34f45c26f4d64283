/** From a command to its jobs: read, expanded, asked back about when they are many, and accepted all or none. */
import * as z from 'zod';
import type { ClipFormat, GenerationRequest } from '#contract/generation-request.ts';
import { LIMITS } from '#contract/limits.ts';
import { listImages } from '#contract/request-images.ts';
import type { JobAcceptor, NewJob } from './accept-job.ts';
import { formatAction, type ActionName } from './action.ts';
import { BUTTON_WORDINGS } from './button-wordings.ts';
import { checkSpace } from './check-space.ts';
import { CommandError } from './command-error.ts';
import { formatCommand } from './format-command.ts';
import { formatNumber } from './format-number.ts';
import { toJobId } from './job-id.ts';
import { keepAttachment } from './keep-attachment.ts';
import type { ModelCatalogue } from './model-catalogue.ts';
import { escapeChoices, expandPermutations, PERMUTATIONS_MAX } from './permutations.ts';
import { formatPictureId } from './picture-id.ts';
import { toPictureId } from './picture-source.ts';
import type {
  Clock,
  ImageStore,
  JobRecord,
  JobStore,
  Lineage,
  RandomSource,
  SettingsStore,
} from './ports.ts';
import { toAnimateRequest, toWalkCommand } from './prompt-walk.ts';
import {
  readImagineCommand,
  type ReadCommand,
  type ReadingContext,
} from './read-imagine-command.ts';
import type { ActionMessage, Asker, CommandMessage, JobEntry, Outcome } from './service.ts';
import type { ServicePolicy } from './service-policy.ts';
import type { SettingsDesk } from './settings-desk.ts';
import { isVisible } from './visible-job.ts';

/** A command that waits for a yes is forgotten after this. */
const PENDING_MS = 15 * 60_000;
const SEED_COUNT = LIMITS.seed.max + 1;

const pendingSchema = z.strictObject({ text: z.string(), userId: z.string() });

export interface StarterOptions {
  jobStore: JobStore;
  imageStore: ImageStore;
  settingsStore: SettingsStore;
  clock: Clock;
  random: RandomSource;
  policy: ServicePolicy;
  acceptor: JobAcceptor;
  desk: SettingsDesk;
  catalogue: ModelCatalogue;
  present: (record: JobRecord) => JobEntry;
}

export class JobStarter {
  readonly #options: StarterOptions;

  constructor(options: StarterOptions) {
    this.#options = options;
  }

  /** Throws CommandError with the sentence of a refusal. */
  async start(message: CommandMessage, isConfirmed = false): Promise<Outcome> {
    const text = await this.#withAttachments(message);
    const context = await this.#toContext(message);
    const commands: ReadCommand[] = [];
    for (const one of expandPermutations(text)) {
      commands.push(await readImagineCommand(one, context));
    }
    const jobs = await this.#toJobs(commands, message);
    if (jobs.length > PERMUTATIONS_MAX) {
      throw new CommandError(
        `This makes ${formatNumber(jobs.length)} jobs; at most ${PERMUTATIONS_MAX} are possible at once.`,
      );
    }
    if (jobs.length > this.#options.policy.unconfirmedJobs && !isConfirmed) {
      return this.#askBack({ ...message, text }, jobs.length);
    }
    return this.accept(jobs);
  }

  /** Somebody said yes to a command that makes many jobs. */
  async confirm(pendingId: string, message: ActionMessage): Promise<Outcome> {
    const key = toPendingKey(pendingId);
    const stored = await this.#options.settingsStore.get(key);
    const pending = pendingSchema.safeParse(stored?.value).data;
    if (pending === undefined) {
      throw new CommandError('This question is too old or was answered; send the command again.');
    }
    if (pending.userId !== message.user.id) {
      throw new CommandError('Only the person who sent the command may start its jobs.');
    }
    await this.#options.settingsStore.delete(key);
    const { user, place, deliveryId } = message;
    return this.start({ text: pending.text, user, place, deliveryId }, true);
  }

  /** All of them or none, by the rules of their place. */
  async accept(jobs: readonly NewJob[]): Promise<Outcome> {
    const [first] = jobs;
    if (first === undefined) return { kind: 'done' };
    const space = await this.#options.desk.space(first.place);
    for (const { request, place } of jobs) checkSpace(request, place, space);
    const acceptance = await this.#options.acceptor.accept(jobs, space);
    if (acceptance.kind === 'refused') return acceptance;
    const entries = acceptance.records.map((record) => this.#options.present(record));
    const [only] = entries;
    if (entries.length > 1 || only === undefined) return { kind: 'jobs', jobs: entries };
    return { kind: 'job', ...only };
  }

  /** Attached files become flags of the command; what was typed wins. */
  async #withAttachments(message: CommandMessage): Promise<string> {
    let { text } = message;
    for (const attachment of message.attachments ?? []) {
      const flag = attachment.role === 'mask' ? 'mask' : 'image';
      const picture = await keepAttachment(attachment, message, this.#options.imageStore);
      const isTyped = new RegExp(`(?:^|\\s)[-–—]{1,2}${flag}\\b`, 'i').test(text);
      if (!isTyped) text = `${text} --${flag} ${formatPictureId(picture)}`;
    }
    return text;
  }

  async #toContext(message: CommandMessage): Promise<ReadingContext> {
    const { desk, catalogue, policy } = this.#options;
    const [settings, space] = await Promise.all([desk.user(message), desk.space(message.place)]);
    return { defaultCount: policy.defaultCount, settings, space, catalogue };
  }

  async #toJobs(
    commands: readonly ReadCommand[],
    { user, place, deliveryId }: CommandMessage,
  ): Promise<NewJob[]> {
    const jobs: NewJob[] = [];
    for (const command of commands) {
      const lineage = await this.#toLineage(command, { user, place });
      for (let turn = 0; turn < command.repeat; turn += 1) {
        const number = jobs.length;
        const drawn = this.#toRequest(
          command,
          turn,
          this.#options.policy.clipFormats[place.platform],
        );
        if (turn === 0) await this.#checkPictures(drawn.request);
        const isPrivate = command.isPrivate || place.isPrivate;
        jobs.push({
          // The first has the delivery's own id, so that a repeated delivery finds it after any restart.
          id: toJobId(place.platform, number === 0 ? deliveryId : `${deliveryId} ${number}`),
          ...drawn,
          user,
          place: {
            ...place,
            ...(isPrivate ? { isPrivate: true } : {}),
            ...(number > 0 ? { isFollowUp: true } : {}),
          },
          ...(lineage === undefined ? {} : { lineage }),
        });
      }
    }
    return jobs;
  }

  /** Everything fixed, the seed included: from here on the job can be repeated exactly. */
  #toRequest(
    { request, walk }: ReadCommand,
    turn: number,
    clip: ClipFormat | undefined,
  ): { request: GenerationRequest; command: string } {
    const { random, policy } = this.#options;
    const seed = ((request.seed ?? random()) + turn * request.count) % SEED_COUNT;
    const drawn = { ...request, seed };
    if (walk !== undefined) {
      const animated = toAnimateRequest(drawn, walk, clip ?? 'webp');
      return { request: animated, command: toWalkCommand(animated) };
    }
    const command = escapeChoices(formatCommand(drawn, { defaultCount: policy.defaultCount }));
    const format = request.clip ?? clip;
    return { request: format === undefined ? drawn : { ...drawn, clip: format }, command };
  }

  /** Better said now than by a job that fails. */
  async #checkPictures(request: GenerationRequest): Promise<void> {
    const { imageStore, jobStore } = this.#options;
    for (const source of listImages(request)) {
      const picture = toPictureId(source);
      if (picture === undefined) continue;
      if ((await imageStore.get(picture.jobId, picture.index)) !== undefined) continue;
      const state = (await jobStore.get(picture.jobId))?.state;
      const wasDrawn = state?.status === 'succeeded' && state.result.images.length > picture.index;
      throw new CommandError(
        wasDrawn
          ? `The picture ${formatPictureId(picture)} is no longer stored; draw it again from its command, or attach the file.`
          : `There is no picture ${formatPictureId(picture)}; /history lists the ids of yours.`,
      );
    }
  }

  /** A command that starts from a picture of the bot's is its child. */
  async #toLineage({ request }: ReadCommand, asker: Asker): Promise<Lineage | undefined> {
    const picture = request.startImage && toPictureId(request.startImage);
    if (picture === undefined) return undefined;
    const parent = await this.#options.jobStore.get(picture.jobId);
    if (parent === undefined) return undefined;
    if (isVisible(parent, asker)) return { ...picture, action: toLineageAction(request) };
    throw new CommandError(
      `There is no picture ${formatPictureId(picture)}; /history lists the ids of yours.`,
    );
  }

  async #askBack(
    { text, user, place, deliveryId }: CommandMessage,
    jobs: number,
  ): Promise<Outcome> {
    const { settingsStore, clock } = this.#options;
    const id = toJobId(place.platform, `pending ${deliveryId}`);
    const key = toPendingKey(id);
    const expectedVersion = (await settingsStore.get(key))?.version ?? 0;
    const expiresAtMs = clock.nowMs() + PENDING_MS;
    await settingsStore.put(key, { text, userId: user.id }, { expectedVersion, expiresAtMs });
    return {
      kind: 'notice',
      title: `This makes ${formatNumber(jobs)} jobs`,
      lines: ['Each choice between braces is drawn on its own, and --repeat draws it again.'],
      details: [],
      buttons: [
        [
          {
            actionId: formatAction({ name: 'confirm', jobId: id, index: 0 }),
            ...BUTTON_WORDINGS.confirm,
            label: `Draw all ${formatNumber(jobs)}`,
          },
        ],
      ],
    };
  }
}

const toPendingKey = (id: string): string => `pending:${id}`;

function toLineageAction({ inpaint, outpaint }: ReadCommand['request']): ActionName {
  if (inpaint !== undefined) return 'region';
  switch (outpaint?.kind) {
    case 'zoom':
    case 'borders':
      return 'zoom-custom';
    case 'pan':
      return `pan-${outpaint.direction}`;
    case undefined:
      return 'edit';
  }
}
