/** A pull that cannot succeed: one clear sentence, nothing half done in place, and a second try goes on. */
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRepository } from '../fakes/model-hub/repository.ts';
import { answer } from '../fakes/model-hub/answer.ts';
import { withSmallDisk } from '../fakes/small-disk.ts';
import { makeTemporaryFolder } from '../fakes/temporary-folder.ts';
import {
  contents,
  findDifferences,
  flipBit,
  messageOf,
  UNET,
  UNET_BYTES,
  useTinyHub,
} from './tiny-hub.ts';
import { createHttpClient } from '../../models/fetch/http-client.ts';

const tiny = useTinyHub();
const PACKAGE_BYTES = [...contents.values()].reduce((sum, { length }) => sum + length, 0);

test('a file that stays wrong never becomes a package', async () => {
  const folder = makeTemporaryFolder();
  tiny.hub.misbehave({ when: /^store vae_decoder/, alter: flipBit });
  expect(await messageOf(tiny.pull(folder))).toMatch(
    /^vae_decoder\/model\.onnx arrived with other content .*sha256 should be/,
  );
  expect(existsSync(join(folder, 'tiny'))).toBe(false);
  tiny.hub.behave();
  await tiny.pull(folder);
  expect(findDifferences(join(folder, 'tiny'))).toEqual([]);
});

test("small files that git keeps are held against git's own hash", async () => {
  const folder = makeTemporaryFolder();
  const swap = (content: Buffer) => Buffer.from(content.toString('utf8').replace('a', 'b'));
  tiny.hub.misbehave({ when: /^hub .*scheduler_config/, alter: swap });
  const altering = createRepository('ada/tiny', contents);
  const index = altering.files.findIndex(({ path }) => path.includes('scheduler_config'));
  const file = altering.files[index];
  if (file === undefined) throw new Error('no scheduler');
  tiny.hub.add({
    ...altering,
    files: altering.files.with(index, { ...file, gitOid: 'f'.repeat(40) }),
  });
  try {
    expect(await messageOf(tiny.pull(folder))).toMatch(
      /scheduler_config\.json arrived with other content .*git-sha1/,
    );
  } finally {
    tiny.hub.add(altering);
  }
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
  tiny.hub.misbehave({ when, ...behaviour });
  expect(await messageOf(tiny.pull(folder))).toMatch(sentence);
  tiny.hub.behave();
  await tiny.pull(folder);
  expect(findDifferences(join(folder, 'tiny'))).toEqual([]);
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
  const message = await messageOf(
    tiny.pull(makeTemporaryFolder(), { id, ...(token && { token }) }),
  );
  expect(message).toMatch(sentence);
  expect(message).not.toContain(token ?? 'hf_');
});

test.each([
  ['larger', UNET_BYTES + 5_000],
  ['smaller', UNET_BYTES - 5_000],
])('a list that makes a file %s than it is, is caught', async (_name, sizeBytes) => {
  const folder = makeTemporaryFolder();
  tiny.hub.lieAboutSize(UNET, sizeBytes);
  expect(await messageOf(tiny.pull(folder))).toMatch(
    new RegExp(`^unet/model.onnx has ${UNET_BYTES} bytes where its source lists ${sizeBytes}`),
  );
  tiny.hub.behave();
  await tiny.pull(folder);
  expect(findDifferences(join(folder, 'tiny'))).toEqual([]);
});

test('absurd lengths are refused before anything is fetched', async () => {
  const folder = makeTemporaryFolder();
  tiny.hub.lieAboutSize(UNET, 5e12);
  expect(await messageOf(tiny.pull(folder))).toMatch(
    /^tiny has 5000\.00 GB, more than the limit of 1\.00 GB; raise it with --max-gb/,
  );
  expect(await messageOf(tiny.pull(folder, { bytesMax: 1e15 }))).toMatch(
    /5000\.00 GB are to be fetched and the disk has/,
  );
  tiny.hub.behave();
  tiny.hub.lieAboutSize('unet/config.json', 9e8);
  expect(await messageOf(tiny.pull(folder))).toMatch(
    /unet\/config\.json of .* is said to have 900\.0 MB/,
  );
  expect(tiny.bytesFromStore(/./)).toBe(0);
});

test('a silent connection is given up and made anew', async () => {
  const client = createHttpClient({ origin: tiny.hub.url, token: undefined, idleTimeoutMs: 100 });
  tiny.hub.misbehave({
    when: /^hub /,
    act(response) {
      response.writeHead(200, { 'content-length': '100' }).write('half');
      return true;
    },
  });
  const reading = async () => {
    const answered = await client.get(`${tiny.hub.url}/x`, {
      signal: new AbortController().signal,
    });
    for await (const bytes of answered.body()) expect(bytes.length).toBe(4);
  };
  await expect(reading()).rejects.toThrow(/went silent/);
});

test('nobody there is a sentence', async () => {
  const message = await messageOf(
    tiny.pull(makeTemporaryFolder(), { endpoint: 'http://127.0.0.1:9' }),
  );
  expect(message).toMatch(/^127\.0\.0\.1:9 cannot be reached \(.+\); check the network/);
  expect(
    await messageOf(
      Promise.resolve().then(() => tiny.pull(makeTemporaryFolder(), { endpoint: 'hub' })),
    ),
  ).toMatch(/^HF_ENDPOINT is no address of a hub/);
});

test('names that lead out of the folder are never written', async () => {
  const folder = makeTemporaryFolder();
  const evil = new Map([...contents, ['unet/a\\..\\evil.data', Buffer.from('x')]]);
  tiny.hub.add(createRepository('ada/evil', evil));
  expect(await messageOf(tiny.pull(folder, { id: 'ada/evil' }))).toMatch(
    /has a file "unet\/a\\\\\.\.\\\\evil\.data", a name that is not allowed/,
  );
  const outside = new Map([
    ...contents,
    ['../evil.txt', Buffer.from('x')],
    ['unet/../../evil.data', Buffer.from('x')],
  ]);
  tiny.hub.add(createRepository('ada/outside', outside));
  await tiny.pull(folder, { id: 'ada/outside' });
  expect(findDifferences(join(folder, 'outside'))).toEqual([]);
  expect(readdirSync(folder)).toEqual(['outside']);
});

test('too little room is seen before anything is fetched', async (context) => {
  await withSmallDisk(context, 900, async (folder) => {
    expect(await messageOf(tiny.pull(folder))).toMatch(
      /are to be fetched and the disk has .* free; make room/,
    );
  });
});

test('a disk that fills meanwhile is a sentence, and with room made the pull goes on', async (context) => {
  await withSmallDisk(context, 70_000, async (folder) => {
    const filler = join(folder, '.filler');
    const fill = (doneBytes: number) => {
      if (doneBytes < 200_000 || existsSync(filler)) return;
      try {
        writeFileSync(filler, Buffer.alloc(72_000 * 1024));
      } catch {
        // That is the purpose: what fits of it is written.
      }
    };
    expect(await messageOf(tiny.pull(folder, { progress: { onBytes: fill } }))).toMatch(
      /cannot be stored: the disk is full; make room and run the same command again/,
    );
    rmSync(filler);
    await tiny.pull(folder);
    expect(findDifferences(join(folder, 'tiny'))).toEqual([]);
    expect(tiny.bytesFromStore(/./)).toBeLessThan(PACKAGE_BYTES * 2 - 100_000);
  });
});

test('an unusable family is refused before its weights are fetched', async () => {
  const flux = new Map([
    ...contents,
    ['model_index.json', Buffer.from('{"_class_name": "FluxPipeline"}')],
  ]);
  tiny.hub.add(createRepository('ada/flux', flux));
  expect(await messageOf(tiny.pull(makeTemporaryFolder(), { id: 'ada/flux' }))).toMatch(
    /ada\/flux cannot be run: it is FLUX/,
  );
  expect(tiny.bytesFromStore(/./)).toBe(0);
});
