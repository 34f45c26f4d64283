/** published/other_facts.json: single figures that stand in diffusers' tests. */
import { join } from 'node:path';
import * as z from 'zod';
import { toAlphaBars, toBetas } from '../../gpu-function/sampling/beta-schedule.ts';
import { CLEAN_LEVEL, toPreservingLevel } from '../../gpu-function/sampling/noise-level.ts';
import { ddpmTable } from '../../gpu-function/sampling/levels/trained-levels.ts';
import { planSampling } from '../../gpu-function/sampling/plan-sampling.ts';
import type { Sampler } from '../../gpu-function/sampling/sampler.ts';
import { sampleDdim } from '../../gpu-function/sampling/samplers/ddim.ts';
import { sampleDdpm } from '../../gpu-function/sampling/samplers/ddpm.ts';
import type { CaseResult } from './case-result.ts';
import { createComparison } from './comparison.ts';
import { readReference } from './reference-file.ts';
import { toReferenceScheduler } from './scheduler-case.ts';

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
      yield await checkVariance(name, sampleDdim, varianceSchema.parse(fact));
    } else if (fact.what.startsWith('DDPM variance')) {
      yield await checkVariance(name, sampleDdpm, varianceSchema.parse(fact));
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
  const steps = fact.num_inference_steps;
  const comparison = createComparison();
  const plan = planSampling({ ...scheduler, scheduler: scheduler.config, steps });
  comparison.add(plan.timesteps, fact.expected, 0);
  return comparison.toResult(name);
}

/** A step ends at the level of the timestep that is said to be the previous one; -1 is the clean picture. */
function checkPreviousTimesteps(name: string, fact: z.infer<typeof previousSchema>): CaseResult {
  const scheduler = toReferenceScheduler('DDPMScheduler', {});
  if (!scheduler.isSupported) return { kind: 'unsupported', name, reason: scheduler.reason };
  const alphaBars = toAlphaBars(toBetas(scheduler.config));
  const { steps } = ddpmTable(scheduler.config, fact.what);
  const expected = fact.expected.map((timestep) => (timestep < 0 ? 1 : (alphaBars[timestep] ?? 0)));
  const comparison = createComparison();
  comparison.add(
    steps.map((step) => step.to.alpha ** 2),
    expected,
    1e-12,
  );
  return comparison.toResult(name);
}

/** One step from nothing with the noise 1: what comes out is the deviation. */
async function checkVariance(
  name: string,
  run: Sampler,
  fact: z.infer<typeof varianceSchema>,
): Promise<CaseResult> {
  const scheduler = toReferenceScheduler('DDIMScheduler', fact.config);
  if (!scheduler.isSupported) return { kind: 'unsupported', name, reason: scheduler.reason };
  const alphaBars = toAlphaBars(toBetas(scheduler.config));
  const levelAt = (timestep: number) =>
    timestep < 0 ? CLEAN_LEVEL : toPreservingLevel(alphaBars[timestep] ?? Number.NaN);
  const comparison = createComparison();
  for (const { t, prev_t: previous = t - 1, value } of fact.expected) {
    const [deviation = Number.NaN] = await run({
      sample: Float32Array.of(0),
      steps: [{ from: { timestep: t, ...levelAt(t) }, to: levelAt(previous) }],
      denoise: async (_sample, _level, clean) => void clean.fill(0),
      drawNoise: () => Float32Array.of(1),
      onStep: async () => undefined,
      options: { eta: 1, clipRange: 1, variance: 'small', isLastFirstOrder: true },
    });
    comparison.add([deviation ** 2], [value], fact.tolerance);
  }
  return comparison.toResult(name);
}
