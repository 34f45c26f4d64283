/** A chat platform that remembers every card it was shown. */
import type { JobId } from '#contract/job.ts';
import type { Card } from '../../bot/core/card.ts';
import type { ChatPlatform, JobRecord, PlaceChanges, PlatformName } from '../../bot/core/ports.ts';

export class FakePlatform implements ChatPlatform {
  readonly name: PlatformName;
  readonly minimumUpdateIntervalMs: number;
  readonly shown: { card: Card; atMs: number }[] = [];
  readonly removed: JobId[] = [];
  /** The record each card came with, in the same order. */
  readonly records: JobRecord[] = [];
  /** What a shown card tells about its place. */
  changes: (record: JobRecord) => PlaceChanges = () => ({});
  /** Awaited before a card counts as shown; may throw. */
  beforeShow: (card: Card) => void | Promise<void> = () => {};

  constructor(options: { name?: PlatformName; minimumUpdateIntervalMs?: number } = {}) {
    this.name = options.name ?? 'web';
    this.minimumUpdateIntervalMs = options.minimumUpdateIntervalMs ?? 0;
  }

  async showCard(record: JobRecord, card: Card): Promise<PlaceChanges> {
    await this.beforeShow(card);
    this.shown.push({ card, atMs: Date.now() });
    this.records.push(record);
    return this.changes(record);
  }

  async removeCard(record: JobRecord): Promise<void> {
    this.removed.push(record.id);
  }

  /** What stands in the channel for this job now. */
  latest(jobId: JobId): Card | undefined {
    return this.shown.findLast(({ card }) => card.jobId === jobId)?.card;
  }
}
