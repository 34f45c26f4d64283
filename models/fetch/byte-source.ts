/** Where the bytes of a package come from: a hub, a bucket, a folder. The port that the downloader reads through. */

export interface Checksum {
  /** `git-sha1` is the hash that git gives a blob: of its length and its content. */
  algorithm: 'sha256' | 'git-sha1';
  /** Hexadecimal, lower case. */
  hex: string;
}

/** A file as its source lists it; what arrives is held against this. */
export interface RemoteFile {
  /** Below the package's folder, with forward slashes. */
  path: string;
  sizeBytes: number;
  /** None where the source keeps none: then the length alone is checked. */
  checksum?: Checksum | undefined;
}

/** From `start` up to, not including, `end`; both count from the file's first byte. */
export interface ByteRange {
  start: number;
  end: number;
}

export interface ByteSource {
  /**
   * The bytes of the range in order, in pieces of any length. May end early, as cut connections do: the caller asks for
   * the rest. Throws a FetchError.
   */
  read(file: RemoteFile, range: ByteRange, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/** What went wrong on the way, as one sentence for a person. */
export class FetchError extends Error {
  override readonly name = 'FetchError';
  /** Whether asking again may help: a cut, a server that is busy. */
  readonly isRetryable: boolean;
  /** How long the server asked to be left alone. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    options: { isRetryable?: boolean; retryAfterMs?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.isRetryable = options.isRetryable ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }
}
