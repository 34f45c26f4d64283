/** The waiting jobs: bounded, and taken in turn by owner so that one person cannot starve the others. */
import { GenerationError } from '#contract/generation-error.ts';
import type { JobId } from '#contract/job.ts';

export interface QueueLimits {
  waitingMax: number;
  waitingPerOwnerMax: number;
}

export const QUEUE_LIMITS: QueueLimits = { waitingMax: 100, waitingPerOwnerMax: 20 };

export interface JobQueue {
  readonly size: number;
  /** Throws GenerationError `queue-full` when there is no room for all, or for this owner. */
  add(id: JobId, owner: string): void;
  /** Removes and returns the job whose turn it is. */
  take(): JobId | undefined;
  /** False when the job does not wait. */
  remove(id: JobId): boolean;
  /** The waiting jobs in the order in which they will be taken. */
  order(): JobId[];
}

/** Round robin: the owner whose job was taken goes behind all other owners that wait. */
export function createJobQueue(limits: QueueLimits = QUEUE_LIMITS): JobQueue {
  /** Owners in the order of their turns, each with waiting jobs in the order of arrival; none is empty. */
  const turns = new Map<string, JobId[]>();
  const size = () => [...turns.values()].reduce((sum, ids) => sum + ids.length, 0);

  return {
    get size() {
      return size();
    },
    add(id, owner) {
      const own = turns.get(owner) ?? [];
      refuseWhenFull(size(), own.length, limits);
      turns.set(owner, [...own, id]);
    },
    take() {
      const [owner, ids = []] = turns.entries().next().value ?? [];
      const [next, ...rest] = ids;
      if (owner === undefined || next === undefined) return undefined;
      turns.delete(owner);
      if (rest.length > 0) turns.set(owner, rest);
      return next;
    },
    remove(id) {
      for (const [owner, ids] of turns) {
        if (!ids.includes(id)) continue;
        const rest = ids.filter((other) => other !== id);
        if (rest.length > 0) turns.set(owner, rest);
        else turns.delete(owner);
        return true;
      }
      return false;
    },
    order: () => toTakingOrder([...turns.values()]),
  };
}

/** The first job of every owner, then the second of every owner that has one, and so on. */
function toTakingOrder(lists: readonly (readonly JobId[])[]): JobId[] {
  const rounds = Math.max(0, ...lists.map((ids) => ids.length));
  return Array.from({ length: rounds }, (_, round) =>
    lists.flatMap((ids) => ids[round] ?? []),
  ).flat();
}

function refuseWhenFull(waiting: number, own: number, limits: QueueLimits): void {
  if (waiting >= limits.waitingMax) {
    throw new GenerationError(
      'queue-full',
      `The queue is full, its limit is ${limits.waitingMax} waiting jobs; try again in a while.`,
      { isRetryable: true },
    );
  }
  if (own >= limits.waitingPerOwnerMax) {
    throw new GenerationError(
      'queue-full',
      `You have ${own} jobs waiting already, the limit is ${limits.waitingPerOwnerMax} a person; try again when one is done.`,
      { isRetryable: true },
    );
  }
}
