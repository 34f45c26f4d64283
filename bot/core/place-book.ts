/**
 * Where the cards of open jobs stand, as far as it has become known: platforms learn ids of messages while they show
 * cards, and a button press brings a newer reply token. Whoever shows or saves a job asks here for its newest place.
 */
import type { JobId } from '#contract/job.ts';
import type { JobRecord, Place, PlaceChanges } from './ports.ts';

export class PlaceBook {
  readonly #changes = new Map<JobId, PlaceChanges>();

  /** The record with its newest place. */
  current(record: JobRecord): JobRecord {
    const changes = this.#changes.get(record.id);
    return changes === undefined ? record : { ...record, place: { ...record.place, ...changes } };
  }

  /** False when nothing is new about the place. */
  note(record: JobRecord, changes: PlaceChanges): boolean {
    const { place } = this.current(record);
    const news = Object.entries(changes).filter(
      ([name, value]) => value !== undefined && place[name as keyof Place] !== value,
    );
    if (news.length === 0) return false;
    this.#changes.set(record.id, { ...this.#changes.get(record.id), ...Object.fromEntries(news) });
    return true;
  }

  forget(jobId: JobId): void {
    this.#changes.delete(jobId);
  }
}
