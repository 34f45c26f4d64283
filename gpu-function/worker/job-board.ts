/** All jobs the function knows: waiting, running, and finished ones for as long as there is room. */
import { createHash } from 'node:crypto';
import { GenerationError } from '#contract/generation-error.ts';
import type { JobOutcome } from '#contract/job-event.ts';
import type { JobView } from '#contract/job-view.ts';
import type { Job, JobId } from '#contract/job.ts';
import { listImages } from '#contract/request-images.ts';
import { createJobLog, type JobLog } from './job-log.ts';
import { createJobQueue, QUEUE_LIMITS, type QueueLimits } from './job-queue.ts';
import type { JobSource, TakenJob } from './job-source.ts';
import { createWakeUp } from './wake-up.ts';

export interface BoardLimits extends QueueLimits {
  /** Start images of the jobs that have not ended. */
  requestBytesMax: number;
  finishedMax: number;
  finishedAgeMaxMs: number;
  /** Pictures and events of finished jobs. The newest job is kept even when it is larger. */
  finishedBytesMax: number;
}

export const BOARD_LIMITS: BoardLimits = {
  ...QUEUE_LIMITS,
  requestBytesMax: 256 * 1024 * 1024,
  finishedMax: 200,
  finishedAgeMaxMs: 60 * 60_000,
  finishedBytesMax: 256 * 1024 * 1024,
};

export interface BoardJob {
  readonly id: JobId;
  readonly log: JobLog;
  readonly submittedAtMs: number;
  /** PNG files, once the job succeeded. */
  readonly images: readonly Uint8Array[];
}

export interface JobBoard extends JobSource {
  finish(id: JobId, outcome: JobOutcome, images: readonly Uint8Array[]): void;
  /** From now on no job is taken and none accepted: the function is about to end. */
  stopTaking(): void;
  noteCollected(id: JobId, imageIndex: number): void;
  /** Whether a job that succeeded has pictures that nobody has asked for yet. */
  hasUncollected(): boolean;
  /**
   * A known id with the same request is the same job, with another request GenerationError `job-conflict`.
   * Throws `queue-full` when there is no room.
   */
  submit(job: Job): { job: BoardJob; isNew: boolean };
  find(id: JobId): BoardJob | undefined;
  /** A waiting job ends at once, a running one as soon as the engine obeys; nothing happens to one that has ended. */
  cancel(id: JobId): BoardJob | undefined;
  counts(): { running: number; queued: number };
  /** Forgets finished jobs that are too many, too old or too large. */
  sweep(): void;
}

export interface JobBoardOptions {
  limits?: BoardLimits;
  nowMs: () => number;
  /** Lower-case letters and digits, different at every call. */
  newLogId: () => string;
}

interface Entry {
  id: JobId;
  log: JobLog;
  submittedAtMs: number;
  images: readonly Uint8Array[];
  collected: Set<number>;
  requestDigest: string;
  requestBytes: number;
  /** Dropped at the end, for it may hold a large picture. */
  job: Job | undefined;
  cancellation: AbortController;
  reportedPosition: number;
  endedAtMs: number | undefined;
}

/** In memory: who asks for a job after a restart is told `job-unknown` and sends it again. */
export function createJobBoard(options: JobBoardOptions): JobBoard {
  const { limits = BOARD_LIMITS, nowMs } = options;
  /** In the order of submission; finished ones move to the end when they finish. */
  const entries = new Map<JobId, Entry>();
  const queue = createJobQueue(limits);
  const arrived = createWakeUp();
  const stopping = new AbortController();

  const end = (entry: Entry | undefined, outcome: JobOutcome, images: readonly Uint8Array[]) => {
    endEntry(entries, entry, { outcome, images, endedAtMs: nowMs() });
    forgetFinished(entries, limits, nowMs());
  };

  return {
    submit(job) {
      const requestDigest = toDigest(job);
      const known = entries.get(job.id);
      if (known !== undefined) {
        refuseOtherRequest(known, requestDigest);
        return { job: known, isNew: false };
      }
      if (stopping.signal.aborted) throw toStoppingError();
      const entry = createEntry(job, requestDigest, options);
      refuseTooManyBytes(entries, entry.requestBytes, limits);
      queue.add(job.id, job.owner);
      entries.set(job.id, entry);
      reportPositions(queue.order(), entries);
      arrived.wake();
      return { job: entry, isNew: true };
    },
    find: (id) => entries.get(id),
    cancel(id) {
      const entry = entries.get(id);
      if (entry === undefined || entry.endedAtMs !== undefined) return entry;
      entry.cancellation.abort();
      if (queue.remove(id)) {
        end(entry, { status: 'canceled' }, []);
        reportPositions(queue.order(), entries);
      }
      return entry;
    },
    async take(signal) {
      while (!signal.aborted && !stopping.signal.aborted) {
        const entry = entries.get(queue.take() ?? '');
        if (entry?.job !== undefined) {
          reportPositions(queue.order(), entries);
          return toTaken(entry, entry.job, nowMs());
        }
        await arrived.wait({ signal });
      }
      return undefined;
    },
    finish: (id, outcome, images) => end(entries.get(id), outcome, images),
    stopTaking() {
      stopping.abort();
      arrived.wake();
    },
    noteCollected: (id, imageIndex) => void entries.get(id)?.collected.add(imageIndex),
    hasUncollected: () => hasUncollected(entries),
    counts: () => ({ running: countOpen(entries) - queue.size, queued: queue.size }),
    sweep: () => forgetFinished(entries, limits, nowMs()),
  };
}

/** Nothing for an entry that has ended, or is no more. */
function endEntry(
  entries: Map<JobId, Entry>,
  entry: Entry | undefined,
  end: { outcome: JobOutcome; images: readonly Uint8Array[]; endedAtMs: number },
): void {
  if (entry === undefined || entry.endedAtMs !== undefined) return;
  const { outcome, images, endedAtMs } = end;
  Object.assign(entry, { images, job: undefined, requestBytes: 0, endedAtMs });
  entry.log.append({ type: 'job-end', outcome });
  entries.delete(entry.id);
  entries.set(entry.id, entry);
}

function hasUncollected(entries: ReadonlyMap<JobId, Entry>): boolean {
  return [...entries.values()].some(({ images, collected }) => collected.size < images.length);
}

function toStoppingError(): GenerationError {
  return new GenerationError(
    'not-ready',
    'This image function is being stopped; send the job again in a moment.',
    { isRetryable: true },
  );
}

function createEntry(job: Job, requestDigest: string, options: JobBoardOptions): Entry {
  const { nowMs, newLogId } = options;
  return {
    id: job.id,
    log: createJobLog({ jobId: job.id, logId: newLogId(), nowMs }),
    submittedAtMs: nowMs(),
    images: [],
    collected: new Set(),
    requestDigest,
    requestBytes: toRequestBytes(job),
    job,
    cancellation: new AbortController(),
    reportedPosition: 0,
    endedAtMs: undefined,
  };
}

function toTaken(entry: Entry, job: Job, nowMs: number): TakenJob {
  const { log, cancellation, submittedAtMs } = entry;
  return { job, log, signal: cancellation.signal, queueMs: nowMs - submittedAtMs };
}

function countOpen(entries: ReadonlyMap<JobId, Entry>): number {
  return [...entries.values()].filter((entry) => entry.endedAtMs === undefined).length;
}

export function toJobView({ id, log, submittedAtMs }: BoardJob): JobView {
  return { id, state: log.state, submittedAtMs, sequence: log.sequence };
}

/** The parsed request has its keys in the schema's order, so equal requests give equal text. */
function toDigest(job: Job): string {
  return createHash('sha256').update(JSON.stringify(job.request)).digest('hex');
}

function toRequestBytes({ request }: Job): number {
  return listImages(request)
    .map((image) => (image.kind === 'inline' ? image.base64.length : 0))
    .reduce((sum, bytes) => sum + bytes, 0);
}

function refuseOtherRequest(known: Entry, requestDigest: string): void {
  if (known.requestDigest === requestDigest) return;
  throw new GenerationError(
    'job-conflict',
    `The job ${known.id} exists already with another request; send this one under another id.`,
  );
}

function refuseTooManyBytes(
  entries: ReadonlyMap<JobId, Entry>,
  bytes: number,
  limits: BoardLimits,
): void {
  const waiting = [...entries.values()].reduce((sum, entry) => sum + entry.requestBytes, 0);
  if (waiting + bytes <= limits.requestBytesMax) return;
  throw new GenerationError(
    'queue-full',
    'Too many large pictures are waiting already; try again in a while.',
    { isRetryable: true },
  );
}

function reportPositions(order: readonly JobId[], entries: ReadonlyMap<JobId, Entry>): void {
  for (const [index, id] of order.entries()) {
    const entry = entries.get(id);
    const position = index + 1;
    if (entry === undefined || entry.reportedPosition === position) continue;
    entry.reportedPosition = position;
    entry.log.append({ type: 'job-queued', position });
  }
}

/** Oldest first, which is the order of the map. */
function forgetFinished(entries: Map<JobId, Entry>, limits: BoardLimits, nowMs: number): void {
  const finished = [...entries.values()].filter((entry) => entry.endedAtMs !== undefined);
  let count = finished.length;
  let bytes = finished.reduce((sum, entry) => sum + sizeOf(entry), 0);
  for (const entry of finished) {
    const isTooOld = nowMs - (entry.endedAtMs ?? nowMs) > limits.finishedAgeMaxMs;
    const isTooMuch = count > limits.finishedMax || (bytes > limits.finishedBytesMax && count > 1);
    if (!isTooOld && !isTooMuch) return;
    entries.delete(entry.id);
    count -= 1;
    bytes -= sizeOf(entry);
  }
}

function sizeOf(entry: Entry): number {
  return entry.images.reduce((sum, image) => sum + image.byteLength, entry.log.sizeBytes);
}

/** The picture under a key made by toJobImageKey, of a job that is still known. */
export function readJobImage(board: Pick<JobBoard, 'find'>, key: string): Uint8Array | undefined {
  const [, id, index] = /^jobs\/([A-Za-z0-9_-]{1,64})\/images\/(\d{1,3})$/.exec(key) ?? [];
  return id === undefined ? undefined : board.find(id)?.images[Number(index)];
}
