/** What every platform may ask of the bot. One implementation, in imagine-service.ts. */
import type { ModelDescription } from '#contract/model-description.ts';
import type { Card, CardButton, CardDetail, CardImage } from './card.ts';
import type { CommandName } from './command-names.ts';
import type { PictureId } from './picture-id.ts';
import type { JobQuery, JobRecord, Place, User } from './ports.ts';
import type { Quota, SpacePolicy, UserSettings } from './settings.ts';

/** A person at a place: what every question to the bot comes with. */
export interface Asker {
  user: User;
  place: Place;
}

/** A file that came with a command, already fetched by the platform within its limits. */
export interface Attachment {
  /** What the person means it for. */
  role: 'image' | 'mask';
  name: string;
  /** As the platform says; what the bytes are is found out later. */
  mediaType: string;
  bytes: Uint8Array;
}

export interface CommandMessage extends Asker {
  /** The whole text after the slash command's name, flags included: `a red apple --seed 7`. */
  text: string;
  /** The platform's own id of the message or interaction: a repeated delivery has the same outcome. */
  deliveryId: string;
  attachments?: readonly Attachment[] | undefined;
}

export interface ActionMessage extends Asker {
  /** The pressed button's id, as formatAction made it. */
  actionId: string;
  deliveryId: string;
}

/** Something is to be done with a picture: one that the bot made, or one that a person attached. */
export interface PictureMessage extends Asker {
  /** `show` brings the card with its buttons; a stranger's picture gets the buttons that can work. */
  action: 'show' | 'upscale' | 'vary';
  picture: PictureId | Attachment;
  /** What a stranger's picture shows, where the person says so. */
  text?: string | undefined;
  deliveryId: string;
}

/** A job as people see it. */
export interface JobEntry {
  record: JobRecord;
  card: Card;
}

/** A short answer in words. Plain text: prompts in it are no markup. For the eyes of the asker alone. */
export interface Notice {
  title: string;
  lines: readonly string[];
  details: readonly CardDetail[];
  buttons: CardButton[][];
}

export type Outcome =
  /** A job was accepted (or was known already): its card is on its way to the place. */
  | ({ kind: 'job' } & JobEntry)
  /** One command made several jobs. The first has the place as given, the others have it with `isFollowUp`. */
  | { kind: 'jobs'; jobs: readonly JobEntry[] }
  /** A card of a job that has ended long ago: the platform shows it as its answer to this message. */
  | ({ kind: 'card' } & JobEntry)
  | ({ kind: 'notice' } & Notice)
  /** Done, nothing new to show. */
  | { kind: 'done' }
  /**
   * Let the person choose a part of the picture. Where one can paint, the command goes on with `--mask` of what was
   * painted; elsewhere the buttons, shown in place of the earlier ones, end in an `edit`.
   */
  | ({ kind: 'region'; image: CardImage; command: string } & Notice)
  /** The way from noise to picture: a card that holds this moving file alone, shown as the answer. */
  | ({ kind: 'clip'; image: CardImage } & JobEntry)
  /** Open the command for editing, filled with this text. */
  | { kind: 'edit'; command: string }
  /** Refused, with one sentence that names the value and the remedy. Nothing was kept. For the asker alone. */
  | { kind: 'refused'; message: string };

export type KeptPicture =
  | { kind: 'kept'; picture: PictureId }
  | { kind: 'refused'; message: string };

/** One offer while a person types. */
export interface Completion {
  /** What is shown: `--ar`. */
  label: string;
  /** What it is for: `Aspect ratio, such as 3:2`. */
  description: string;
  /** Replaces the text from `from` to the cursor. */
  insertText: string;
  from: number;
}

export interface QueueView {
  /** The asker's own jobs that have not ended, oldest first. */
  own: readonly JobEntry[];
  /** Of all people on all platforms. */
  openJobs: number;
  people: number;
  /** How much of the quota is used; jobs within a day and a minute count whether they have ended or not. */
  used: { openJobs: number; jobsPerMinute: number; jobsPerDay: number };
  quota: Quota;
}

export interface GalleryQuery extends Asker {
  /** From the page before; left out for the first one. */
  cursor?: string | undefined;
  limit: number;
}

export interface GalleryPage {
  /** Newest first. */
  entries: readonly JobEntry[];
  nextCursor?: string | undefined;
}

export interface ImagineService {
  /** Takes up the jobs that were open when the bot last stopped, and follows them. */
  start(): Promise<void>;
  /** Stops following; open jobs stay open in the store. */
  stop(): Promise<void>;
  imagine(message: CommandMessage): Promise<Outcome>;
  act(message: ActionMessage): Promise<Outcome>;
  picture(message: PictureMessage): Promise<Outcome>;
  /** Keeps a file that somebody means to start from, under an id for --image or --mask. */
  keep(attachment: Attachment, asker: Asker): Promise<KeptPicture>;
  /** Any command as text, `/imagine` included, for platforms and people that have no typed options. */
  command(name: CommandName, message: CommandMessage): Promise<Outcome>;
  /** Whether the answer will be private: to be known before the platform says that it is working on it. Never throws. */
  wantsPrivate(message: Pick<CommandMessage, 'text' | 'user' | 'place'>): Promise<boolean>;
  /** Offers for the text after `/imagine ` with the cursor at the given offset. */
  complete(text: string, cursor: number): Promise<Completion[]>;
  /** What was made in one channel. */
  history(query: JobQuery): Promise<JobEntry[]>;
  /** What one person made anywhere on the platform, pictures only. Throws RangeError for an unknown cursor. */
  gallery(query: GalleryQuery): Promise<GalleryPage>;
  queue(asker: Asker): Promise<QueueView>;
  settings(asker: Asker): Promise<UserSettings>;
  /** Replaces the fields that are there (undefined takes one back). Throws CommandError for what cannot be. */
  changeSettings(asker: Asker, changes: Partial<UserSettings>): Promise<UserSettings>;
  /** The rules of the place's space; empty where there is none. */
  spacePolicy(place: Place): Promise<SpacePolicy>;
  /** Only for administrators. Throws CommandError otherwise and for what cannot be. */
  changeSpacePolicy(asker: Asker, changes: Partial<SpacePolicy>): Promise<SpacePolicy>;
  /** The message, or with no message the channel, was deleted: open jobs that would be shown there are canceled. */
  placeGone(place: Pick<Place, 'platform' | 'channelId' | 'messageId'>): Promise<void>;
  image(jobId: string, index: number): Promise<Uint8Array | undefined>;
  models(): Promise<ModelDescription[]>;
  /** What the bot is and how it is doing. */
  info(): Promise<Notice>;
  /** The help text for people, in plain sentences and one line per flag. */
  help(): string;
}

/** The service in a bot that does not stay: `start` is not called, and each news of a job brings one visit. */
export interface VisitingService extends ImagineService {
  /**
   * Shows how far the job has come, and its end for good. `caughtUp` resolves when the backend has no more news of the
   * job for now. Does nothing for a job that is unknown or was answered.
   */
  visit(jobId: string, caughtUp: Promise<void>): Promise<void>;
}
