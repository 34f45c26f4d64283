/** The door for everything that a person asks: each delivery counts once, and whatever goes wrong is a sentence. */
import { randomInt } from 'node:crypto';
import { CommandError } from './command-error.ts';
import { toJobId } from './job-id.ts';
import { OutcomeMemo } from './outcome-memo.ts';
import type { Clock, JobRecord, JobStore, Logger } from './ports.ts';
import type { CommandMessage, JobEntry, Outcome } from './service.ts';
import { isForeseen, toUserMessage } from './user-message.ts';

export interface GateOptions {
  jobStore: JobStore;
  clock: Clock;
  logger: Logger;
  present: (record: JobRecord) => JobEntry;
}

export class MessageGate {
  readonly #options: GateOptions;
  readonly #memo: OutcomeMemo;
  #isClosed = false;

  constructor(options: GateOptions) {
    this.#options = options;
    this.#memo = new OutcomeMemo(options.clock);
  }

  close(): void {
    this.#isClosed = true;
  }

  /** A repeated delivery gets the outcome of the first one, and after a restart the job that it made. */
  once(
    message: Pick<CommandMessage, 'place' | 'deliveryId'>,
    work: () => Promise<Outcome>,
  ): Promise<Outcome> {
    const { jobStore, present } = this.#options;
    const id = toJobId(message.place.platform, message.deliveryId);
    return this.guard(async () => {
      const known = await jobStore.get(id);
      if (known !== undefined) return { kind: 'job', ...present(known) };
      return this.#memo.once(id, () => this.guard(work));
    });
  }

  /** Refusals are sentences; what nobody foresaw is logged under the error id that the person reads. */
  async guard(work: () => Promise<Outcome>): Promise<Outcome> {
    if (this.#isClosed) return refuse('The bot is stopping; try again when it is back.');
    try {
      return await work();
    } catch (error) {
      if (error instanceof CommandError) return refuse(error.message);
      const errorId = randomInt(36 ** 6)
        .toString(36)
        .padStart(6, '0');
      this.#options.logger.error({ errorId, err: error }, 'a message could not be handled');
      const message = toUserMessage(error);
      return refuse(isForeseen(error) ? message : `${message} Error id: ${errorId}.`);
    }
  }
}

const refuse = (message: string): Outcome => ({ kind: 'refused', message });
