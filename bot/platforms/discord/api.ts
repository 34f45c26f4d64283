/** Discord's REST interface as the adapter needs it, and its errors by name. Knows no SDK. */

export interface ApiFile {
  name: string;
  mediaType: string;
  bytes: Uint8Array;
}

export interface ApiRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  path: `/${string}`;
  body?: unknown;
  /** Go as `files[n]`, in this order. */
  files?: readonly ApiFile[];
  query?: Record<string, string>;
  /** Under the bot's own name; otherwise the token in the path is enough. */
  isBot: boolean;
  /** Ends the wait for a place in the bucket, and the request itself. */
  signal?: AbortSignal | undefined;
}

export interface DiscordApi {
  /** The answer's JSON. Throws DiscordError for what Discord refuses, other errors for what did not get through. */
  request(request: ApiRequest): Promise<unknown>;
}

/** A refusal of Discord. */
export class DiscordError extends Error {
  override readonly name = 'DiscordError';
  readonly status: number;
  /** 0 where Discord gave none. */
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** topics/opcodes-and-status-codes, "JSON" */
const CODES = {
  unknownChannel: 10_003,
  unknownMessage: 10_008,
  unknownWebhook: 10_015,
  unknownInteraction: 10_062,
  tooLarge: 40_005,
  alreadyAcknowledged: 40_060,
  followUpsUsedUp: 40_094,
  missingAccess: 50_001,
  notAuthor: 50_005,
  cannotMessageUser: 50_007,
  missingPermissions: 50_013,
  invalidToken: 50_027,
} as const;
export type DiscordErrorName = keyof typeof CODES;

export function isDiscordError(error: unknown, ...names: DiscordErrorName[]): boolean {
  return error instanceof DiscordError && names.some((name) => CODES[name] === error.code);
}
