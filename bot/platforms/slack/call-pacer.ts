/**
 * One budget of calls for the whole workspace: Slack counts per method and minute, all jobs together. Results wait for
 * their turn; previews take only what is left over, and what they cannot have at once is dropped.
 * https://docs.slack.dev/apis/web-api/rate-limits
 */
import { SLACK_LIMITS } from './limits.ts';

const { tier2, tier3, tier4, posts } = SLACK_LIMITS.callsPerMinute;
const WINDOW_MS = 60_000;

/** Methods that the bot calls; what is not listed counts as Tier 3. */
const CALLS_PER_MINUTE: Readonly<Record<string, number>> = {
  'chat.postMessage': posts,
  'chat.postEphemeral': tier4,
  'conversations.list': tier2,
  'files.completeUploadExternal': tier4,
  'files.getUploadURLExternal': tier4,
  'files.info': tier4,
  'users.info': tier4,
  'views.open': tier4,
  'views.publish': tier4,
  'views.update': tier4,
};

export interface PacerTime {
  nowMs(): number;
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}

interface Lane {
  /** Moments of the latest calls, oldest first. */
  calls: number[];
  blockedUntilMs: number;
  /** Who waits, in order. */
  turn: Promise<void>;
  waiting: number;
}

export class CallPacer {
  readonly #time: PacerTime;
  readonly #lanes = new Map<string, Lane>();
  readonly #channels = new Map<string, { nextAtMs: number }>();

  constructor(time: PacerTime) {
    this.#time = time;
  }

  /** Resolves when the call may be made, first come, first served. */
  take(method: string, signal?: AbortSignal): Promise<void> {
    const lane = this.#lane(method);
    lane.waiting += 1;
    const turn = lane.turn.then(async () => {
      try {
        await this.#wait(lane, callsPerMinute(method), signal);
      } finally {
        lane.waiting -= 1;
      }
    });
    lane.turn = turn;
    return turn;
  }

  /** For a preview: true when the call may be made now without taking anything from a result. */
  tryTake(method: string): boolean {
    const lane = this.#lane(method);
    const nowMs = this.#time.nowMs();
    forget(lane, nowMs);
    const isFree = lane.calls.length < callsPerMinute(method) * SLACK_LIMITS.previewShare;
    if (!isFree || lane.waiting > 0 || lane.blockedUntilMs > nowMs) return false;
    lane.calls.push(nowMs);
    return true;
  }

  /** Slack said to come back later. */
  refuse(method: string, retryAfterMs: number): void {
    const lane = this.#lane(method);
    lane.blockedUntilMs = Math.max(lane.blockedUntilMs, this.#time.nowMs() + retryAfterMs);
  }

  /** About one message a second in each channel. */
  async takeChannel(channelId: string, signal?: AbortSignal): Promise<void> {
    const nowMs = this.#time.nowMs();
    for (const [id, { nextAtMs }] of this.#channels) {
      if (nextAtMs < nowMs) this.#channels.delete(id);
    }
    const channel = this.#channels.get(channelId) ?? { nextAtMs: nowMs };
    const waitMs = channel.nextAtMs - nowMs;
    channel.nextAtMs = Math.max(nowMs, channel.nextAtMs) + SLACK_LIMITS.postIntervalMs;
    this.#channels.set(channelId, channel);
    if (waitMs > 0) await this.#time.sleep(waitMs, signal);
  }

  /**
   * How far apart the edits of one message should be while so many jobs are drawn: the budget of previews shared by
   * all of them, and never less than what is pleasant.
   */
  previewIntervalMs(runningJobs: number): number {
    const perMinute = callsPerMinute('chat.update') * SLACK_LIMITS.previewShare;
    return Math.max(SLACK_LIMITS.previewIntervalMs, (WINDOW_MS / perMinute) * runningJobs);
  }

  #lane(method: string): Lane {
    const known = this.#lanes.get(method);
    if (known !== undefined) return known;
    const lane = { calls: [], blockedUntilMs: 0, turn: Promise.resolve(), waiting: 0 };
    this.#lanes.set(method, lane);
    return lane;
  }

  async #wait(lane: Lane, limit: number, signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      if (signal?.aborted) return;
      const nowMs = this.#time.nowMs();
      forget(lane, nowMs);
      const oldest = lane.calls.length < limit ? undefined : lane.calls.at(-limit);
      const freeAtMs = Math.max(lane.blockedUntilMs, oldest === undefined ? 0 : oldest + WINDOW_MS);
      if (freeAtMs <= nowMs) {
        lane.calls.push(nowMs);
        return;
      }
      await this.#time.sleep(freeAtMs - nowMs, signal);
    }
  }
}

const callsPerMinute = (method: string): number => CALLS_PER_MINUTE[method] ?? tier3;

function forget(lane: Lane, nowMs: number): void {
  lane.calls = lane.calls.filter((atMs) => atMs > nowMs - WINDOW_MS);
}
