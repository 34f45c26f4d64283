/**
 * Fetches a picture that a person gave: from Slack's own file hosts alone, so that nobody can make this machine ask
 * another, and so that the token is told to nobody else.
 */
import { LIMITS } from '#contract/limits.ts';
import { CommandError } from '../../core/command-error.ts';
import type { SlackFile } from './delivery-schemas.ts';
import { SLACK_LIMITS } from './limits.ts';

const FILE_HOSTS: ReadonlySet<string> = new Set(['files.slack.com', 'slack-files.com']);
const REDIRECTS_MAX = 3;
const BYTES_PER_MEBIBYTE = 1024 * 1024;

export interface DownloadOptions {
  token: string;
  /** The configured Web API: its host may give out files too. */
  apiUrl: string;
  fetch: typeof fetch;
}

/** Throws CommandError with a sentence for the person who gave the file. */
export async function downloadFile(file: SlackFile, options: DownloadOptions): Promise<Uint8Array> {
  const name = file.name ?? 'the file';
  if ((file.size ?? 0) > LIMITS.imageBytes) throw tooLarge(name);
  const address = file.url_private_download ?? file.url_private;
  if (address == null) throw unreadable(name);
  try {
    return await readBody(await follow(new URL(address), options, name), name);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw unreadable(name, error);
  }
}

/** Redirects are followed only from one of Slack's hosts to another. */
async function follow(start: URL, options: DownloadOptions, name: string): Promise<Response> {
  let url = start;
  const signal = AbortSignal.timeout(SLACK_LIMITS.downloadTimeoutMs);
  for (let hop = 0; hop <= REDIRECTS_MAX; hop += 1) {
    if (!isFileHost(url, options.apiUrl)) {
      throw new CommandError(
        `The file ${name} does not lie at Slack; upload the picture itself to Slack and try again.`,
      );
    }
    const response = await options.fetch(url, {
      headers: { authorization: `Bearer ${options.token}` },
      redirect: 'manual',
      signal,
    });
    const location = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || location === null) return response;
    await response.body?.cancel();
    url = new URL(location, url);
  }
  throw unreadable(name);
}

function isFileHost(url: URL, apiUrl: string): boolean {
  const api = new URL(apiUrl);
  if (url.origin === api.origin) return true;
  return url.protocol === 'https:' && url.port === '' && FILE_HOSTS.has(url.hostname);
}

async function readBody(response: Response, name: string): Promise<Uint8Array> {
  const type = response.headers.get('content-type') ?? '';
  // Slack answers with a page to sign in where the token may not read files.
  if (!response.ok || type.startsWith('text/html') || response.body === null) {
    await response.body?.cancel();
    throw unreadable(name);
  }
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body) {
    bytes += part.byteLength;
    if (bytes > LIMITS.imageBytes) throw tooLarge(name);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

const tooLarge = (name: string): CommandError =>
  new CommandError(
    `The file ${name} is too large; send one of at most ${LIMITS.imageBytes / BYTES_PER_MEBIBYTE} MiB.`,
  );

const unreadable = (name: string, cause?: unknown): CommandError =>
  new CommandError(`The file ${name} could not be fetched from Slack; send it again.`, { cause });
