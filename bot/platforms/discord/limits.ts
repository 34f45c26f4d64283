/** Every number of Discord that the bot keeps to, in one table. Source: discord-api-docs, the page named beside each. */

const MEBIBYTE = 1024 * 1024;

export const DISCORD_LIMITS = {
  /**
   * An interaction must be answered within 3 s (interactions/receiving-and-responding). Until here the answer waits for
   * the real outcome; after it, Discord is told that the bot is thinking.
   */
  patienceMs: 1_200,
  /** A modal can only be the first answer, so it may be waited for a little longer. */
  modalPatienceMs: 2_200,
  /** What autocompletion may take: an answer that comes later is of no use while somebody types. */
  completionMs: 1_500,
  /** Interaction tokens live 15 minutes; a minute before that the bot changes to its own name. */
  tokenUseMs: 14 * 60_000,
  /** Previews closer together than this are dropped. */
  updateIntervalMs: 3_000,
  /** A preview that could not be sent by then has been overtaken by the next. */
  previewTimeoutMs: 6_000,
  requestTimeoutMs: 45_000,
  /** Attachments without a limit of their own (reference, "Uploading files"). */
  attachmentBytes: 10 * MEBIBYTE,
  /** A whole request. A little less than 25 MiB, for the form around the files. */
  requestBytes: 25 * MEBIBYTE - 64 * 1024,
  /** components/reference */
  components: 40,
  textCharacters: 4_000,
  customIdCharacters: 100,
  buttonLabelCharacters: 80,
  rowButtons: 5,
  rows: 5,
  galleryPictures: 10,
  altTextCharacters: 1_024,
  /** interactions/application-commands */
  choices: 25,
  choiceCharacters: 100,
  descriptionCharacters: 100,
  optionCharacters: 6_000,
  /** components/reference, "Text input" */
  modalTextCharacters: 4_000,
  modalTitleCharacters: 45,
  /** Start pictures are fetched from Discord within this time. */
  fetchTimeoutMs: 10_000,
  /** Interactions that are remembered, so that one that comes twice is handled once. */
  rememberedInteractions: 5_000,
  /** The answer of an HTTP interaction, body included, must be here by then. */
  interactionBytes: 2 * MEBIBYTE,
  /** The copy of a picture whose parts are chosen. */
  regionBytes: MEBIBYTE / 2,
  /** The side of an enlarged preview sheet. */
  previewSidePx: 512,
} as const;

/** Where Discord keeps what people upload; pictures are fetched from nowhere else. */
export const ATTACHMENT_HOSTS: readonly string[] = ['cdn.discordapp.com', 'media.discordapp.net'];
