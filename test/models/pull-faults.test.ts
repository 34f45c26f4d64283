/** A pull against a hub that misbehaves: the exact bytes arrive, or a clear sentence does and a second try goes on. */
import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { FetchError } from '../../models/fetch/byte-source.ts';
import { pullPackage, type PullOptions } from '../../models/pull/pull-package.ts';
import { parseTarget } from '../../models/pull/parse-target.ts';
import { createHubSource } from '../../models/sources/hub-source.ts';
import { createRepository, readFolder, type HubRepository } from '../fakes/model-hub/repository.ts';
import { startModelHub, type ModelHub } from '../fakes/model-hub/start-model-hub.ts';
import { withSmallDisk } from '../fakes/small-disk.ts';
import { makeTemporaryFolder } from '../fakes/temporary-folder.ts';
import { tinyModelFolder } from '../fixture-paths.ts';

const PART_BYTES = 64 * 1024;
const TOKEN = 'hf_secretsecretsecret';
const contents = readFolder(tinyModelFolder);
const UNET = 'unet/model.onnx';
const UNET_BYTES = contents.get(UNET)?.length ?? 0;

let hub: ModelHub;
let repository: HubRepository;
beforeAll(async () => {
  repository = createRepository('ada/tiny', contents);
  hub = await startModelHub({
    repositories: [
      repository,
      createRepository('ada/private', contents, { tokens: [TOKEN] }),
      createRepository('ada/gated', contents, { tokens: [TOKEN], isGated: true }),
    ],
    pageEntries: 4,
  });
});
afterAll(() => hub.stop());
afterEach(() => {
  hub.behave();
  hub.requests.length = 0;
});

interface PullSettings extends Partial<PullOptions> {
  token?: string;
  id?: string;
  endpoint?: string;
}

function pull(modelsFolder: string, settings: PullSettings = {}) {
  const { token, id = 'ada/tiny', endpoint = hub.url, ...options } = settings;
  const retry = { attemptsMax: 4, firstDelayMs: 1, delayMaxMs: 5, retryAfterMaxMs: 1_500 };
  const target = parseTarget(id);
  if (target.kind !== 'hub') throw new Error('not a hub address');
  const { repository: name, revision } = target;
  return pullPackage({
    target,
    source: createHubSource({ endpoint, token, repository: name, revision, retry }),
    modelsFolder,
    bytesMax: 1e9,
    retry,
    signal: new AbortController().signal,
    progress: {},
    download: { connections: 3, partBytes: PART_BYTES },
    agree: async () => undefined,
    ...options,
  });
}

const messageOf = (pulling: Promise<unknown>) =>
  pulling.then(
    () => 'it succeeded',
    (error: unknown) =>
      error instanceof FetchError ? error.message : `unexpected: ${String(error)}`,
  );

function expectExactBytes(folder: string): void {
  for (const [path, content] of contents) {
    const isTheSame =
      existsSync(join(folder, path)) && readFileSync(join(folder, path)).equals(content);
    expect(isTheSame, path).toBe(true);
  }
  expect(
    readdirSync(folder, { recursive: true }).filter((name) => String(name).includes('partial')),
  ).toEqual([]);
}

const leftBeside = (folder: string) => readdirSync(folder).filter((name) => name.startsWith('.'));
const bytesFromStore = (path: RegExp) =>
  hub.requests
    .filter(({ server, path: asked }) => server === 'store' && path.test(asked))
    .reduce((sum, { bytesSent }) => sum + bytesSent, 0);
const oidOf = (path: string) =>
  new RegExp(repository.files.find((file) => file.path === path)?.lfsOid ?? 'none');

test('a whole package arrives: in parts over several connections, through pages and redirects, under one commit', async () => {
  const folder = makeTemporaryFolder();
  const outcome = await pull(folder);
  expect(outcome).toMatchObject({ status: 'pulled', found: { status: 'usable', id: 'tiny' } });
  expectExactBytes(join(folder, 'tiny'));
  expect(leftBeside(folder)).toEqual([]);
  const manifest = JSON.parse(readFileSync(join(folder, 'tiny', 'manifest.json'), 'utf8'));
  expect(manifest.origin).toEqual({ address: `${hub.url}/ada/tiny`, revision: repository.commit });
  expect(manifest.files.find((file: { path: string }) => file.path === UNET)).toEqual({
    path: UNET,
    sizeBytes: UNET_BYTES,
    sha256: repository.files.find((file) => file.path === UNET)?.lfsOid,
  });
  const parts = hub.requests.filter(
    ({ server, path }) => server === 'store' && oidOf(UNET).test(path),
  );
  expect(parts.length).toBe(Math.ceil(UNET_BYTES / PART_BYTES));
  expect(hub.requests.filter(({ path }) => path.includes('/tree/')).length).toBeGreaterThan(1);
});

test('the token goes to the hub and never to where the hub sends on', async () => {
  const folder = makeTemporaryFolder();
  await pull(folder, { id: 'ada/private', token: TOKEN });
  expectExactBytes(join(folder, 'private'));
  const at = (server: string) => hub.requests.filter((request) => request.server === server);
  expect(new Set(at('hub').map(({ authorization }) => authorization))).toEqual(
    new Set([`Bearer ${TOKEN}`]),
  );
  expect(at('store').length).toBeGreaterThan(5);
  expect(at('store').filter(({ authorization }) => authorization !== undefined)).toEqual([]);
});

test('connections that are cut again and again cost no byte twice', async () => {
  const folder = makeTemporaryFolder();
  hub.misbehave({ when: /^store unet/, times: 6, cutAfterBytes: 20_000 });
  await pull(folder);
  expectExactBytes(join(folder, 'tiny'));
  expect(bytesFromStore(oidOf(UNET))).toBe(UNET_BYTES);
});

test('a line that stays dead is a sentence, and the second try fetches only what is missing', async () => {
  const folder = makeTemporaryFolder();
  hub.misbehave({ when: /^store unet/, times: 3, cutAfterBytes: 30_000 });
  hub.misbehave({ when: /^store unet/, cutAfterBytes: 0 });
  expect(await messageOf(pull(folder))).toMatch(/cut the connection; run the same command again/);
  expect(readdirSync(folder)).toEqual(['.tiny.pull']);
  const first = bytesFromStore(oidOf(UNET));
  expect(first).toBe(90_000);
  hub.behave();
  hub.requests.length = 0;
  await pull(folder);
  expectExactBytes(join(folder, 'tiny'));
  expect(bytesFromStore(oidOf(UNET))).toBe(UNET_BYTES - first);
});

test('a stop keeps what arrived', async () => {
  const folder = makeTemporaryFolder();
  const stopping = new AbortController();
  const progress = { onBytes: (bytes: number) => void (bytes > 200_000 && stopping.abort()) };
  await expect(pull(folder, { signal: stopping.signal, progress })).rejects.toThrow('aborted');
  const before = hub.requests.reduce((sum, { bytesSent }) => sum + bytesSent, 0);
  hub.requests.length = 0;
  await pull(folder);
  expectExactBytes(join(folder, 'tiny'));
  expect(before).toBeGreaterThan(200_000);
  expect(bytesFromStore(/./)).toBeLessThan(
    [...contents.values()].reduce((sum, { length }) => sum + length, 0) - 100_000,
  );
});

const flip = (content: Buffer) => {
  const copy = Buffer.from(content);
  copy[1_000] = (copy[1_000] ?? 0) ^ 1;
  return copy;
};

test('one wrong bit is noticed and fetched again', async () => {
  const folder = makeTemporaryFolder();
  hub.misbehave({ when: /^store vae_decoder/, times: 1, alter: flip });
  await pull(folder);
  expectExactBytes(join(folder, 'tiny'));
});

test('a file that stays wrong never becomes a package', async () => {
  const folder = makeTemporaryFolder();
  hub.misbehave({ when: /^store vae_decoder/, alter: flip });
  expect(await messageOf(pull(folder))).toMatch(
    /^vae_decoder\/model\.onnx arrived with other content .*sha256 should be/,
  );
  expect(existsSync(join(folder, 'tiny'))).toBe(false);
  hub.behave();
  await pull(folder);
  expectExactBytes(join(folder, 'tiny'));
});

test("small files that git keeps are held against git's own hash", async () => {
  const folder = makeTemporaryFolder();
  const swap = (content: Buffer) => Buffer.from(content.toString('utf8').replace('a', 'b'));
  hub.misbehave({ when: /^hub .*scheduler_config/, alter: swap });
  const altering = createRepository('ada/tiny', contents);
  const index = altering.files.findIndex(({ path }) => path.includes('scheduler_config'));
  const file = altering.files[index];
  if (file === undefined) throw new Error('no scheduler');
  hub.add({ ...altering, files: altering.files.with(index, { ...file, gitOid: 'f'.repeat(40) }) });
  try {
    expect(await messageOf(pull(folder))).toMatch(
      /scheduler_config\.json arrived with other content .*git-sha1/,
    );
  } finally {
    hub.add(altering);
  }
});

const answer = (status: number, headers: Record<string, string> = {}, body = '') => ({
  act(response: import('node:http').ServerResponse) {
    response.writeHead(status, headers).end(body);
    return true;
  },
});

test.each([
  ['500', answer(500)],
  ['503', answer(503, { 'retry-after': '0' })],
  ['429', answer(429, { 'retry-after': '1' })],
])('a passing %s is waited out', async (_name, behaviour) => {
  const folder = makeTemporaryFolder();
  hub.misbehave({ when: /^store unet/, times: 2, ...behaviour });
  hub.misbehave({ when: /^hub \/api/, times: 1, ...behaviour });
  await pull(folder);
  expectExactBytes(join(folder, 'tiny'));
});

test.each([
  ['500', /^hub \/api/, answer(500), /answers 500 for ada\/tiny; run the same command again later/],
  [
    '429 for long',
    /^hub \/api/,
    answer(429, { 'retry-after': '600' }),
    /takes no more requests for now; run .* in 600 seconds, or set HF_TOKEN/,
  ],
  [
    '404 of a file',
    /^store unet/,
    answer(404),
    /^unet\/model\.onnx of ada\/tiny is listed and not there/,
  ],
  [
    'a login page',
    /^hub \/api/,
    answer(200, { 'content-type': 'text/html' }, '<html>'),
    /does not answer as a model hub does; check HF_ENDPOINT/,
  ],
  [
    'a page for a file',
    /^store unet/,
    answer(200, { 'content-type': 'text/html' }, '<html>'),
    /^A web page came in place of unet\/model\.onnx/,
  ],
  [
    'redirects in a ring',
    /^hub \/api/,
    answer(302, { location: '/api/models/ada/tiny' }),
    /from one address to the next without end/,
  ],
  [
    'a redirect to nowhere',
    /^hub \/api/,
    answer(302, { location: 'ftp://x/' }),
    /sends on to no address at all/,
  ],
  [
    'a short answer to a long question',
    /^store unet/,
    answer(206, { 'content-range': 'bytes 5-9/10' }, '12345'),
    /Another part of unet\/model\.onnx came/,
  ],
] as const)('%s is one sentence', async (_name, when, behaviour, sentence) => {
  const folder = makeTemporaryFolder();
  hub.misbehave({ when, ...behaviour });
  expect(await messageOf(pull(folder))).toMatch(sentence);
  hub.behave();
  await pull(folder);
  expectExactBytes(join(folder, 'tiny'));
});

test.each([
  ['ada/nobody', undefined, /has no open model ada\/nobody; check the spelling, or set HF_TOKEN/],
  ['ada/private', undefined, /has no open model ada\/private/],
  [
    'ada/private',
    'hf_wrongwrongwrong',
    /has no model ada\/private that the account of HF_TOKEN may see/,
  ],
  [
    'ada/gated',
    undefined,
    /is given only to people who accepted its terms: do so at .*, then set HF_TOKEN/,
  ],
  ['ada/gated', 'hf_wrongwrongwrong', /to the account of HF_TOKEN; accept its terms at/],
  ['ada/tiny@v9', undefined, /ada\/tiny has no revision "v9"/],
] as const)('%s with the token %s is refused with the remedy', async (id, token, sentence) => {
  const message = await messageOf(pull(makeTemporaryFolder(), { id, ...(token && { token }) }));
  expect(message).toMatch(sentence);
  expect(message).not.toContain(token ?? 'hf_');
});

test.each([
  ['larger', UNET_BYTES + 5_000],
  ['smaller', UNET_BYTES - 5_000],
])('a list that makes a file %s than it is, is caught', async (_name, sizeBytes) => {
  const folder = makeTemporaryFolder();
  hub.lieAboutSize(UNET, sizeBytes);
  expect(await messageOf(pull(folder))).toMatch(
    new RegExp(`^unet/model.onnx has ${UNET_BYTES} bytes where its source lists ${sizeBytes}`),
  );
  hub.behave();
  await pull(folder);
  expectExactBytes(join(folder, 'tiny'));
});

test('absurd lengths are refused before anything is fetched', async () => {
  const folder = makeTemporaryFolder();
  hub.lieAboutSize(UNET, 5e12);
  expect(await messageOf(pull(folder))).toMatch(
    /^tiny has 5000\.00 GB, more than the limit of 1\.00 GB; raise it with --max-gb/,
  );
  expect(await messageOf(pull(folder, { bytesMax: 1e15 }))).toMatch(
    /5000\.00 GB are to be fetched and the disk has/,
  );
  hub.behave();
  hub.lieAboutSize('unet/config.json', 9e8);
  expect(await messageOf(pull(folder))).toMatch(
    /unet\/config\.json of .* is said to have 900\.0 MB/,
  );
  expect(bytesFromStore(/./)).toBe(0);
});

test('a silent connection is given up and made anew', async () => {
  const { createHttpClient } = await import('../../models/fetch/http-client.ts');
  const client = createHttpClient({ origin: hub.url, token: undefined, idleTimeoutMs: 100 });
  hub.misbehave({
    when: /^hub /,
    act(response) {
      response.writeHead(200, { 'content-length': '100' }).write('half');
      return true;
    },
  });
  const reading = async () => {
    const answered = await client.get(`${hub.url}/x`, { signal: new AbortController().signal });
    for await (const bytes of answered.body()) expect(bytes.length).toBe(4);
  };
  await expect(reading()).rejects.toThrow(/went silent/);
});

test('nobody there is a sentence', async () => {
  const message = await messageOf(pull(makeTemporaryFolder(), { endpoint: 'http://127.0.0.1:9' }));
  expect(message).toMatch(/^127\.0\.0\.1:9 cannot be reached \(.+\); check the network/);
  expect(
    await messageOf(Promise.resolve().then(() => pull(makeTemporaryFolder(), { endpoint: 'hub' }))),
  ).toMatch(/^HF_ENDPOINT is no address of a hub/);
});

test('names that lead out of the folder are never written', async () => {
  const folder = makeTemporaryFolder();
  const evil = new Map([...contents, ['unet/a\\..\\evil.data', Buffer.from('x')]]);
  hub.add(createRepository('ada/evil', evil));
  expect(await messageOf(pull(folder, { id: 'ada/evil' }))).toMatch(
    /has a file "unet\/a\\\\\.\.\\\\evil\.data", a name that is not allowed/,
  );
  const outside = new Map([
    ...contents,
    ['../evil.txt', Buffer.from('x')],
    ['unet/../../evil.data', Buffer.from('x')],
  ]);
  hub.add(createRepository('ada/outside', outside));
  await pull(folder, { id: 'ada/outside' });
  expectExactBytes(join(folder, 'outside'));
  expect(readdirSync(folder)).toEqual(['outside']);
});

test('two pulls of one package at once: one does it, the other says so', async () => {
  const folder = makeTemporaryFolder();
  const both = await Promise.allSettled([pull(folder), pull(folder)]);
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  const refused = both.find((one) => one.status === 'rejected');
  expect((refused?.reason as Error).message).toMatch(
    /^tiny is being pulled already by process \d+; wait for it/,
  );
  expectExactBytes(join(folder, 'tiny'));
});

test('a lock whose process is dead holds up nobody', async () => {
  const folder = makeTemporaryFolder();
  const { hostname } = await import('node:os');
  await writeFile(
    join(folder, '.tiny.lock'),
    JSON.stringify({ host: hostname(), processId: 2 ** 22 + 1 }),
  );
  await pull(folder);
  expectExactBytes(join(folder, 'tiny'));
  expect(leftBeside(folder)).toEqual([]);
});

test('a full disk is a sentence, and with room made the pull goes on', async (context) => {
  await withSmallDisk(context, 900, async (folder) => {
    // The check before would see it: here the room goes while it fetches.
    expect(await messageOf(pull(folder))).toMatch(
      /are to be fetched and the disk has .* free; make room/,
    );
  });
});

test('an unusable family is refused before its weights are fetched', async () => {
  const flux = new Map([
    ...contents,
    ['model_index.json', Buffer.from('{"_class_name": "FluxPipeline"}')],
  ]);
  hub.add(createRepository('ada/flux', flux));
  expect(await messageOf(pull(makeTemporaryFolder(), { id: 'ada/flux' }))).toMatch(
    /ada\/flux cannot be run: it is FLUX/,
  );
  expect(bytesFromStore(/./)).toBe(0);
});

test('a second pull of the same is no pull; a broken file alone is fetched again', async () => {
  const folder = makeTemporaryFolder();
  await pull(folder);
  hub.requests.length = 0;
  expect(await pull(folder)).toMatchObject({ status: 'there-already' });
  expect(bytesFromStore(/./)).toBe(0);
  await mkdir(join(folder, 'tiny'), { recursive: true });
  await writeFile(join(folder, 'tiny', UNET), flip(contents.get(UNET) ?? Buffer.alloc(0)));
  expect(await pull(folder)).toMatchObject({ status: 'pulled' });
  expect(bytesFromStore(/./)).toBe(UNET_BYTES);
  expectExactBytes(join(folder, 'tiny'));
});

test('a new revision takes the place of the old one whole', async () => {
  const folder = makeTemporaryFolder();
  await pull(folder);
  const next = new Map([...contents].filter(([path]) => !path.startsWith('vae_encoder')));
  hub.add(createRepository('ada/tiny', next));
  try {
    expect(await pull(folder)).toMatchObject({ status: 'pulled', found: { status: 'usable' } });
    expect(existsSync(join(folder, 'tiny', 'vae_encoder'))).toBe(false);
  } finally {
    hub.add(repository);
  }
});
