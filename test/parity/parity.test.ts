/** `npm run parity`: reads any folder in the reference's format, and fails where a number is wrong. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { referenceFolder } from '../fixture-paths.ts';
import { isFailure, maxAbsoluteError, toLine, type CaseResult } from './case-result.ts';
import { checkReference } from './check-reference.ts';

async function check(folder: string): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for await (const result of checkReference(folder)) results.push(result);
  return results;
}

function runTool(
  ...parameters: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const main = join(import.meta.dirname, 'main.ts');
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...parameters], (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

describe('the sampling part of the reference', () => {
  test.each([
    ['schedulers', 76],
    ['published', 7],
    ['forward_process', 8],
    ['small_maths', 5],
    ['torch_randn', 9],
  ])('%s: every case is ok', async (name, count) => {
    const results = await check(join(referenceFolder, name));
    expect(results.filter((result) => result.kind !== 'compared' || isFailure(result))).toEqual([]);
    expect(results.length).toBe(count);
  });
});

describe('a changed copy', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parity-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function change(path: string, from: string | RegExp, to: string): Promise<void> {
    await mkdir(join(folder, path, '..'), { recursive: true });
    const text = await readFile(join(referenceFolder, path), 'utf8');
    expect(text).toMatch(from);
    await writeFile(join(folder, path), text.replace(from, to));
  }

  test('one wrong number fails its case, with exit code 1', async () => {
    await change('lcg_check.json', '0.2523451747838408', '0.2523451747838409');
    await cp(join(referenceFolder, 'torch_randn'), join(folder, 'torch_randn'), {
      recursive: true,
    });
    const { code, stdout } = await runTool(folder);
    expect(code).toBe(1);
    const lines = stdout.trim().split('\n');
    expect(lines.filter((line) => line.endsWith('FAIL'))).toHaveLength(1);
    expect(lines[0]).toMatch(/^lcg_check uniform_seed_42_first_8 .*FAIL$/);
    expect(lines[1]).toMatch(
      /^lcg_check noise_seed_42\S+ {2}error 0\.00e\+0 {2}tolerance 0\.00e\+0 {2}ok$/,
    );
    expect(lines.at(-1)).toMatch(/^\d+ ok, 1 FAIL, 0 not supported$/);
  });

  test('a sampler or a folder that is not built is said plainly and fails nothing', async () => {
    await change(
      'schedulers/ddim/sd15_nondivisor__n7.json',
      '"DDIMScheduler"',
      '"SomethingNewScheduler"',
    );
    await mkdir(join(folder, 'video'));
    const lines = (await check(folder)).map(toLine);
    expect(lines).toEqual([
      expect.stringMatching(
        /^schedulers ddim\/sd15_nondivisor__n7 {2}not supported: .*SomethingNewScheduler/,
      ),
      expect.stringMatching(/^video {2}not supported: /),
    ]);
  });

  test('a file that cannot be read fails, and the other folders are still looked at', async () => {
    await change('small_maths/vae_posterior.json', '"noise"', '"noises"');
    await change('torch_randn/randn.json', '"full"', '"full"');
    const results = await check(folder);
    expect(results.filter(isFailure).map(toLine)).toEqual([
      expect.stringMatching(/^small_maths {2}FAIL: .*vae_posterior\.json: noise /),
    ]);
    expect(results.length).toBeGreaterThan(5);
  });

  test('a folder without a case ends with exit code 1', async () => {
    const { code, stderr } = await runTool(folder);
    expect(code).toBe(1);
    expect(stderr).toContain('No case was found');
  });

  test('so does a folder that is not there, or none', async () => {
    expect(await runTool(join(folder, 'absent'))).toMatchObject({ code: 1 });
    expect((await runTool()).stderr).toMatch(/^Usage: /);
  });
});

test('an error counts up to NaN and to another length', () => {
  expect(maxAbsoluteError([1, 2], [1, 2.5])).toBe(0.5);
  expect(maxAbsoluteError([1, Number.NaN], [1, 2])).toBe(Number.POSITIVE_INFINITY);
  expect(maxAbsoluteError([1], [1, 2])).toBe(Number.POSITIVE_INFINITY);
  const result = { kind: 'compared', name: 'x', maxAbsoluteError: 1, tolerance: 1 } as const;
  expect(isFailure(result)).toBe(false);
  expect(isFailure({ ...result, maxAbsoluteError: Number.NaN })).toBe(true);
});
