/** Every number of Slack's that the bot must keep, in one table. Sources: docs.slack.dev, the page named at each. */
export const SLACK_LIMITS = {
  /** interactivity: a payload must be acknowledged within 3 s; this leaves the network two thirds of it. */
  acknowledgeWithinMs: 1_000,
  /** interactivity/handling-user-interaction: a response_url lives for 30 minutes; a minute of it is for the way. */
  responseUrlLifeMs: 29 * 60_000,
  /** authentication/verifying-requests-from-slack: older requests may be replayed ones. */
  signatureAgeMs: 5 * 60_000,
  /** The largest bodies are submitted views; 250 kB is what a view may have, and forms triple some of it. */
  requestBytes: 1024 * 1024,
  /** reference/block-kit/blocks */
  blocks: { message: 50, view: 100 },
  actionsElements: 25,
  sectionCharacters: 3_000,
  contextCharacters: 2_000,
  altTextCharacters: 2_000,
  buttonTextCharacters: 75,
  selectOptions: 100,
  optionCharacters: 75,
  optionValueCharacters: 150,
  modalTitleCharacters: 24,
  metadataCharacters: 3_000,
  inputCharacters: 3_000,
  /** slackapi/bolt-js#2509: a sum over all blocks that is written nowhere; well below what people report. */
  messageCharacters: 12_000,
  /** files.getUploadURLExternal */
  fileAltTextCharacters: 1_000,
  /** apis/web-api/rate-limits, per method and workspace, a tenth left for what others of the app call. */
  callsPerMinute: { tier2: 18, tier3: 45, tier4: 90, posts: 270 },
  /** chat.postMessage: about one message a second in one channel. */
  postIntervalMs: 1_050,
  /** Previews use at most this share of the calls that there are: the rest is kept for results. */
  previewShare: 0.6,
  /** Edits of one message closer together than this help nobody, even where nobody else draws. */
  previewIntervalMs: 3_000,
  /** apis/events-api/using-socket-mode allows 10; two leave no gap while one is renewed. */
  connections: 2,
  /** Copies of pictures that a workspace finds too large. */
  smallerPictureBytes: 1024 * 1024,
  /** Wide enough for Slack to show it at the width of a message. */
  previewSidePx: 512,
  callTimeoutMs: 20_000,
  uploadTimeoutMs: 60_000,
  downloadTimeoutMs: 20_000,
  /** From the completion of an upload until the picture can be shown. */
  processingTimeoutMs: 45_000,
  /** A result later than this is announced by a message of its own, since edits notify nobody. */
  announceAfterMs: 60_000,
  /** Tries of a call that failed in passing, and the longest pause between two. */
  callTries: 6,
  retryPauseMs: { first: 400, longest: 15_000 },
  galleryEntries: 8,
  rememberedFiles: 2_000,
  userCacheMs: 10 * 60_000,
} as const;
