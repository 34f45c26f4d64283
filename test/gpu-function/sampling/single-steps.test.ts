/** Single steps worked out by hand: the branches that no published loop goes through. */
import { describe, expect, test } from 'vitest';
import type { SamplerId } from '#contract/generation-request.ts';
import { toAlphaBars, toBetas } from '../../../gpu-function/sampling/beta-schedule.ts';
import { parseSchedulerConfig } from '../../../gpu-function/sampling/parse-scheduler-config.ts';
import { planSampling } from '../../../gpu-function/sampling/plan-sampling.ts';
import { ddpmVariance } from '../../../gpu-function/sampling/samplers/ddpm.ts';
import { sigmaToTimestep, spreadSigmas } from '../../../gpu-function/sampling/sigma-spacing.ts';
import { trainedTable } from '../../../gpu-function/sampling/trained-table.ts';
import { sampleVaePosterior } from '../../../gpu-function/sampling/vae-posterior.ts';
import { toReferenceSampler, toReferenceScheduler } from '../../parity/scheduler-case.ts';

const cosine = parseSchedulerConfig({
  _class_name: 'DPMSolverMultistepScheduler',
  beta_schedule: 'squaredcos_cap_v2',
});

/** abar 0.64 and 0.36: alpha 0.8 and 0.6. */
const TWO_LEVELS = {
  num_train_timesteps: 2,
  trained_betas: [0.36, 1 - 0.36 / 0.64],
  prediction_type: 'sample',
};

/** The first of two steps: from alpha 0.6 to alpha 0.8, with the noise 1. */
function takeStep(
  className: string,
  given: object,
  { sample, clean }: { sample: number; clean: number },
): { sample: number | undefined; clean: number | undefined } {
  const scheduler = toReferenceScheduler(className, { ...TWO_LEVELS, ...given });
  if (!scheduler.isSupported) throw new Error(scheduler.reason);
  const sampler = toReferenceSampler(scheduler, { steps: 2 });
  const result = sampler.start(0).step({
    sample: Float32Array.of(sample),
    output: Float32Array.of(clean),
    pictures: 1,
    drawNoise: () => Float32Array.of(1),
  });
  return { sample: result.sample[0], clean: result.denoised[0] };
}

describe('clipping', () => {
  test.each([1, -1])('DDIM clips the picture to %d and keeps the noise as it was seen', (sign) => {
    // The noise is (4.6 - 0.6 · 5) / 0.8 = 2, whatever the picture is clipped to.
    const step = takeStep('DDIMScheduler', {}, { sample: 4.6 * sign, clean: 5 * sign });
    expect(step.clean).toBe(sign);
    expect(step.sample).toBeCloseTo((0.8 + 0.6 * 2) * sign, 5);
  });

  test('DDPM reports the clipped picture too', () => {
    const given = { clip_sample_range: 1.5 };
    expect(takeStep('DDPMScheduler', given, { sample: 1, clean: 5 }).clean).toBe(1.5);
  });
});

test("DDPM's noise is the posterior's, or the whole step's where the package says so", () => {
  const beta = 1 - (0.6 / 0.8) ** 2;
  const still = { sample: 0, clean: 0 };
  const small = takeStep('DDPMScheduler', { variance_type: 'fixed_small' }, still);
  expect(small.sample).toBeCloseTo(Math.sqrt((0.6 / 0.8) ** 2 * beta), 5);
  const levels = [
    { alpha: 0.6, sigma: 0.8 },
    { alpha: 0.8, sigma: 0.6 },
  ] as const;
  expect((small.sample ?? 0) ** 2).toBeCloseTo(ddpmVariance(...levels), 6);
  const large = takeStep('DDPMScheduler', { variance_type: 'fixed_large' }, still);
  expect(large.sample).toBeCloseTo(Math.sqrt(beta), 5);
});

describe('the last step of DPM++ is first order', () => {
  /** Then it forgets what the step before saw. */
  const isFirstOrder = (given: object, steps: number): boolean => {
    const scheduler = toReferenceScheduler('DPMSolverMultistepScheduler', {
      prediction_type: 'sample',
      ...given,
    });
    if (!scheduler.isSupported) throw new Error(scheduler.reason);
    const sampler = toReferenceSampler(scheduler, { steps });
    const last = (before: number) => {
      const run = sampler.start(steps - 2);
      const step = (output: number) =>
        run.step({
          output: Float32Array.of(output),
          sample: Float32Array.of(1),
          pictures: 1,
          drawNoise: () => Float32Array.of(0),
        });
      step(before);
      return step(1).sample[0];
    };
    return last(0) === last(1);
  };
  const above = { final_sigmas_type: 'sigma_min' } as const;

  test.each([
    ['where it ends at the picture itself', {}, 50, true],
    ['in few steps', above, 14, true],
    ['not in many', above, 15, false],
    ['not in few where the package says so', { ...above, lower_order_final: false }, 5, false],
    ['in any number where the package says so', { ...above, euler_at_final: true }, 50, true],
  ])('%s', (_title, given, steps, expected) => {
    expect(isFirstOrder(given, steps)).toBe(expected);
  });
});

test.each<[SamplerId, number, number]>([
  ['ddpm', 0, 4],
  ['ddim', 0, 0],
  ['ddim', 0.5, 5],
  ['euler', 0, 0],
  ['euler-ancestral', 0, 5],
  ['dpmpp-2m', 0, 0],
  ['dpmpp-2m-sde', 0, 5],
  ['dpm2-ancestral', 1, 4],
  ['dpmpp-sde', 1, 8],
  ['lcm', 0, 4],
  ['tcd', 0.5, 4],
])(
  '%s with eta %d draws noise in %d of 5 steps, as the reference does',
  async (sampler, eta, expected) => {
    const scheduler = parseSchedulerConfig({ _class_name: 'DDPMScheduler' });
    let draws = 0;
    await planSampling({ scheduler, sampler, steps: 5, eta }).sample({
      start: Float32Array.of(1),
      callNetwork: async (sample) => sample,
      drawNoise: () => Float32Array.of(++draws),
      onStep: () => undefined,
    });
    expect(draws).toBe(expected);
  },
);

describe('cosine schedules', () => {
  test('add at most 0.999 of noise in a step', () => {
    expect(toBetas(cosine).at(-1)).toBe(Math.fround(0.999));
  });

  test('have their Karras timesteps cut, not rounded, in DPM++', () => {
    const { sigmas, logSigmas } = trainedTable(cosine);
    const range = { min: sigmas[0] ?? 0, max: sigmas.at(-1) ?? 0 };
    const exact = spreadSigmas('karras', range, 10).map((sigma) =>
      sigmaToTimestep(sigma, logSigmas),
    );
    const plan = planSampling({
      scheduler: cosine,
      sampler: 'dpmpp-2m',
      spacing: 'karras',
      steps: 10,
    });
    expect(plan.timesteps).toEqual(exact.map(Math.floor));
    expect(plan.timesteps).not.toEqual(exact.map(Math.round));
  });

  test('begin at the least log SNR that a package sets for DPM++', () => {
    const least = -5.1;
    const usable = [...toAlphaBars(toBetas(cosine))].filter(
      (alphaBar) => Math.log(alphaBar / (1 - alphaBar)) / 2 >= least,
    );
    const scheduler = { ...cosine, given: { ...cosine.given, lambda_min_clipped: least } };
    const { timesteps } = planSampling({ scheduler, sampler: 'dpmpp-2m', steps: 20 });
    expect(timesteps).toHaveLength(20);
    expect(timesteps[0]).toBe(usable.length - 1);
    expect(usable.length).toBeLessThan(1_000);
  });
});

test("a VAE's log variance is held between -30 and 20", () => {
  const parameters = Float32Array.of(1, 2, -100, 100);
  const [low, high] = sampleVaePosterior(parameters, Float32Array.of(1e6, 1), 1);
  expect(low).toBeCloseTo(1 + 1e6 * Math.exp(-15), 5);
  expect(high).toBeCloseTo(2 + Math.exp(10), 1);
});
