/** Numbers of the terminal, in one table. */
export const TERMINAL_LIMITS = {
  /** A progress line redrawn faster than this flickers and costs the engine time. */
  minimumUpdateIntervalMs: 80,
  progressBarCells: 24,
  /** Widest preview, in character cells; one cell shows two pixels above each other. */
  previewCells: 48,
  /** Kitty's graphics protocol takes payloads in chunks of at most this many base64 characters. */
  kittyChunkCharacters: 4_096,
  /** A file whose recipe is read: as large as the largest picture the product makes. */
  recipeFileBytes: 64 * 1024 * 1024,
} as const;
