/** What a hub keeps of one model: files with the hashes that git and LFS give them, under one commit. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface HubFile {
  path: string;
  content: Buffer;
  /** Of the blob in git: the file itself, or the pointer to it. */
  gitOid: string;
  /** sha256 of the file, where LFS keeps it. */
  lfsOid: string | undefined;
}

export interface HubRepository {
  /** "owner/name" */
  id: string;
  commit: string;
  files: readonly HubFile[];
  card: Readonly<Record<string, unknown>>;
  /** Only these tokens may read it. */
  tokens: readonly string[] | undefined;
  /** Its name and card may be seen by all, its files only by `tokens`. */
  isGated: boolean;
}

const IN_GIT = /\.(?:json|txt|md)$/;

function gitHash(content: Buffer): string {
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}

const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');

function toHubFile(path: string, content: Buffer): HubFile {
  if (IN_GIT.test(path)) return { path, content, gitOid: gitHash(content), lfsOid: undefined };
  const lfsOid = sha256(content);
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${lfsOid}\nsize ${content.length}\n`;
  return { path, content, gitOid: gitHash(Buffer.from(pointer)), lfsOid };
}

export function createRepository(
  id: string,
  contents: ReadonlyMap<string, Buffer>,
  facts: Partial<Pick<HubRepository, 'card' | 'tokens' | 'isGated'>> = {},
): HubRepository {
  const files = [...contents].map(([path, content]) => toHubFile(path, content));
  const commit = createHash('sha1')
    .update(files.map(({ path, gitOid }) => `${gitOid} ${path}\n`).join(''))
    .digest('hex');
  return {
    id,
    commit,
    files,
    card: facts.card ?? { license: 'mit' },
    tokens: facts.tokens,
    isGated: facts.isGated ?? false,
  };
}

/** All files below a folder, by path with forward slashes. */
export function readFolder(folder: string): Map<string, Buffer> {
  const contents = new Map<string, Buffer>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const full = join(entry.parentPath, entry.name);
    contents.set(full.slice(folder.length + 1).replaceAll('\\', '/'), readFileSync(full));
  }
  return contents;
}
