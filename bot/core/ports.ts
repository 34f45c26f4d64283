/** What the core needs from the world, and what the world may ask of the core. No platform and no SDK in here. */
import type { GenerationRequest } from '#contract/generation-request.ts';
import type { Health } from '#contract/health.ts';
import type { JobEvent } from '#contract/job-event.ts';
import type { JobState } from '#contract/job-state.ts';
import type { Job, JobId } from '#contract/job.ts';
import type { ModelDescription } from '#contract/model-description.ts';
import type { ActionName } from './action.ts';
import type { Card } from './card.ts';

/** How a job reaches the GPU function. Every call may be repeated without harm. */
export interface Backend {
  /** The function finds pictures by their address in the bot's store; otherwise they are sent with the job. */
  readonly takesStoredImages?: boolean;
  /** Accepts the job, or throws a GenerationError that tells why not. A known id is the same job. */
  submit(job: Job): Promise<void>;
  /** Does nothing when the job is unknown or has ended. */
  cancel(jobId: JobId): Promise<void>;
  /**
   * All events of the job from the first on, ending after `job-end`. Survives cut connections by itself.
   * Throws GenerationError `job-unknown` when the function has forgotten the job (it was restarted): submit again.
   */
  events(jobId: JobId, signal: AbortSignal): AsyncIterable<JobEvent>;
  /** The PNG file of one finished picture. */
  image(jobId: JobId, index: number): Promise<Uint8Array>;
  models(): Promise<ModelDescription[]>;
  health(): Promise<Health>;
  /** How long the latest starts of a machine took, newest first; only where machines come and go. */
  wakeDurationsMs?(): Promise<readonly number[]>;
}

export type PlatformName = 'web' | 'terminal' | 'discord' | 'slack';

/** Where a job's answer goes. */
export interface Place {
  platform: PlatformName;
  channelId: string;
  /** The server (Discord) or workspace (Slack) that the channel belongs to; none where there is no such thing. */
  spaceId?: string | undefined;
  /** The message that the answer belongs under, where the platform has threads (Slack's thread_ts). */
  threadId?: string | undefined;
  /** The message that shows the card, once the platform gave it an id. */
  messageId?: string | undefined;
  /** A reply token that lives for a while (Discord's interaction token, Slack's response_url). */
  replyToken?: string | undefined;
  replyTokenExpiresAtMs?: number | undefined;
  /** The token's first message belongs to another job of the same command: this card needs a message of its own. */
  isFollowUp?: boolean | undefined;
  /** A conversation of one person with the bot. */
  isDirect?: boolean | undefined;
  /** The platform lets only adults in, or nobody but the person at this machine. */
  isAgeRestricted?: boolean | undefined;
  /** Only the person who asked sees the card, as far as the platform can do that. */
  isPrivate?: boolean | undefined;
  /** Pictures are hidden until somebody wants to see them. */
  isSpoiler?: boolean | undefined;
  /** The largest file that may be attached here, in bytes. */
  attachmentBytesMax?: number | undefined;
}

/** What a platform learned about a place while it showed a card. Empty when nothing changed. */
export type PlaceChanges = Partial<
  Pick<
    Place,
    'channelId' | 'threadId' | 'messageId' | 'replyToken' | 'replyTokenExpiresAtMs' | 'isFollowUp'
  >
>;

/** Thrown by a platform whose message or channel was deleted: the job is canceled and nothing more is shown. */
export class PlaceGoneError extends Error {
  override readonly name = 'PlaceGoneError';
}

export interface User {
  id: string;
  name: string;
  /** May remove other people's messages here: may cancel and delete their jobs too. Known at this moment, not stored. */
  isModerator?: boolean | undefined;
  /** May manage the server or workspace: may change its policy. */
  isAdministrator?: boolean | undefined;
  /** Ids of the roles or groups that quotas may be tied to. */
  roleIds?: readonly string[] | undefined;
}

/** One person on one platform. */
export interface UserKey {
  platform: PlatformName;
  userId: string;
}

/** The picture that a job grew from. */
export interface Lineage {
  jobId: JobId;
  index: number;
  action: ActionName;
}

/** A job as the bot keeps it: from here on nothing may be lost. */
export interface JobRecord {
  id: JobId;
  request: GenerationRequest;
  /** The command as it could be typed again, flags included. */
  command: string;
  user: User;
  place: Place;
  lineage?: Lineage | undefined;
  createdAtMs: number;
  /** When the state last changed. */
  updatedAtMs: number;
  state: JobState;
  /** When the place got the final card. A restarted bot delivers it again while this is missing. */
  answeredAtMs?: number | undefined;
}

export interface JobQuery {
  platform: PlatformName;
  channelId: string;
  /** Only records made before this time; for reading history page by page. */
  createdBeforeMs?: number | undefined;
  limit: number;
}

/** The jobs of one person in all channels, newest first. */
export interface UserJobQuery extends UserKey {
  /** From the page before; left out for the first page. */
  cursor?: string | undefined;
  limit: number;
  /** Only jobs that ended with pictures. */
  isSucceeded?: boolean | undefined;
}

export interface JobPage {
  records: JobRecord[];
  /** Opaque; undefined when there is no further page. A page may be empty and still have one. */
  nextCursor?: string | undefined;
}

export interface JobStore {
  /** False when a record with this id is there already; the stored one then stays as it is. */
  insert(record: JobRecord): Promise<boolean>;
  /** Replaces the record; does nothing when it was deleted meanwhile. */
  update(record: JobRecord): Promise<void>;
  get(id: JobId): Promise<JobRecord | undefined>;
  delete(id: JobId): Promise<void>;
  /** What a restarted bot must take up again, oldest first: jobs that have not ended or were not answered. */
  listOpen(): Promise<JobRecord[]>;
  /** Newest first. */
  list(query: JobQuery): Promise<JobRecord[]>;
  /** Newest first. Throws RangeError for a cursor that no page gave. */
  listByUser(query: UserJobQuery): Promise<JobPage>;
  /** Jobs of this person that have not ended. */
  countOpenByUser(user: UserKey): Promise<number>;
  /**
   * How long the latest jobs that drew pictures were worked on, in milliseconds, newest first: the base of every ETA.
   * Time in the queue is not counted, and upscales are left out.
   */
  recentDurationsMs(limit: number): Promise<number[]>;
  close(): Promise<void>;
}

/** A small JSON document as it is stored. */
export interface StoredSetting {
  value: unknown;
  /** Counts the writes from 1 on: what a later write must name. */
  version: number;
}

/**
 * Small JSON documents by key: settings of people, policies of spaces, counters, presses of a moment. Every write is of
 * one document and conditional, so that two writers never overwrite each other.
 */
export interface SettingsStore {
  /** Undefined when it is not there or has expired. */
  get(key: string): Promise<StoredSetting | undefined>;
  /**
   * Writes when the stored version is the expected one (0 = not there, or expired); false when somebody was faster.
   * A document without `expiresAtMs` stays.
   */
  put(
    key: string,
    value: unknown,
    condition: { expectedVersion: number; expiresAtMs?: number | undefined },
  ): Promise<boolean>;
  delete(key: string): Promise<void>;
}

export interface ImageStore {
  put(jobId: JobId, index: number, png: Uint8Array): Promise<void>;
  /** Undefined for what is not there, and for ids and indices that cannot be. */
  get(jobId: JobId, index: number): Promise<Uint8Array | undefined>;
  /** Removes all pictures of the job. */
  delete(jobId: JobId): Promise<void>;
}

/** A chat platform as the core sees it: a place where cards appear and change. */
export interface ChatPlatform {
  readonly name: PlatformName;
  /** Previews closer together than this are dropped; the final card never is. */
  readonly minimumUpdateIntervalMs: number;
  /**
   * Shows the card, in place of the job's earlier one, and gives back what is new about the place: the core keeps it
   * with the job. Previews may be lost, a final card may not. Throws PlaceGoneError when the message or its channel
   * was deleted.
   */
  showCard(record: JobRecord, card: Card): Promise<PlaceChanges>;
  removeCard(record: JobRecord): Promise<void>;
}

export interface Clock {
  nowMs(): number;
}

/** Integers 0 <= value < 2^32 from a good source. */
export type RandomSource = () => number;

export interface Logger {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
}
