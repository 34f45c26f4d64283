/** What a package's own card says of its licence, and whether that forbids to earn money with it. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';

/** The card's head is short; what comes after it is prose. */
const CARD_BYTES = 16 * 1024;

/** The licence in the head of README.md, as hubs write it; undefined where there is none. */
export async function readLicence(folder: string): Promise<string | undefined> {
  const card = await readStart(join(folder, 'README.md'));
  const head = /^---\r?\n([\s\S]*?)\r?\n---/.exec(card ?? '')?.[1];
  if (head === undefined) return undefined;
  const valueOf = (key: string) =>
    new RegExp(`^${key}:[ \\t]*["']?([^"'\\r\\n#]+)`, 'm').exec(head)?.[1]?.trim();
  const licence = valueOf('license');
  const name = licence === undefined || licence === 'other' ? valueOf('license_name') : undefined;
  return (name ?? licence)?.slice(0, 200);
}

async function readStart(file: string): Promise<string | undefined> {
  const handle = await open(file).catch(() => undefined);
  if (handle === undefined) return undefined;
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(CARD_BYTES));
    return buffer.toString('utf8', 0, bytesRead);
  } catch {
    // A folder of that name says nothing of a licence either.
    return undefined;
  } finally {
    await handle.close();
  }
}

/** CC BY-NC and its kin, and the research licences of Turbo models. */
const NON_COMMERCIAL = /non?-?\s?commercial|\bnc\b|sai-nc|research[- ]only/i;

export function isNonCommercial(licence: string): boolean {
  return NON_COMMERCIAL.test(licence);
}
