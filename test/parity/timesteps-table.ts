/** timesteps_table.json: only the timesteps, for many numbers of steps. */
import { join } from 'node:path';
import * as z from 'zod';
import type { CaseResult } from './case-result.ts';
import { createComparison } from './comparison.ts';
import { numbersSchema, readReference } from './reference-file.ts';
import { toReferenceSampler, toReferenceScheduler } from './scheduler-case.ts';

const tableSchema = z.array(
  z.object({
    scheduler: z.string(),
    config: z.looseObject({
      timestep_spacing: z.string().optional(),
      steps_offset: z.number().optional(),
      use_karras_sigmas: z.boolean().optional(),
    }),
    dtype: z.string(),
    timesteps: z.record(z.string(), numbersSchema),
  }),
);

/**
 * Whole timesteps must be equal. Fractional ones are compared to two units in the last place of 1000 (2^-14),
 * because Karras spacing takes them from logarithms.
 */
export function timestepTolerance(dtype: string): number {
  return dtype.startsWith('float') ? 2 ** -13 : 0;
}

export async function* checkTimestepsTable(folder: string): AsyncGenerator<CaseResult> {
  const entries = await readReference(join(folder, 'timesteps_table.json'), tableSchema);
  for (const { scheduler, config, dtype, timesteps } of entries) {
    const { timestep_spacing: spacing, use_karras_sigmas: isKarras, steps_offset: offset } = config;
    const details = [spacing, offset && `offset ${offset}`, isKarras && 'karras'];
    const name = ['timesteps_table', scheduler, ...details.filter(Boolean)].join(' ');
    const reference = toReferenceScheduler(scheduler, config);
    if (!reference.isSupported) {
      yield { kind: 'unsupported', name, reason: reference.reason };
      continue;
    }
    const comparison = createComparison();
    for (const [steps, expected] of Object.entries(timesteps)) {
      const sampler = toReferenceSampler(reference, { steps: Number(steps) });
      comparison.add(sampler.timesteps, expected, timestepTolerance(dtype));
    }
    yield comparison.toResult(name);
  }
}
