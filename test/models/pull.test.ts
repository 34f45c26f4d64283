/** A pull: what arrives, what a second try fetches, what happens to the package that was there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRepository } from '../fakes/model-hub/repository.ts';
import { answer } from '../fakes/model-hub/answer.ts';
import { makeTemporaryFolder } from '../fakes/temporary-folder.ts';
import {
  contents,
  findDifferences,
  flipBit,
  messageOf,
  oidOf,
  PART_BYTES,
  tinyRepository,
  TOKEN,
  UNET,
  UNET_BYTES,
  useTinyHub,
} from './tiny-hub.ts';

const tiny = useTinyHub();
const leftBeside = (folder: string) => readdirSync(folder).filter((name) => name.startsWith('.'));

test('a whole package arrives: in parts over several connections, through pages and redirects, under one commit', async () => {
  const folder = makeTemporaryFolder();
  const outcome = await tiny.pull(folder);
  expect(outcome).toMatchObject({ status: 'pulled', found: { status: 'usable', id: 'tiny' } });
  expect(findDifferences(join(folder, 'tiny'))).toEqual([]);
  expect(leftBeside(folder)).toEqual([]);
  const manifest = JSON.parse(readFileSync(join(folder, 'tiny', 'manifest.json'), 'utf8'));
  expect(manifest.origin).toEqual({
    address: `${tiny.hub.url}/ada/tiny`,
    revision: tinyRepository.commit,
  });
  expect(manifest.files.find((file: { path: string }) => file.path === UNET)).toEqual({
    path: UNET,
    sizeBytes: UNET_BYTES,
    sha256: tinyRepository.files.find((file) => file.path === UNET)?.lfsOid,
  });
  const parts = tiny.hub.requests.filter(
    ({ server, path }) => server === 'store' && oidOf(UNET).test(path),
  );
  expect(parts.length).toBe(Math.ceil(UNET_BYTES / PART_BYTES));
  expect(tiny.hub.requests.filter(({ path }) => path.includes('/tree/')).length).toBeGreaterThan(1);
});

test('the token goes to the hub and never to where the hub sends on', async () => {
  const folder = makeTemporaryFolder();
  await tiny.pull(folder, { id: 'ada/private', token: TOKEN });
  expect(findDifferences(join(folder, 'private'))).toEqual([]);
  const at = (server: string) => tiny.hub.requests.filter((request) => request.server === server);
  expect(new Set(at('hub').map(({ authorization }) => authorization))).toEqual(
    new Set([`Bearer ${TOKEN}`]),
  );
  expect(at('store').length).toBeGreaterThan(5);
  expect(at('store').filter(({ authorization }) => authorization !== undefined)).toEqual([]);
});

test('connections that are cut again and again cost no byte twice', async () => {
  const folder = makeTemporaryFolder();
  tiny.hub.misbehave({ when: /^store unet/, times: 6, cutAfterBytes: 20_000 });
  await tiny.pull(folder);
  expect(findDifferences(join(folder, 'tiny'))).toEqual([]);
  expect(tiny.bytesFromStore(oidOf(UNET))).toBe(UNET_BYTES);
});

test('a line that stays dead is a sentence, and the second try fetches only what is missing', async () => {
  const folder = makeTemporaryFolder();
  tiny.hub.misbehave({ when: /^store unet/, times: 3, cutAfterBytes: 30_000 });
  tiny.hub.misbehave({ when: /^store unet/, cutAfterBytes: 0 });
  expect(await messageOf(tiny.pull(folder))).toMatch(
    /cut the connection; run the same command again/,
  );
  expect(readdirSync(folder)).toEqual(['.tiny.pull']);
  const first = tiny.bytesFromStore(oidOf(UNET));
  expect(first).toBe(90_000);
  tiny.hub.behave();
  tiny.hub.requests.length = 0;
  await tiny.pull(folder);
  expect(findDifferences(join(folder, 'tiny'))).toEqual([]);
  expect(tiny.bytesFromStore(oidOf(UNET))).toBe(UNET_BYTES - first);
});

test('a stop keeps what arrived', async () => {
  const folder = makeTemporaryFolder();
  const stopping = new AbortController();
  const progress = { onBytes: (bytes: number) => void (bytes > 200_000 && stopping.abort()) };
  await expect(tiny.pull(folder, { signal: stopping.signal, progress })).rejects.toThrow('aborted');
  const before = tiny.hub.requests.reduce((sum, { bytesSent }) => sum + bytesSent, 0);
  tiny.hub.requests.length = 0;
  await tiny.pull(folder);
  expect(findDifferences(join(folder, 'tiny'))).toEqual([]);
  expect(before).toBeGreaterThan(200_000);
  expect(tiny.bytesFromStore(/./)).toBeLessThan(
    [...contents.values()].reduce((sum, { length }) => sum + length, 0) - 100_000,
  );
});

test('one wrong bit is noticed and fetched again', async () => {
  const folder = makeTemporaryFolder();
  tiny.hub.misbehave({ when: /^store vae_decoder/, times: 1, alter: flipBit });
  await tiny.pull(folder);
  expect(findDifferences(join(folder, 'tiny'))).toEqual([]);
});

test.each([
  ['500', answer(500)],
  ['503', answer(503, { 'retry-after': '0' })],
  ['429', answer(429, { 'retry-after': '1' })],
])('a passing %s is waited out', async (_name, behaviour) => {
  const folder = makeTemporaryFolder();
  tiny.hub.misbehave({ when: /^store unet/, times: 2, ...behaviour });
  tiny.hub.misbehave({ when: /^hub \/api/, times: 1, ...behaviour });
  await tiny.pull(folder);
  expect(findDifferences(join(folder, 'tiny'))).toEqual([]);
});

test('two pulls of one package at once: one does it, the other says so', async () => {
  const folder = makeTemporaryFolder();
  const both = await Promise.allSettled([tiny.pull(folder), tiny.pull(folder)]);
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  const refusals = both.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []));
  expect(refusals.join()).toMatch(
    /^FetchError: tiny is being pulled already by process \d+; wait for it/,
  );
  expect(findDifferences(join(folder, 'tiny'))).toEqual([]);
});

test('a lock whose process is dead holds up nobody', async () => {
  const folder = makeTemporaryFolder();
  await writeFile(
    join(folder, '.tiny.lock'),
    JSON.stringify({ host: hostname(), processId: 2 ** 22 + 1 }),
  );
  await tiny.pull(folder);
  expect(findDifferences(join(folder, 'tiny'))).toEqual([]);
  expect(leftBeside(folder)).toEqual([]);
});

test('a second pull of the same is no pull; a broken file alone is fetched again', async () => {
  const folder = makeTemporaryFolder();
  await tiny.pull(folder);
  tiny.hub.requests.length = 0;
  expect(await tiny.pull(folder)).toMatchObject({ status: 'there-already' });
  expect(tiny.bytesFromStore(/./)).toBe(0);
  await writeFile(join(folder, 'tiny', UNET), flipBit(contents.get(UNET) ?? Buffer.alloc(0)));
  expect(await tiny.pull(folder)).toMatchObject({ status: 'pulled' });
  expect(tiny.bytesFromStore(/./)).toBe(UNET_BYTES);
  expect(findDifferences(join(folder, 'tiny'))).toEqual([]);
});

test('a new revision takes the place of the old one whole', async () => {
  const folder = makeTemporaryFolder();
  await tiny.pull(folder);
  const next = new Map([...contents].filter(([path]) => !path.startsWith('vae_encoder')));
  tiny.hub.add(createRepository('ada/tiny', next));
  expect(await tiny.pull(folder)).toMatchObject({
    status: 'pulled',
    found: { status: 'usable' },
  });
  expect(existsSync(join(folder, 'tiny', 'vae_encoder'))).toBe(false);
});
