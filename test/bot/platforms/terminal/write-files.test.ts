/** Where pictures go, and what is said when they cannot. */
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  findPathProblem,
  planPaths,
  writePicture,
} from '../../../../bot/platforms/terminal/write-files.ts';

describe('paths', () => {
  test('one picture goes where it was asked for', () => {
    expect(planPaths('out/apple.png', { title: 'a red apple', count: 1, ending: '.png' })).toEqual([
      'out/apple.png',
    ]);
  });
  test('several are numbered before the ending', () => {
    expect(planPaths('apple.png', { title: 'a red apple', count: 2, ending: '.png' })).toEqual([
      'apple-1.png',
      'apple-2.png',
    ]);
  });
  test('without a name the prompt gives one, whatever it holds', () => {
    expect(
      planPaths(undefined, { title: 'Ein roter Äpfel / ../..', count: 1, ending: '.png' }),
    ).toEqual(['ein-roter-a-pfel.png']);
    expect(planPaths(undefined, { title: '🍎', count: 1, ending: '.png' })).toEqual([
      'picture.png',
    ]);
  });
  test('a folder is filled', () => {
    expect(planPaths('out/', { title: 'a cat', count: 1, ending: '.png' })).toEqual([
      'out/a-cat.png',
    ]);
  });
});

describe('on the disk', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'imagine-files-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('a picture is there whole, with nothing beside it', async () => {
    await writePicture(join(folder, 'apple.png'), Buffer.from('png'));
    expect(await readdir(folder)).toEqual(['apple.png']);
    expect(await readFile(join(folder, 'apple.png'), 'utf8')).toBe('png');
  });
  test('a picture that cannot be written leaves nothing behind', async () => {
    await expect(writePicture(join(folder, 'none', 'a.png'), Buffer.from('x'))).rejects.toThrow(
      /ENOENT/,
    );
    expect(await readdir(folder)).toEqual(['apple.png']);
  });
  test('what is in the way is said before anything is drawn', async () => {
    expect(await findPathProblem(join(folder, 'b.png'))).toBeUndefined();
    expect(await findPathProblem(`${folder}/`)).toBeUndefined();
    expect(await findPathProblem(folder)).toMatch(
      /is a folder; write .*\/ to put pictures into it/,
    );
    expect(await findPathProblem(join(folder, 'none', 'b.png'))).toMatch(
      /does not exist; make it first/,
    );
  });
});
