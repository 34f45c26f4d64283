/** A hub, a bucket and a folder hold packages alike. */
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { RETRY_POLICY } from '../../models/fetch/retry.ts';
import { parseTarget } from '../../models/pull/parse-target.ts';
import { pullPackage } from '../../models/pull/pull-package.ts';
import { createFolderSource } from '../../models/sources/folder-source.ts';
import { createHubSource } from '../../models/sources/hub-source.ts';
import type { PackageSource } from '../../models/sources/package-source.ts';
import { createS3Source } from '../../models/sources/s3-source.ts';
import { describePackageSource } from '../contracts/package-source-contract.ts';
import { createBucket, startLocalAws, type LocalAws } from '../fakes/aws/local-aws.ts';
import { makeTemporaryFolder } from '../fakes/temporary-folder.ts';
import { contents, findDifferences, messageOf, UNET, useTinyHub } from './tiny-hub.ts';

function pullFrom(source: PackageSource, typed: string, modelsFolder: string) {
  return pullPackage({
    target: parseTarget(typed),
    source,
    modelsFolder,
    bytesMax: 1e9,
    retry: { ...RETRY_POLICY, attemptsMax: 2, firstDelayMs: 1 },
    signal: new AbortController().signal,
    progress: {},
    download: { connections: 3, partBytes: 64 * 1024 },
    agree: async () => undefined,
  });
}

const manifestOf = (changes: { sha256?: string; sizeBytes?: number } = {}) => {
  const content = contents.get(UNET) ?? Buffer.alloc(0);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const file = { path: UNET, sizeBytes: content.length, sha256, ...changes };
  return Buffer.from(JSON.stringify({ licence: 'MIT', files: [file] }));
};

describe('a hub', () => {
  const tiny = useTinyHub();
  const open = (repository: string) =>
    createHubSource({
      endpoint: tiny.hub.url,
      token: undefined,
      repository,
      revision: 'main',
      retry: RETRY_POLICY,
    });
  describePackageSource(contents, async () => ({
    source: open('ada/tiny'),
    missing: open('ada/nothing'),
  }));
});

describe('a folder', () => {
  function fill(more: Record<string, Buffer> = {}): string {
    const folder = makeTemporaryFolder();
    for (const [path, content] of [...contents, ...Object.entries(more)]) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
    return folder;
  }
  describePackageSource(contents, async () => ({
    source: createFolderSource(fill()),
    missing: createFolderSource(join(makeTemporaryFolder(), 'nothing')),
  }));

  test("becomes a package, also where a hub's cache keeps links", async () => {
    const kept = fill();
    const linked = makeTemporaryFolder();
    for (const path of contents.keys()) {
      mkdirSync(dirname(join(linked, path)), { recursive: true });
      symlinkSync(join(kept, path), join(linked, path));
    }
    const models = makeTemporaryFolder();
    const outcome = await pullFrom(createFolderSource(linked), linked, models);
    expect(outcome).toMatchObject({ status: 'pulled', found: { status: 'usable' } });
    expect(findDifferences(join(models, outcome.plan.id))).toEqual([]);
  });

  test('is held against its own manifest', async () => {
    const wrong = fill({ 'manifest.json': manifestOf({ sha256: 'ab'.repeat(32) }) });
    expect(
      await messageOf(pullFrom(createFolderSource(wrong), wrong, makeTemporaryFolder())),
    ).toMatch(/^unet\/model\.onnx arrived with other content .*sha256 should be abab/);
    const short = fill({ 'manifest.json': manifestOf({ sizeBytes: 7 }) });
    expect(
      await messageOf(pullFrom(createFolderSource(short), short, makeTemporaryFolder())),
    ).toMatch(/^unet\/model\.onnx has \d+ bytes where the manifest\.json there says 7/);
  });
});

describe('a bucket', () => {
  let aws: LocalAws;
  beforeAll(async () => {
    aws = await startLocalAws();
    for (const [name, value] of Object.entries(aws.environment)) vi.stubEnv(name, value);
    await createBucket(aws, 'weights');
    const own = new Map([...contents, ['manifest.json', manifestOf()]]);
    const broken = new Map([
      ...contents,
      ['manifest.json', manifestOf({ sha256: 'ab'.repeat(32) })],
    ]);
    for (const [prefix, files] of Object.entries({ plain: contents, own, broken })) {
      for (const [path, content] of files) {
        await aws.s3.send(
          new PutObjectCommand({
            Bucket: 'weights',
            Key: `models/${prefix}/${path}`,
            Body: content,
          }),
        );
      }
    }
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await aws.stop();
  });
  const open = (prefix: string, bucket = 'weights') =>
    createS3Source({ bucket, prefix, isRedirected: true });

  describePackageSource(contents, async () => ({
    source: open('models/plain'),
    missing: open('models/nothing'),
  }));

  test("becomes a package, with the manifest's checksums where it has one", async () => {
    const models = makeTemporaryFolder();
    const address = 's3://weights/models/own';
    expect(await pullFrom(open('models/own/'), address, models)).toMatchObject({
      status: 'pulled',
      found: { status: 'usable', id: 'own' },
    });
    expect(findDifferences(join(models, 'own'))).toEqual([]);
    const manifest = JSON.parse(readFileSync(join(models, 'own', 'manifest.json'), 'utf8'));
    expect(manifest).toMatchObject({ licence: 'MIT', origin: { address: `${address}/` } });
    expect(await pullFrom(open('models/own'), address, models)).toMatchObject({
      status: 'there-already',
    });
    expect(
      await messageOf(pullFrom(open('models/broken'), 's3://weights/models/broken', models)),
    ).toMatch(/^unet\/model\.onnx arrived with other content/);
  });

  test('that is not there, holds nothing or changes meanwhile is one sentence', async () => {
    const models = makeTemporaryFolder();
    expect(await messageOf(pullFrom(open('x', 'nobody'), 's3://nobody/x', models))).toMatch(
      /^There is no bucket for s3:\/\/nobody\/x\//,
    );
    expect(await messageOf(pullFrom(open('models/x'), 's3://weights/models/x', models))).toMatch(
      /^s3:\/\/weights\/models\/x\/ has no ONNX files/,
    );
    const source = open('models/plain');
    const { files } = await source.list(new AbortController().signal);
    const file = files.find(({ path }) => path === UNET);
    await aws.s3.send(
      new PutObjectCommand({ Bucket: 'weights', Key: `models/plain/${UNET}`, Body: 'other' }),
    );
    const reading = async () => {
      const range = { start: 0, end: 5 };
      const signal = new AbortController().signal;
      if (file === undefined) return;
      for await (const bytes of source.read(file, range, signal)) expect(bytes).toBeUndefined();
    };
    await expect(reading()).rejects.toThrow(/changed while it was being fetched/);
  });
});
