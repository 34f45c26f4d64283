/** Pictures on disk: whole or not at all, within bounds, and nowhere else. */
import * as nodeFiles from 'node:fs/promises';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDiskImageStore, type Files } from '../../../bot/stores/disk-image-store.ts';
import { describeImageStore } from '../../contracts/image-store-contract.ts';
import { withSmallDisk } from '../../fakes/small-disk.ts';
import { makeTemporaryFolder } from '../../fakes/temporary-folder.ts';

describeImageStore('disk', () => openDiskImageStore({ dataDir: makeTemporaryFolder() }));

const kilobyte = new Uint8Array(1_024).fill(1);

test('pictures are there after the bot was started again, leftovers of a crash are not', async () => {
  const dataDir = makeTemporaryFolder();
  const first = await openDiskImageStore({ dataDir });
  await first.put('job', 0, kilobyte);
  await writeFile(join(dataDir, 'images/job/1.png.123.part'), 'half');
  await writeFile(join(dataDir, 'images/.DS_Store'), '');
  await writeFile(join(dataDir, 'images/notes'), '');
  const second = await openDiskImageStore({ dataDir });
  expect(await second.get('job', 0)).toHaveLength(1_024);
  expect(await readdir(join(dataDir, 'images/job'))).toEqual(['0.png']);
});

test.each(['../outside', 'a/b', '', '..', 'a\0b', 'x'.repeat(65)])(
  'the id %j never becomes a path',
  async (id) => {
    const dataDir = makeTemporaryFolder();
    const store = await openDiskImageStore({ dataDir });
    await writeFile(join(dataDir, '0.png'), 'precious');
    await store.delete(id);
    expect(await store.get(id, 0)).toBeUndefined();
    await expect(store.put(id, 0, kilobyte)).rejects.toThrow('no picture can be');
    expect(await readdir(dataDir)).toEqual(['0.png', 'images']);
  },
);

test.each([-1, 1.5, 100, Number.NaN])('there is no picture %d', async (index) => {
  const store = await openDiskImageStore({ dataDir: makeTemporaryFolder() });
  await expect(store.put('job', index, kilobyte)).rejects.toThrow('no picture can be');
  expect(await store.get('job', index)).toBeUndefined();
});

test("the oldest jobs' pictures make room for new ones, across restarts", async () => {
  const dataDir = makeTemporaryFolder();
  const first = await openDiskImageStore({ dataDir, bytesMax: 3_100 });
  for (const jobId of ['a', 'b', 'c']) await first.put(jobId, 0, kilobyte);
  // File times have the grain of the disk: the order is made certain.
  await utimes(join(dataDir, 'images/a'), 30, 30);
  await utimes(join(dataDir, 'images/b'), 10, 10);
  await utimes(join(dataDir, 'images/c'), 20, 20);
  const second = await openDiskImageStore({ dataDir, bytesMax: 3_100 });
  await second.put('d', 0, kilobyte);
  expect(await second.get('b', 0)).toBeUndefined();
  await second.put('d', 1, kilobyte);
  expect(await second.get('c', 0)).toBeUndefined();
  expect(await second.get('a', 0)).toBeDefined();
  expect(await second.get('d', 1)).toBeDefined();
});

test('a job never loses one picture to another of its own', async () => {
  const store = await openDiskImageStore({ dataDir: makeTemporaryFolder(), bytesMax: 1_500 });
  await store.put('job', 0, kilobyte);
  await expect(store.put('job', 1, kilobyte)).rejects.toMatchObject({ code: 'storage-failed' });
  expect(await store.get('job', 0)).toBeDefined();
});

test('a simulated full disk is a sentence, leaves nothing half, and passes when there is room', async () => {
  const dataDir = makeTemporaryFolder();
  let isFull = true;
  const files: Files = {
    ...nodeFiles,
    async open(path, flags) {
      const file = await nodeFiles.open(path, flags);
      if (isFull && flags === 'wx') {
        file.writeFile = async () => {
          throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
        };
      }
      return file;
    },
  };
  const store = await openDiskImageStore({ dataDir, files });
  await expect(store.put('job', 0, kilobyte)).rejects.toMatchObject({
    code: 'storage-failed',
    message: `The disk of DATA_DIR ${dataDir} is full; free some space, then try again.`,
  });
  expect(await readdir(join(dataDir, 'images/job'))).toEqual([]);
  isFull = false;
  await store.put('job', 0, kilobyte);
  expect(await store.get('job', 0)).toHaveLength(1_024);
});

test('a disk that is really full is the same sentence', async (context) => {
  await withSmallDisk(context, 64, async (dataDir) => {
    const store = await openDiskImageStore({ dataDir });
    await store.put('job', 0, kilobyte);
    await expect(store.put('job', 1, new Uint8Array(100_000))).rejects.toMatchObject({
      code: 'storage-failed',
      message: expect.stringContaining('is full'),
    });
    expect(await store.get('job', 0)).toHaveLength(1_024);
    expect(await readdir(join(dataDir, 'images/job'))).toEqual(['0.png']);
  });
});

test('a folder that cannot be made is refused with the remedy', async () => {
  const dataDir = makeTemporaryFolder();
  await writeFile(join(dataDir, 'images'), 'a file');
  await expect(openDiskImageStore({ dataDir })).rejects.toThrow(
    `DATA_DIR ${dataDir} cannot be written (EEXIST)`,
  );
  await mkdir(join(dataDir, 'other'));
  await expect(openDiskImageStore({ dataDir: join(dataDir, 'other') })).resolves.toBeDefined();
});
