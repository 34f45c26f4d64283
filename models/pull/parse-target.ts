/** What is to be pulled: a name of the catalog, a repository of the hub, a bucket's prefix, a folder. */
import { nearestName } from '#contract/nearest-name.ts';
import { existsSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CATALOG, type CatalogEntry } from '../catalog.ts';
import { CommandMistake } from '../command-mistake.ts';
import { modelIdSchema } from '../manifest.ts';

export type PullTarget = {
  /** Under which it is kept, and chosen with --model. */
  id: string;
  /** What the catalog knows of it. */
  entry?: CatalogEntry | undefined;
} & (
  | { kind: 'hub'; repository: string; revision: string }
  | { kind: 's3'; bucket: string; prefix: string }
  | { kind: 'folder'; folder: string }
);

const REPOSITORY = /^[A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9][\w.-]{0,95}$/;
const REVISION = /^(?!.*\.\.)[A-Za-z0-9][\w./-]{0,254}$/;
const S3 = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/;

/** `id`: the name that it is to be kept under. Throws a CommandMistake for what is none of them. */
export function parseTarget(typed: string, id?: string): PullTarget {
  const target = readTarget(typed);
  const chosen = id ?? target.id;
  if (modelIdSchema.safeParse(chosen).success) return { ...target, id: chosen };
  throw new CommandMistake(
    `"${chosen.slice(0, 100)}" cannot be a model's name; choose one of letters, digits, dots and dashes with --as.`,
  );
}

/** As it stands in the address line of a browser. */
const HUB_PAGE =
  /^https?:\/\/(?:huggingface\.co|hf\.co)\/([^/?#]+\/[^/?#]+?)(?:\/tree\/([^/?#]+))?\/?(?:[?#].*)?$/;

function readTarget(given: string): PullTarget {
  const [, page, branch] = HUB_PAGE.exec(given) ?? [];
  const typed = page === undefined ? given : `${page}${branch === undefined ? '' : `@${branch}`}`;
  if (typed.startsWith('s3:')) return readS3(typed);
  if (/^(?:file:|\/|\.\.?(?:[/\\]|$)|[A-Za-z]:[/\\])/.test(typed)) return readFolder(typed);
  const [name = '', ...rest] = typed.split('@');
  const revision = rest.join('@');
  if (rest.length > 0 && !REVISION.test(revision)) {
    throw new CommandMistake(
      `"${revision.slice(0, 100)}" is no revision; after the @ stands a branch, a tag or a commit.`,
    );
  }
  const entry =
    CATALOG.find((one) => one.id === name) ?? CATALOG.find((one) => isSame(one, name, revision));
  if (entry !== undefined) {
    return {
      kind: 'hub',
      id: entry.id,
      repository: entry.repository,
      revision: revision || entry.revision,
      entry,
    };
  }
  if (REPOSITORY.test(name)) {
    const id = name.split('/')[1] ?? name;
    return { kind: 'hub', id, repository: name, revision: revision || 'main' };
  }
  if (existsSync(typed) && statSync(typed).isDirectory()) return readFolder(typed);
  throw toUnknown(name);
}

/** A repository may stand in the catalog with a branch of its own. */
const isSame = (entry: CatalogEntry, name: string, revision: string) =>
  entry.repository === name && (revision === '' || revision === entry.revision);

function readS3(typed: string): PullTarget {
  const [, bucket, prefix = ''] = S3.exec(typed) ?? [];
  const id = prefix.replace(/\/+$/, '').split('/').at(-1) || bucket;
  if (bucket === undefined || id === undefined) {
    throw new CommandMistake(
      `"${typed.slice(0, 200)}" is no address in S3; it looks like s3://bucket/models/name.`,
    );
  }
  return { kind: 's3', id, bucket, prefix };
}

function readFolder(typed: string): PullTarget {
  let folder: string;
  try {
    folder = resolve(typed.startsWith('file:') ? fileURLToPath(typed) : typed);
  } catch (cause) {
    throw new CommandMistake(
      `"${typed.slice(0, 200)}" is no address of a folder; it looks like file:///path/to/package.`,
      { cause },
    );
  }
  return { kind: 'folder', id: basename(folder), folder };
}

function toUnknown(name: string): CommandMistake {
  const nearest = nearestName(
    name,
    CATALOG.map(({ id }) => id),
  );
  const hint = nearest === undefined ? '' : ` Did you mean "${nearest}"?`;
  return new CommandMistake(
    `"${name.slice(0, 100)}" is neither a name of the catalog (see npm run models -- list) nor owner/name on the hub, s3://bucket/prefix or a folder.${hint}`,
  );
}
