/** published/other_facts.json: single figures that stand in diffusers' tests. */
import { join } from 'node:path';
import * as z from 'zod';
import { toAlphaBars, toBetas } from '../../gpu-function/sampling/beta-schedule.ts';
import {
  CLEAN_LEVEL,
  toPreservingLevel,
  type NoiseLevel,
} from '../../gpu-function/sampling/noise-level.ts';
import { ddimVariance } from '../../gpu-function/sampling/samplers/ddim.ts';
import { ddpmVariance } from '../../gpu-function/sampling/samplers/ddpm.ts';
import type { CaseResult } from './case-result.ts';
import { createComparison } from './comparison.ts';
import { readReference } from './reference-file.ts';
import { toReferenceSampler, toReferenceScheduler } from './scheduler-case.ts';

const varianceSchema = z.object({
  config: z.record(z.string(), z.unknown()),
  tolerance: z.number(),
  expected: z.array(z.object({ t: z.number(), prev_t: z.number().optional(), value: z.number() })),
});
const timestepsSchema = z.object({
  config: z.record(z.string(), z.unknown()),
  num_inference_steps: z.number(),
  expected: z.array(z.number()),
});
/** The timesteps stand in the fact's title. */
const previousSchema = z.object({
  what: z
    .string()
    .transform((what) => z.array(z.number()).parse(JSON.parse(what.slice(what.indexOf('['))))),
  expected: z.array(z.number()),
});
const factSchema = z.looseObject({ what: z.string() });

export async function* checkPublishedFacts(folder: string): AsyncGenerator<CaseResult> {
  const facts = await readReference(join(folder, 'other_facts.json'), z.array(factSchema));
  for (const fact of facts) {
    const name = `published ${fact.what}`;
    if (fact.what === 'DDIMScheduler.timesteps') {
      yield checkTimesteps(name, timestepsSchema.parse(fact));
    } else if (fact.what.startsWith('DDIM variance')) {
      yield checkVariance(name, ddimVariance, varianceSchema.parse(fact));
    } else if (fact.what.startsWith('DDPM variance')) {
      yield checkVariance(name, ddpmVariance, varianceSchema.parse(fact));
    } else if (fact.what.startsWith('DDPM previous timestep for custom timesteps')) {
      yield checkPreviousTimesteps(name, previousSchema.parse(fact));
    } else {
      yield { kind: 'unsupported', name, reason: 'no such fact is known' };
    }
  }
}

function checkTimesteps(name: string, fact: z.infer<typeof timestepsSchema>): CaseResult {
  const scheduler = toReferenceScheduler('DDIMScheduler', fact.config);
  if (!scheduler.isSupported) return { kind: 'unsupported', name, reason: scheduler.reason };
  const comparison = createComparison();
  const { timesteps } = toReferenceSampler(scheduler, { steps: fact.num_inference_steps });
  comparison.add(timesteps, fact.expected, 0);
  return comparison.toResult(name);
}

/** A step ends at the level of the timestep that is said to be the previous one; -1 is the clean picture. */
function checkPreviousTimesteps(name: string, fact: z.infer<typeof previousSchema>): CaseResult {
  const scheduler = toReferenceScheduler('DDPMScheduler', {});
  if (!scheduler.isSupported) return { kind: 'unsupported', name, reason: scheduler.reason };
  const { timesteps } = toReferenceSampler(scheduler, {
    steps: fact.what.length,
    timesteps: fact.what,
  });
  const comparison = createComparison();
  comparison.add([...timesteps.slice(1), -1], fact.expected, 0);
  return comparison.toResult(name);
}

function checkVariance(
  name: string,
  variance: (from: NoiseLevel, to: NoiseLevel) => number,
  fact: z.infer<typeof varianceSchema>,
): CaseResult {
  const scheduler = toReferenceScheduler('DDIMScheduler', fact.config);
  if (!scheduler.isSupported) return { kind: 'unsupported', name, reason: scheduler.reason };
  const alphaBars = toAlphaBars(toBetas(scheduler.config));
  const levelAt = (timestep: number) =>
    timestep < 0 ? CLEAN_LEVEL : toPreservingLevel(alphaBars[timestep] ?? Number.NaN);
  const comparison = createComparison();
  for (const { t, prev_t: previous = t - 1, value } of fact.expected) {
    comparison.add([variance(levelAt(t), levelAt(previous))], [value], fact.tolerance);
  }
  return comparison.toResult(name);
}
