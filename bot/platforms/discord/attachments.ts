/** Fetches what people attached: from Discord's own hosts alone, within a size and a time. */
import { LIMITS } from '#contract/limits.ts';
import { CommandError } from '../../core/command-error.ts';
import type { Attachment } from '../../core/service.ts';
import { ATTACHMENT_HOSTS, DISCORD_LIMITS } from './limits.ts';
import type { DiscordAttachment } from './parse.ts';

export type FetchAttachment = (attachment: DiscordAttachment) => Promise<Attachment>;

/**
 * The address comes in an interaction, which Discord signed or sent through the gateway; still, nothing but Discord is
 * ever asked, so that no address can lead into the network of the bot. `apiUrl` is a stand-in's in tests.
 */
export function createAttachmentFetcher(apiUrl: string): FetchAttachment {
  const { origin: apiOrigin } = new URL(apiUrl);
  return async ({ filename, size, url, content_type: mediaType }) => {
    const name = filename.slice(0, LIMITS.nameCharacters);
    if (!isTrusted(url, apiOrigin)) {
      throw new CommandError(`${name} is not kept by Discord; attach the file itself.`);
    }
    if (size > LIMITS.imageBytes) throw tooLarge(name);
    const bytes = await download(url, name);
    return { role: 'image', name, mediaType: mediaType ?? 'application/octet-stream', bytes };
  };
}

function isTrusted(text: string, apiOrigin: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return false;
  const isDiscord =
    url.protocol === 'https:' && url.port === '' && ATTACHMENT_HOSTS.includes(url.hostname);
  return isDiscord || url.origin === apiOrigin;
}

async function download(url: string, name: string): Promise<Uint8Array> {
  try {
    const response = await fetch(url, {
      // A redirect would lead where nobody looked.
      redirect: 'error',
      signal: AbortSignal.timeout(DISCORD_LIMITS.fetchTimeoutMs),
    });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return await readWithin(response, name);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`${name} could not be fetched from Discord; attach it again.`, {
      cause: error,
    });
  }
}

/** What the other side says about the size is not trusted: bytes are counted. */
async function readWithin(response: Response, name: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of response.body ?? []) {
    const bytes = chunk as Uint8Array;
    total += bytes.byteLength;
    if (total > LIMITS.imageBytes) throw tooLarge(name);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

const tooLarge = (name: string): CommandError =>
  new CommandError(
    `${name} is larger than ${LIMITS.imageBytes / 1024 / 1024} MiB; attach a smaller file.`,
  );
