/** The parts of `npm run parity` that need a model, a vocabulary or a picture: they pass, and can fail. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { referenceFolder } from '../fixture-paths.ts';
import { isFailure, toLine, type CaseResult } from './case-result.ts';
import { checkReference } from './check-reference.ts';

async function check(folder: string): Promise<CaseResult[]> {
  const results = [];
  for await (const result of checkReference(folder)) results.push(result);
  return results;
}

test.each([
  ['pipelines', 16],
  ['tokenizer', 64],
  ['image_processing', 4],
])('%s: %i comparisons are ok', async (name, compared) => {
  const results = await check(join(referenceFolder, name));
  expect(results.filter(isFailure)).toEqual([]);
  expect(results.filter((result) => result.kind === 'compared')).toHaveLength(compared);
  expect(results.filter((result) => result.kind === 'unsupported')).toEqual([]);
});

describe('a changed copy of one run', () => {
  let folder: string;
  const caseFile = () =>
    join(folder, 'pipelines/sd15-tiny/cases/ddim_10_cfg7.5_negative', 'case.json');

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parity-pipelines-'));
    await cp(join(referenceFolder, 'pipelines'), join(folder, 'pipelines'), { recursive: true });
    const index = [
      {
        model: 'sd15-tiny',
        exports: ['onnx'],
        cases: [{ case: 'ddim_10_cfg7.5_negative' }],
      },
    ];
    await writeFile(join(folder, 'pipelines', 'index.json'), JSON.stringify(index));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function change(from: string, to: string): Promise<string[]> {
    const text = await readFile(caseFile(), 'utf8');
    expect(text).toContain(from);
    await writeFile(caseFile(), text.replace(from, to));
    return (await check(folder)).map(toLine);
  }

  test('another prompt fails everything after it', async () => {
    const lines = await change('a watercolor painting', 'an oil painting');
    expect(lines).toHaveLength(4);
    expect(lines.filter((line) => line.endsWith('FAIL'))).toHaveLength(4);
  });

  test('another guidance fails the latents and the picture only', async () => {
    const lines = await change('"guidance_scale": 7.5', '"guidance_scale": 7.51');
    expect(lines.map((line) => line.split('  ').at(-1))).toEqual(['ok', 'ok', 'FAIL', 'FAIL']);
  });

  test.each([
    ['"StableDiffusionPipeline"', '"StableDiffusion3Pipeline"', /StableDiffusion3Pipeline/],
    ['"DDIMScheduler"', '"SomethingNewScheduler"', /SomethingNewScheduler/],
    ['"guidance_scale": 7.5', '"guidance_scale": 7.5, "pag_scale": 1', /pag_scale/],
  ])('what is not built is named: %s → %s', async (from, to, reason) => {
    const lines = await change(from, to);
    expect(lines).toEqual([expect.stringMatching(/not supported/)]);
    expect(lines[0]).toMatch(reason);
  });
});
