/** forward_process: noising a picture, velocity, and whole tables of alphas. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { toAlphaBars, toBetas } from '../../gpu-function/sampling/beta-schedule.ts';
import { addNoise, toVelocity } from '../../gpu-function/sampling/forward-process.ts';
import { toPreservingLevel } from '../../gpu-function/sampling/noise-level.ts';
import { parseSchedulerConfig } from '../../gpu-function/sampling/parse-scheduler-config.ts';
import type { CaseResult } from './case-result.ts';
import { createComparison, largestMagnitude } from './comparison.ts';
import { numbersSchema, readReference } from './reference-file.ts';

/** A few float32 roundings of sqrt, products and sum, at the size of the values. */
const RELATIVE_TOLERANCE = 1e-6;

const configSchema = z
  .record(z.string(), z.unknown())
  .transform((config) => parseSchedulerConfig({ ...config, _class_name: 'DDPMScheduler' }));
const valuesSchema = z.object({ values: numbersSchema });
const tableSchema = z.object({
  config: configSchema,
  betas_float32: numbersSchema,
  alphas_cumprod_float32: numbersSchema,
});
const casesSchema = z.object({
  config: configSchema,
  x0: valuesSchema,
  eps: valuesSchema,
  cases: z.array(
    z.object({
      t: z.number(),
      alpha_bar_float32: z.number(),
      x_t_float32: numbersSchema,
      velocity_float32: numbersSchema,
    }),
  ),
});
const batchSchema = z.object({
  config: configSchema,
  t: z.array(z.number()),
  x0: valuesSchema,
  eps: valuesSchema,
  x_t_float32: numbersSchema,
});

export async function* checkForwardProcess(folder: string): AsyncGenerator<CaseResult> {
  for (const file of (await readdir(folder)).sort()) {
    const path = join(folder, file);
    const name = `forward_process ${file.replace(/\.json$/, '')}`;
    if (file.startsWith('alphas_cumprod_')) yield await checkTable(path, name);
    else if (file.endsWith('_batch.json')) yield await checkBatch(path, name);
    else if (file.endsWith('.json')) yield* checkCases(path, name);
  }
}

async function checkTable(path: string, name: string): Promise<CaseResult> {
  const reference = await readReference(path, tableSchema);
  const betas = toBetas(reference.config);
  const comparison = createComparison();
  // Two float32 units in the last place: torch's vectorised linspace may round once more or less.
  comparison.add(betas, reference.betas_float32, 2 ** -22 * largestMagnitude(betas));
  comparison.add(toAlphaBars(betas), reference.alphas_cumprod_float32, 2 ** -22);
  return comparison.toResult(name);
}

async function* checkCases(path: string, name: string): AsyncGenerator<CaseResult> {
  const { config, x0, eps, cases } = await readReference(path, casesSchema);
  const clean = Float32Array.from(x0.values);
  const noise = Float32Array.from(eps.values);
  const alphaBars = toAlphaBars(toBetas(config));
  for (const { t, ...expected } of cases) {
    const level = toPreservingLevel(alphaBars[t] ?? Number.NaN);
    const tolerance = RELATIVE_TOLERANCE * largestMagnitude([...clean, ...noise]);
    const comparison = createComparison();
    comparison.add([alphaBars[t] ?? Number.NaN], [expected.alpha_bar_float32], 2 ** -22);
    comparison.add(addNoise(clean, noise, level), expected.x_t_float32, tolerance);
    comparison.add(toVelocity(clean, noise, level), expected.velocity_float32, tolerance);
    yield comparison.toResult(`${name} t=${t}`);
  }
}

/** Every picture of a batch at a timestep of its own. */
async function checkBatch(path: string, name: string): Promise<CaseResult> {
  const { config, t, x0, eps, x_t_float32: expected } = await readReference(path, batchSchema);
  const clean = Float32Array.from(x0.values);
  const noise = Float32Array.from(eps.values);
  const alphaBars = toAlphaBars(toBetas(config));
  const itemLength = clean.length / t.length;
  const comparison = createComparison();
  for (const [index, timestep] of t.entries()) {
    const cut = <T>(values: { slice(start: number, end: number): T }) =>
      values.slice(index * itemLength, (index + 1) * itemLength);
    const level = toPreservingLevel(alphaBars[timestep] ?? Number.NaN);
    const actual = addNoise(cut(clean), cut(noise), level);
    comparison.add(actual, cut(expected), RELATIVE_TOLERANCE * largestMagnitude(expected));
  }
  return comparison.toResult(name);
}
