/** A repository of a Hugging Face hub at one fixed commit. Routes and headers as huggingface.co/docs/hub/api states them. */
import * as z from 'zod';
import {
  FetchError,
  type ByteRange,
  type Checksum,
  type RemoteFile,
} from '../fetch/byte-source.ts';
import {
  createHttpClient,
  readText,
  type HttpAnswer,
  type HttpClient,
} from '../fetch/http-client.ts';
import { readRange, toLengthError, toRangeHeader } from '../fetch/read-range.ts';
import { retry, type RetryPolicy } from '../fetch/retry.ts';
import { toHubError } from './hub-error.ts';
import { LISTED_FILES_MAX, type PackageSource, type StatedLicence } from './package-source.ts';

/** The hub's own documented address. */
export const DEFAULT_HUB = 'https://huggingface.co';

const ANSWER_BYTES_MAX = 16 * 1024 * 1024;
const PAGES_MAX = 100;

export interface HubOptions {
  /** HF_ENDPOINT. */
  endpoint: string;
  /** HF_TOKEN; sent to the endpoint alone. */
  token: string | undefined;
  /** "owner/name". */
  repository: string;
  /** Branch, tag or commit. */
  revision: string;
  retry: RetryPolicy;
}

const infoSchema = z.looseObject({
  sha: z.string().regex(/^[0-9a-f]{40,64}$/),
  cardData: z
    .looseObject({
      license: z
        .union([z.string(), z.array(z.string())])
        .optional()
        .catch(undefined),
      license_name: z.string().optional().catch(undefined),
      license_link: z.string().optional().catch(undefined),
    })
    .nullish()
    .catch(undefined),
  tags: z.array(z.string()).optional().catch(undefined),
});

const treeSchema = z.array(
  z.looseObject({
    type: z.string(),
    path: z.string().max(4_096),
    size: z.int().min(0).optional(),
    oid: z
      .string()
      .regex(/^[0-9a-f]{40,64}$/)
      .optional(),
    /** Of the file itself, where git keeps a pointer to it only. */
    lfs: z.looseObject({ oid: z.string().regex(/^[0-9a-f]{64}$/), size: z.int().min(0) }).nullish(),
  }),
);
type TreeEntry = z.infer<typeof treeSchema>[number];

/** Throws a FetchError for an endpoint that is no address. */
export function createHubSource(options: HubOptions): PackageSource {
  const endpoint = parseEndpoint(options.endpoint);
  const client = createHttpClient({ origin: new URL(endpoint).origin, token: options.token });
  const { repository } = options;
  // Fixed by list(), so that nothing changes while it is fetched.
  let commit = options.revision;

  return {
    async list(signal) {
      const ask = { client, options, endpoint, signal };
      const revision = encodeURIComponent(options.revision);
      const info = await askJson(
        `${endpoint}/api/models/${repository}/revision/${revision}`,
        infoSchema,
        ask,
      );
      commit = info.content.sha;
      const files = await listTree(
        `${endpoint}/api/models/${repository}/tree/${commit}?recursive=true`,
        ask,
      );
      return {
        address: `${endpoint}/${repository}`,
        revision: commit,
        licence: toLicence(info.content, `${endpoint}/${repository}/blob/${commit}`),
        files,
      };
    },
    async *read(file: RemoteFile, range: ByteRange, signal: AbortSignal) {
      const path = file.path.split('/').map(encodeURIComponent).join('/');
      // No If-Range: the commit fixes the content, and its checksum is looked at in the end.
      const answer = await client.get(`${endpoint}/${repository}/resolve/${commit}/${path}`, {
        headers: toRangeHeader(file, range),
        signal,
      });
      await refuseStatus(answer, file.path, options);
      refuseOtherLength(answer, file);
      yield* readRange(answer, file, range);
    },
  };
}

function parseEndpoint(endpoint: string): string {
  if (URL.canParse(endpoint)) {
    const { protocol, username, password, href } = new URL(endpoint);
    const isPlain = /^https?:$/.test(protocol) && username === '' && password === '';
    if (isPlain) return href.replace(/[/?#]+$/, '');
  }
  throw new FetchError(
    'HF_ENDPOINT is no address of a hub; it looks like https://hub.example.com. Leave it out for the default.',
  );
}

interface Asking {
  client: HttpClient;
  options: HubOptions;
  endpoint: string;
  signal: AbortSignal;
}

async function askJson<Schema extends z.ZodType>(
  url: string,
  schema: Schema,
  { client, options, signal }: Asking,
): Promise<{ content: z.infer<Schema>; headers: Headers }> {
  return retry(
    async () => {
      const answer = await client.get(url, { headers: { accept: 'application/json' }, signal });
      await refuseStatus(answer, undefined, options);
      const text = await readText(
        answer,
        ANSWER_BYTES_MAX,
        `The hub's answer about ${options.repository}`,
      );
      const parsed = schema.safeParse(parseJson(text));
      if (parsed.success) return { content: parsed.data, headers: answer.headers };
      throw new FetchError(
        `${new URL(url).host} does not answer as a model hub does; check HF_ENDPOINT, and that no proxy or login page stands between.`,
      );
    },
    { policy: options.retry, signal },
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function listTree(firstUrl: string, ask: Asking): Promise<RemoteFile[]> {
  const files: RemoteFile[] = [];
  let url: string | undefined = firstUrl;
  for (let page = 1; url !== undefined; page += 1) {
    const { content, headers } = await askJson(url, treeSchema, ask);
    for (const entry of content) if (entry.type === 'file') files.push(toRemoteFile(entry));
    if (page >= PAGES_MAX || files.length > LISTED_FILES_MAX) {
      throw new FetchError(
        `${ask.options.repository} lists more than ${LISTED_FILES_MAX} files, which no model package has; choose another.`,
      );
    }
    url = nextPage(headers, url);
  }
  return files;
}

/** RFC 8288: `Link: <address>; rel="next"`. */
function nextPage(headers: Headers, from: string): string | undefined {
  const link = /<([^>]*)>[^,]*;\s*rel="?next"?/.exec(headers.get('link') ?? '')?.[1];
  if (link === undefined || !URL.canParse(link, from)) return undefined;
  const next = new URL(link, from);
  // Hubs behind a proxy name themselves as they know themselves: only the place in the list is taken from there.
  const page = new URL(from);
  page.search = next.search;
  return page.href === from ? undefined : page.href;
}

function toRemoteFile(entry: TreeEntry): RemoteFile {
  const checksum: Checksum | undefined =
    entry.lfs != null
      ? { algorithm: 'sha256', hex: entry.lfs.oid }
      : entry.oid?.length === 40
        ? { algorithm: 'git-sha1', hex: entry.oid }
        : undefined;
  return { path: entry.path, sizeBytes: entry.lfs?.size ?? entry.size ?? 0, checksum };
}

/** A link may be the name of a file in the repository. */
function toLicence({ cardData, tags }: z.infer<typeof infoSchema>, root: string): StatedLicence {
  const link = cardData?.license_link;
  const stated = cardData?.license;
  const fromTag = tags?.find((tag) => tag.startsWith('license:'))?.slice('license:'.length);
  return {
    id: (Array.isArray(stated) ? stated.join(', ') : stated) ?? fromTag,
    name: cardData?.license_name,
    link: link === undefined || URL.canParse(link) ? link : `${root}/${link}`,
  };
}

async function refuseStatus(
  answer: HttpAnswer,
  path: string | undefined,
  options: HubOptions,
): Promise<void> {
  if (answer.status === 200 || answer.status === 206) return;
  await answer.discard();
  throw toHubError(answer, path, options);
}

/** The hub says how long a file is before it sends on to where the file lies. */
function refuseOtherLength(answer: HttpAnswer, file: RemoteFile): void {
  for (const headers of answer.redirects) {
    const said = headers.get('x-linked-size');
    if (said !== null && Number(said) !== file.sizeBytes) throw toLengthError(file, said);
  }
}
