/** Writes jobs to the store with their newest place. A running state may be lost, an end is tried several times. */
import type { PlaceBook } from './place-book.ts';
import type { JobRecord, JobStore, Logger } from './ports.ts';

/** Tries to save a job's end before it is left to the next start of the bot. */
const SAVE_TRIES = 5;

export interface SaverOptions {
  jobStore: JobStore;
  logger: Logger;
  places: PlaceBook;
}

/** Never throws: a state that could not be saved is told to the log. */
export async function saveJob(record: JobRecord, options: SaverOptions): Promise<void> {
  const { jobStore, logger, places } = options;
  try {
    await jobStore.update(places.current(record));
  } catch (error) {
    logger.warn({ jobId: record.id, err: error }, 'the state of a job could not be saved');
  }
}

/** False when the store refused it every time. `pause` waits before the next try, the number of which it gets. */
export async function saveEnd(
  record: JobRecord,
  options: SaverOptions,
  pause: (trial: number) => Promise<void>,
): Promise<boolean> {
  const { jobStore, logger, places } = options;
  for (let trial = 1; trial <= SAVE_TRIES; trial += 1) {
    try {
      await jobStore.update(places.current(record));
      return true;
    } catch (error) {
      logger.error({ jobId: record.id, trial, err: error }, 'the end of a job could not be saved');
    }
    await pause(trial);
  }
  return false;
}
