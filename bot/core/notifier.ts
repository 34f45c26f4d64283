/**
 * Brings cards to their places. For each job the latest card wins, previews keep the platform's pace, and the final
 * card is delivered with several tries and never overtaken by an older one. Errors of a platform are logged: they
 * never stop a job.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobId } from '#contract/job.ts';
import type { Card } from './card.ts';
import type { PlaceBook } from './place-book.ts';
import {
  PlaceGoneError,
  type ChatPlatform,
  type Clock,
  type JobRecord,
  type Logger,
} from './ports.ts';

const FINAL_TRIES = 6;
const FIRST_PAUSE_MS = 500;
const SETTLE_POLL_MS = 10;
/** A platform that has not answered by then counts as failed, so that it cannot hold the final card back for good. */
const SHOW_TIMEOUT_MS = 60_000;

export interface NotifierOptions {
  platforms: readonly ChatPlatform[];
  clock: Clock;
  logger: Logger;
  places: PlaceBook;
  /** Told when a platform gave the job's card another place. */
  onPlaceChange: (jobId: JobId) => void;
  /** Told when the message or channel of an open job was deleted. */
  onPlaceGone: (record: JobRecord) => void;
  /** First pause between two tries of a final card; each pause doubles. */
  firstPauseMs?: number;
}

interface Delivery {
  record: JobRecord;
  card: Card;
}

/** Everything that is on its way to one job's place. */
interface Lane {
  waiting?: Delivery | undefined;
  /** Ends when the platform has answered; nothing else is sent meanwhile. */
  sending: Promise<unknown>;
  isSending: boolean;
  nextAtMs: number;
  timer?: NodeJS.Timeout | undefined;
  isClosed: boolean;
}

/** A final card on its way; given up when the job is deleted meanwhile. */
interface FinalDelivery {
  givingUp: AbortController;
  done: Promise<boolean>;
}

export class Notifier {
  readonly #platforms: readonly ChatPlatform[];
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #firstPauseMs: number;
  readonly #options: NotifierOptions;
  readonly #lanes = new Map<JobId, Lane>();
  readonly #finals = new Map<JobId, FinalDelivery>();
  readonly #closing = new AbortController();

  constructor(options: NotifierOptions) {
    const { platforms, clock, logger, firstPauseMs = FIRST_PAUSE_MS } = options;
    this.#options = options;
    this.#platforms = platforms;
    this.#clock = clock;
    this.#logger = logger;
    this.#firstPauseMs = firstPauseMs;
  }

  /** Shows the card as soon as the pace allows, unless a newer one comes first. */
  show(record: JobRecord, card: Card): void {
    if (this.#closing.signal.aborted) return;
    const lane = this.#openLane(record.id);
    lane.waiting = { record, card };
    this.#pump(lane);
  }

  /**
   * Delivers the final card; false when the platform refused it every time or is not there. A place that was deleted
   * counts as delivered: nobody waits there any more.
   */
  async finish(record: JobRecord, card: Card): Promise<boolean> {
    await this.#closeLane(record.id);
    const platform = this.#findPlatform(record);
    if (platform === undefined) return false;
    const final: FinalDelivery = { givingUp: new AbortController(), done: Promise.resolve(false) };
    const signal = AbortSignal.any([final.givingUp.signal, this.#closing.signal]);
    final.done = this.#deliver(platform, { record, card }, signal);
    this.#finals.set(record.id, final);
    const isDelivered = await final.done;
    this.#finals.delete(record.id);
    return isDelivered;
  }

  /** Removes the card; nothing of the job is shown afterwards. */
  async remove(record: JobRecord): Promise<void> {
    await this.#closeLane(record.id);
    const final = this.#finals.get(record.id);
    if (final !== undefined) {
      final.givingUp.abort();
      await final.done;
    }
    try {
      await this.#findPlatform(record)?.removeCard(this.#options.places.current(record));
    } catch (error) {
      this.#logger.warn({ jobId: record.id, err: error }, 'the card could not be removed');
    }
  }

  /** Resolves when the job's newest card was brought to its place. */
  async settle(jobId: JobId): Promise<void> {
    while (isBusy(this.#lanes.get(jobId))) await sleep(SETTLE_POLL_MS);
  }

  /** Forgets a job that is still open. */
  release(jobId: JobId): Promise<void> {
    return this.#closeLane(jobId);
  }

  /** Drops previews that wait and gives up final cards: they are not marked as delivered. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#lanes.keys()].map((jobId) => this.#closeLane(jobId)));
  }

  #findPlatform(record: JobRecord): ChatPlatform | undefined {
    return this.#platforms.find(({ name }) => name === record.place.platform);
  }

  #openLane(jobId: JobId): Lane {
    const known = this.#lanes.get(jobId);
    if (known !== undefined) return known;
    const lane = { sending: Promise.resolve(), isSending: false, nextAtMs: 0, isClosed: false };
    this.#lanes.set(jobId, lane);
    return lane;
  }

  /** No more previews for this job; the one that is being sent is waited for. */
  async #closeLane(jobId: JobId): Promise<void> {
    const lane = this.#lanes.get(jobId);
    if (lane === undefined) return;
    lane.isClosed = true;
    lane.waiting = undefined;
    clearTimeout(lane.timer);
    await lane.sending;
    this.#lanes.delete(jobId);
  }

  #pump(lane: Lane): void {
    if (lane.isSending || lane.isClosed || lane.waiting === undefined) return;
    clearTimeout(lane.timer);
    // Never at once: events that were replayed in one go make one card.
    const waitMs = Math.max(0, lane.nextAtMs - this.#clock.nowMs());
    lane.timer = setTimeout(() => {
      lane.isSending = true;
      lane.sending = this.#sendWaiting(lane);
    }, waitMs);
  }

  async #sendWaiting(lane: Lane): Promise<void> {
    const { waiting } = lane;
    lane.waiting = undefined;
    const platform = waiting && this.#findPlatform(waiting.record);
    if (waiting !== undefined && platform !== undefined) {
      try {
        await this.#showOnce(platform, waiting);
      } catch (error) {
        this.#logger.warn({ jobId: waiting.record.id, err: error }, 'a preview could not be shown');
        if (error instanceof PlaceGoneError) this.#options.onPlaceGone(waiting.record);
      }
      lane.nextAtMs = this.#clock.nowMs() + platform.minimumUpdateIntervalMs;
    }
    lane.isSending = false;
    this.#pump(lane);
  }

  async #deliver(
    platform: ChatPlatform,
    delivery: Delivery,
    signal: AbortSignal,
  ): Promise<boolean> {
    const jobId = delivery.record.id;
    for (let trial = 1; trial <= FINAL_TRIES; trial += 1) {
      try {
        await this.#showOnce(platform, delivery);
        return true;
      } catch (error) {
        this.#logger.warn({ jobId, trial, err: error }, 'the final card could not be shown');
        if (error instanceof PlaceGoneError) return true;
      }
      if (trial < FINAL_TRIES) await pause(this.#firstPauseMs * 2 ** (trial - 1), signal);
      if (signal.aborted) return false;
    }
    return false;
  }

  /** Rejects when the platform takes too long, or when the bot stops before it has answered. */
  async #showOnce(platform: ChatPlatform, { record, card }: Delivery): Promise<void> {
    const ended = new AbortController();
    const signal = AbortSignal.any([ended.signal, this.#closing.signal]);
    const expired = sleep(SHOW_TIMEOUT_MS, undefined, { signal }).then(() => {
      throw new Error(`the platform did not answer within ${SHOW_TIMEOUT_MS} ms`);
    });
    try {
      const { places, onPlaceChange } = this.#options;
      // Also when it comes too late: otherwise the next card would be a second message.
      const shown = platform.showCard(places.current(record), card).then((changes) => {
        if (places.note(record, changes)) onPlaceChange(record.id);
      });
      await Promise.race([shown, expired]);
    } finally {
      ended.abort();
      expired.catch(() => {});
    }
  }
}

const isBusy = (lane: Lane | undefined): boolean =>
  lane !== undefined && !lane.isClosed && (lane.isSending || lane.waiting !== undefined);

/** Ends early, without an error, when the signal is aborted. */
async function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  await sleep(durationMs, undefined, { signal }).catch(() => {});
}
