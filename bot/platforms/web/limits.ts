/** Every number of the local chat page's server, in one table. */
export const WEB_LIMITS = {
  /** Longer than any prompt may be, so that the core's own sentence about long prompts is the one that is read. */
  messageCharacters: 20_000,
  /** A character takes at most 6 bytes as a JSON escape; the rest is for the other fields. */
  bodyBytes: 6 * 20_000 + 4 * 1024,
  actionIdCharacters: 100,
  deliveryIdCharacters: 64,
  historyPage: { default: 20, max: 50 },
  /** One window is one open stream. */
  eventClients: 64,
  /** A client that read nothing for this long gives its place up when all are taken. */
  stalledAfterMs: 60_000,
  /** Comments keep proxies from cutting a quiet stream. */
  heartbeatMs: 15_000,
  /** What a client waits before it connects again, RFC-wise the `retry` field of the stream. */
  reconnectMs: 1_000,
  /** Jobs whose latest card, or removal, is kept for windows that come back. Older: they read the history anew. */
  rememberedJobs: 400,
  /** Previews closer together than this are dropped by the core: 20 a second look smooth. */
  updateIntervalMs: 50,
  /** Ports that are tried when none was asked for. */
  portsTried: 50,
  connections: 512,
  /** For a whole request to arrive; the largest is 124 kB. Event streams are answers and not bound by it. */
  requestTimeoutMs: 15_000,
  downloadNameCharacters: 60,
} as const;

/** The one channel of the local page. */
export const WEB_CHANNEL_ID = 'imagine';
