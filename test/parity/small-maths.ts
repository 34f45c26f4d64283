/** small_maths: guidance and the VAE's posterior. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { applyGuidance } from '../../gpu-function/sampling/guidance.ts';
import { sampleVaePosterior } from '../../gpu-function/sampling/vae-posterior.ts';
import type { CaseResult } from './case-result.ts';
import { createComparison, largestMagnitude } from './comparison.ts';
import { numbersSchema, readReference } from './reference-file.ts';

/** A few float32 roundings: the reference rounds after every operation, ours once at the end. */
const RELATIVE_TOLERANCE = 1e-6;

const valuesSchema = z.object({ values: numbersSchema });
const guidanceSchema = z.object({
  shape: z.array(z.number()),
  noise_pred_text: valuesSchema,
  noise_pred_uncond: valuesSchema,
  cases: z.array(
    z.object({
      guidance_scale: z.number(),
      guidance_rescale: z.number(),
      guided: numbersSchema,
      rescaled: numbersSchema,
    }),
  ),
});
const posteriorSchema = z.object({
  parameters_shape: z.array(z.number()),
  parameters: numbersSchema,
  noise: numbersSchema,
  sample: numbersSchema,
  mode: numbersSchema,
});

export async function* checkSmallMaths(folder: string): AsyncGenerator<CaseResult> {
  if (existsSync(join(folder, 'classifier_free_guidance.json'))) yield* checkGuidance(folder);
  if (existsSync(join(folder, 'vae_posterior.json'))) yield* checkPosterior(folder);
}

async function* checkGuidance(folder: string): AsyncGenerator<CaseResult> {
  const path = join(folder, 'classifier_free_guidance.json');
  const reference = await readReference(path, guidanceSchema);
  const inputs = {
    positive: Float32Array.from(reference.noise_pred_text.values),
    negative: Float32Array.from(reference.noise_pred_uncond.values),
    pictures: reference.shape[0] ?? 1,
  };
  for (const { guidance_scale: scale, guidance_rescale: rescale, ...expected } of reference.cases) {
    const tolerance = RELATIVE_TOLERANCE * largestMagnitude(expected.guided);
    const comparison = createComparison();
    comparison.add(applyGuidance({ ...inputs, scale, rescale: 0 }), expected.guided, tolerance);
    comparison.add(applyGuidance({ ...inputs, scale, rescale }), expected.rescaled, tolerance);
    yield comparison.toResult(`small_maths guidance ${scale}, rescale ${rescale}`);
  }
}

async function* checkPosterior(folder: string): AsyncGenerator<CaseResult> {
  const reference = await readReference(join(folder, 'vae_posterior.json'), posteriorSchema);
  const parameters = Float32Array.from(reference.parameters);
  const noise = Float32Array.from(reference.noise);
  const batch = reference.parameters_shape[0] ?? 1;
  const comparison = createComparison();
  const tolerance = RELATIVE_TOLERANCE * largestMagnitude(reference.sample);
  comparison.add(sampleVaePosterior(parameters, noise, batch), reference.sample, tolerance);
  comparison.add(
    sampleVaePosterior(parameters, new Float32Array(noise.length), batch),
    Float32Array.from(reference.mode),
    0,
  );
  yield comparison.toResult('small_maths vae_posterior');
}
