/** The names that people of three worlds write: the table in docs/samplers.md is true, line by line. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SAMPLER_IDS, SAMPLER_LABELS, SPACING_IDS } from '#contract/generation-request.ts';
import { parseSamplerName, parseSpacingName } from '../../../bot/core/sampler-names.ts';
import { defaultSampler } from '../../../gpu-function/sampling/default-sampler.ts';
import { parseSchedulerConfig } from '../../../gpu-function/sampling/parse-scheduler-config.ts';
import { resolveScheduler } from '../../../gpu-function/sampling/resolve-scheduler.ts';
import { SAMPLERS } from '../../../gpu-function/sampling/sampler-registry.ts';
import { SCHEDULER_CLASS_NAMES } from '../../../gpu-function/sampling/scheduler-classes.ts';
import { projectFolder } from '../../source-files.ts';

const document = readFileSync(join(projectFolder, 'docs/samplers.md'), 'utf8');
const NONE = '–';

/** The rows of the table whose first column is headed so. */
function tableOf(heading: string): string[][] {
  const [, rows = ''] = document.split(new RegExp(String.raw`^\| \`${heading}\` .*\n.*\n`, 'm'));
  return rows
    .split('\n')
    .slice(
      0,
      rows.split('\n').findIndex((line) => !line.startsWith('|')),
    )
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('`', '')),
    );
}

const samplers = tableOf('--sampler');
const spacings = tableOf('--spacing');

describe('the table of samplers', () => {
  test('lists every one, in the order of the contract', () => {
    expect(samplers.map(([id]) => id)).toEqual([...SAMPLER_IDS]);
  });

  test.each(samplers.map((row) => ({ id: row[0], row })))('$id', ({ row }) => {
    const [id = '', webui = '', comfyui = '', diffusers = '', calls = ''] = row;
    const sampler = SAMPLER_IDS.find((known) => known === id);
    if (sampler === undefined) throw new Error(`${id} is no sampler.`);
    for (const name of [id, webui, comfyui, diffusers, `k_${comfyui}`, `${webui} Karras`]) {
      const choice = name.includes(NONE) ? undefined : parseSamplerName(name);
      // The SDE forms share their class with the plain one.
      const isShared = name === diffusers && id.startsWith('dpmpp-') && id.endsWith('m-sde');
      expect(choice?.sampler ?? sampler).toBe(isShared ? 'dpmpp-2m' : sampler);
    }
    expect([NONE, SAMPLER_LABELS[sampler]]).toContain(webui);
    expect([NONE, SAMPLERS[sampler].className]).toContain(diffusers);
    expect(callsOf(sampler)).toBe(Number(calls));
  });

  test('every class of diffusers that is built stands in it', () => {
    const listed = new Set(samplers.map((row) => row[3]));
    expect(SCHEDULER_CLASS_NAMES.filter((name) => !listed.has(name))).toEqual([]);
    for (const name of SCHEDULER_CLASS_NAMES) {
      const { sampler, note } = defaultSampler(parseSchedulerConfig({ _class_name: name }));
      expect(note).toBeUndefined();
      expect(SAMPLERS[sampler].className).toBe(name);
    }
  });
});

function callsOf(sampler: (typeof SAMPLER_IDS)[number]): number {
  const { className, create, spacings: own } = SAMPLERS[sampler];
  const scheduler = parseSchedulerConfig({ _class_name: className });
  const config = resolveScheduler(scheduler, sampler, own[0] ?? 'leading');
  return create({ config, request: { steps: 10 }, options: {} }).callsPerStep;
}

describe('the table of spacings', () => {
  test('lists every one, in the order of the contract', () => {
    expect(spacings.map(([id]) => id)).toEqual([...SPACING_IDS]);
  });

  test.each(spacings)('%s', (id = '', _webui = '', comfyui = '') => {
    expect(parseSpacingName(id)).toBe(id);
    expect(comfyui === NONE ? id : parseSpacingName(comfyui)).toBe(id);
  });
});

test.each([
  ['DPM++ 2M SDE Karras', { sampler: 'dpmpp-2m-sde', spacing: 'karras' }],
  ['DPM++ SDE Karras', { sampler: 'dpmpp-sde', spacing: 'karras' }],
  ['DPM++ 2M SDE Exponential', { sampler: 'dpmpp-2m-sde', spacing: 'exponential' }],
  ['Euler a', { sampler: 'euler-ancestral' }],
  ['sample_dpm_2_ancestral', { sampler: 'dpm2-ancestral' }],
  ['dpmpp_2m_sde_gpu', { sampler: 'dpmpp-2m-sde' }],
  ['Euler SGM Uniform', { sampler: 'euler', spacing: 'sgm-uniform' }],
  ['uni_pc', { sampler: 'unipc' }],
  ['DPM fast', undefined],
  ['', undefined],
  ['karras', undefined],
])('%s', (name, choice) => {
  expect(parseSamplerName(name)).toEqual(choice);
});
