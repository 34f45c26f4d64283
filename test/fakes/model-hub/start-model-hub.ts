/**
 * A hub on this machine: the routes, headers and refusals of the Hugging Face hub, with a second server on another port for
 * large files, to which signed addresses lead. It can be told to misbehave.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HubFile, HubRepository } from './repository.ts';

interface HubRequest {
  server: 'hub' | 'store';
  /** Without the query. */
  path: string;
  range: string | undefined;
  authorization: string | undefined;
  bytesSent: number;
}

/** One thing that goes wrong, for the requests that match, so many times. */
interface Misbehaviour {
  when: RegExp;
  times?: number;
  /** Answers in place of the server; true when it did. */
  act(response: ServerResponse, file: HubFile | undefined): boolean;
  /** Alters what is sent. */
  alter?(content: Buffer): Buffer;
  /** Cuts the connection after so many bytes of the body. */
  cutAfterBytes?: number;
}

export interface ModelHub {
  url: string;
  storeUrl: string;
  requests: HubRequest[];
  misbehave(misbehaviour: Partial<Misbehaviour> & { when: RegExp }): void;
  behave(): void;
  /** Makes the lists say another length than the file has. */
  lieAboutSize(path: string, sizeBytes: number): void;
  add(repository: HubRepository): void;
  stop(): Promise<void>;
}

export interface HubSettings {
  repositories: readonly HubRepository[];
  /** Entries on one page of a tree. */
  pageEntries?: number;
}

const PAGE_ENTRIES = 1_000;
const SIGNATURE = 'signature=abc123';

export async function startModelHub(settings: HubSettings): Promise<ModelHub> {
  const repositories = new Map(settings.repositories.map((one) => [one.id, one]));
  const requests: HubRequest[] = [];
  const lies = new Map<string, number>();
  let misbehaviours: Misbehaviour[] = [];

  const findMisbehaviour = (path: string) => {
    const found = misbehaviours.find(({ when, times }) => when.test(path) && times !== 0);
    if (found?.times !== undefined) found.times -= 1;
    return found;
  };
  const note = (server: HubRequest['server'], request: IncomingMessage): HubRequest => {
    const noted = {
      server,
      path: (request.url ?? '').replace(/\?.*/, ''),
      range: request.headers.range,
      authorization: request.headers.authorization,
      bytesSent: 0,
    };
    requests.push(noted);
    return noted;
  };

  const store = createServer((request, response) => {
    const noted = note('store', request);
    const file = findStored(repositories, noted.path);
    // S3 and its like refuse a request with two ways of saying who asks.
    if (noted.authorization !== undefined) return refuse(response, 400, {});
    if (!request.url?.includes(SIGNATURE)) return refuse(response, 403, {});
    const bad = findMisbehaviour(`store ${file?.path ?? noted.path}`);
    if (bad?.act(response, file) === true) return;
    if (file === undefined) return refuse(response, 404, {});
    sendFile(response, { file, noted, bad, etag: `"${file.lfsOid}"` });
  });
  const storeUrl = await listen(store);

  const hub = createServer((request, response) => {
    const noted = note('hub', request);
    const bad = findMisbehaviour(`hub ${noted.path}`);
    if (bad?.act(response, undefined) === true) return;
    answerAsHub({ request, response, noted, bad });
  });

  interface Exchange {
    request: IncomingMessage;
    response: ServerResponse;
    noted: HubRequest;
    bad: Misbehaviour | undefined;
  }

  function answerAsHub(exchange: Exchange): void {
    const { request, response, noted } = exchange;
    const url = new URL(request.url ?? '/', 'http://hub');
    const api = /^\/api\/models\/([^/]+\/[^/]+)\/(revision|tree)\/([^/]+)$/.exec(url.pathname);
    const resolve = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(url.pathname);
    const id = decodeURIComponent(api?.[1] ?? resolve?.[1] ?? '');
    const repository = repositories.get(id);
    const token = /^Bearer (.+)$/.exec(noted.authorization ?? '')?.[1];
    const isKnown = token !== undefined && repository?.tokens?.includes(token) === true;
    const isHidden = repository?.tokens !== undefined && !repository.isGated && !isKnown;
    if (repository === undefined || isHidden) {
      return refuse(response, token === undefined ? 401 : 404, { 'x-error-code': 'RepoNotFound' });
    }
    const revision = decodeURIComponent(api?.[3] ?? resolve?.[2] ?? '');
    if (!['main', repository.commit].includes(revision)) {
      return refuse(response, 404, { 'x-error-code': 'RevisionNotFound' });
    }
    if (api?.[2] === 'revision') return sendInfo(response, repository);
    if (api?.[2] === 'tree') return sendTree(exchange, repository, url);
    if (repository.isGated && !isKnown) {
      return refuse(response, token === undefined ? 401 : 403, { 'x-error-code': 'GatedRepo' });
    }
    const path = decodeURIComponent(resolve?.[3] ?? '');
    const file = repository.files.find((one) => one.path === path);
    if (file === undefined) return refuse(response, 404, { 'x-error-code': 'EntryNotFound' });
    sendOrRedirect(exchange, repository, file);
  }

  function sendTree({ response }: Exchange, repository: HubRepository, url: URL): void {
    const size = settings.pageEntries ?? PAGE_ENTRIES;
    const entries = toTree(repository, lies);
    const from = Number(url.searchParams.get('cursor') ?? 0);
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    if (from + size < entries.length) {
      url.searchParams.set('cursor', String(from + size));
      headers['link'] = `<${hubUrl}${url.pathname}${url.search}>; rel="next"`;
    }
    response.writeHead(200, headers).end(JSON.stringify(entries.slice(from, from + size)));
  }

  function sendOrRedirect(
    { response, noted, bad }: Exchange,
    repository: HubRepository,
    file: HubFile,
  ) {
    if (file.lfsOid === undefined) {
      return sendFile(response, { file, noted, bad, etag: `"${file.gitOid}"` });
    }
    response
      .writeHead(302, {
        location: `${storeUrl}/${repository.id}/${file.lfsOid}?${SIGNATURE}`,
        'x-repo-commit': repository.commit,
        'x-linked-size': lies.get(file.path) ?? file.content.length,
        'x-linked-etag': `"${file.lfsOid}"`,
      })
      .end();
  }

  const hubUrl = await listen(hub);
  return {
    url: hubUrl,
    storeUrl,
    requests,
    misbehave(misbehaviour) {
      misbehaviours.push({ act: () => false, ...misbehaviour });
    },
    behave() {
      misbehaviours = [];
      lies.clear();
    },
    lieAboutSize: (path, sizeBytes) => void lies.set(path, sizeBytes),
    add: (repository) => void repositories.set(repository.id, repository),
    async stop() {
      await Promise.all([hub, store].map(close));
    },
  };
}

function findStored(
  repositories: ReadonlyMap<string, HubRepository>,
  path: string,
): HubFile | undefined {
  const oid = path.split('/').at(-1);
  return [...repositories.values()]
    .flatMap(({ files }) => files)
    .find(({ lfsOid }) => lfsOid === oid);
}

function sendInfo(response: ServerResponse, repository: HubRepository): void {
  const { id, commit: sha, card: cardData, isGated } = repository;
  const body = { id, sha, cardData, gated: isGated ? 'auto' : false, private: false, tags: [] };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function toTree({ files }: HubRepository, lies: ReadonlyMap<string, number>) {
  const folders = new Set(files.flatMap(({ path }) => path.split('/').slice(0, -1).slice(0, 1)));
  const directories = [...folders].map((path) => ({
    type: 'directory',
    oid: '0'.repeat(40),
    size: 0,
    path,
  }));
  const listed = files.map(({ path, content, gitOid, lfsOid }) => {
    const size = lies.get(path) ?? content.length;
    const lfs = lfsOid === undefined ? {} : { lfs: { oid: lfsOid, size, pointerSize: 135 } };
    return { type: 'file', oid: gitOid, size, path, ...lfs };
  });
  return [...directories, ...listed];
}

interface Sending {
  file: HubFile;
  noted: HubRequest;
  bad: Misbehaviour | undefined;
  etag: string;
}

function sendFile(response: ServerResponse, { file, noted, bad, etag }: Sending): void {
  const content = bad?.alter?.(file.content) ?? file.content;
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(noted.range ?? '') ?? [];
  const start = Number(from ?? 0);
  const end = Math.min(content.length, to === undefined ? content.length : Number(to) + 1);
  const headers = { etag, 'accept-ranges': 'bytes', 'content-type': 'application/octet-stream' };
  if (start >= content.length && content.length > 0) {
    return refuse(response, 416, { 'content-range': `bytes */${content.length}` });
  }
  const body = content.subarray(start, end);
  response.writeHead(from === undefined ? 200 : 206, {
    ...headers,
    'content-length': body.length,
    ...(from === undefined
      ? {}
      : { 'content-range': `bytes ${start}-${end - 1}/${content.length}` }),
  });
  const cutAt = bad?.cutAfterBytes;
  if (cutAt === undefined || cutAt >= body.length) {
    noted.bytesSent = body.length;
    response.end(body);
    return;
  }
  noted.bytesSent = cutAt;
  response.write(body.subarray(0, cutAt), () => setTimeout(() => response.destroy(), 10));
}

function refuse(response: ServerResponse, status: number, headers: Record<string, string>): void {
  response
    .writeHead(status, { 'content-type': 'application/json', ...headers })
    .end('{"error":"no"}');
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
