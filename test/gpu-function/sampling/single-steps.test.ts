/** Single steps worked out by hand: the branches that no published loop goes through. */
import { describe, expect, test } from 'vitest';
import type { SamplerId } from '#contract/generation-request.ts';
import { toAlphaBars, toBetas } from '../../../gpu-function/sampling/beta-schedule.ts';
import { karrasSigmas, sigmaToTimestep } from '../../../gpu-function/sampling/karras-sigmas.ts';
import {
  toLogSigmas,
  trainedSigmas,
} from '../../../gpu-function/sampling/levels/trained-sigmas.ts';
import { parseSchedulerConfig } from '../../../gpu-function/sampling/parse-scheduler-config.ts';
import { planSampling } from '../../../gpu-function/sampling/plan-sampling.ts';
import { toSamplerOptions } from '../../../gpu-function/sampling/sampler-options.ts';
import type { Sampler, SamplerOptions } from '../../../gpu-function/sampling/sampler.ts';
import { sampleDdim } from '../../../gpu-function/sampling/samplers/ddim.ts';
import { sampleDdpm } from '../../../gpu-function/sampling/samplers/ddpm.ts';
import { sampleVaePosterior } from '../../../gpu-function/sampling/vae-posterior.ts';

const OPTIONS: SamplerOptions = {
  eta: 0,
  clipRange: Number.POSITIVE_INFINITY,
  variance: 'small',
  isLastFirstOrder: true,
};
const cosine = parseSchedulerConfig({
  _class_name: 'DPMSolverMultistepScheduler',
  beta_schedule: 'squaredcos_cap_v2',
});

/** One step from alpha 0.6 to alpha 0.8, with the noise 1. */
async function takeStep(
  run: Sampler,
  { sample, clean, ...options }: { sample: number; clean: number } & Partial<SamplerOptions>,
): Promise<{ sample: number | undefined; clean: number | undefined }> {
  let told: number | undefined;
  const [result] = await run({
    sample: Float32Array.of(sample),
    steps: [{ from: { timestep: 9, alpha: 0.6, sigma: 0.8 }, to: { alpha: 0.8, sigma: 0.6 } }],
    denoise: async (_sample, _level, into) => void into.fill(clean),
    drawNoise: () => Float32Array.of(1),
    onStep: async (_index, _sample, seen) => void (told = seen[0]),
    options: { ...OPTIONS, ...options },
  });
  return { sample: result, clean: told };
}

describe('clipping', () => {
  test.each([1, -1])(
    'DDIM clips the picture to %d and keeps the noise as it was seen',
    async (sign) => {
      // The noise is (4.6 - 0.6 · 5) / 0.8 = 2, whatever the picture is clipped to.
      const step = await takeStep(sampleDdim, {
        sample: 4.6 * sign,
        clean: 5 * sign,
        clipRange: 1,
      });
      expect(step.clean).toBe(sign);
      expect(step.sample).toBeCloseTo((0.8 + 0.6 * 2) * sign, 5);
    },
  );

  test('DDPM reports the clipped picture too', async () => {
    expect((await takeStep(sampleDdpm, { sample: 1, clean: 5, clipRange: 1.5 })).clean).toBe(1.5);
  });
});

test("DDPM's noise is the posterior's, or the whole step's where the package says so", async () => {
  const beta = 1 - (0.6 / 0.8) ** 2;
  const still = { sample: 0, clean: 0 };
  const small = await takeStep(sampleDdpm, { ...still, variance: 'small' });
  expect(small.sample).toBeCloseTo(Math.sqrt((0.6 / 0.8) ** 2 * beta), 5);
  const large = await takeStep(sampleDdpm, { ...still, variance: 'large' });
  expect(large.sample).toBeCloseTo(Math.sqrt(beta), 5);
});

describe('the last step of DPM++ is first order', () => {
  const isFirstOrder = (given: object, steps: number) =>
    toSamplerOptions({ scheduler: { ...cosine, ...given }, sampler: 'dpmpp-2m', steps })
      .isLastFirstOrder;
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
    const sigmas = trainedSigmas(cosine);
    const exact = karrasSigmas(sigmas[0] ?? 0, sigmas.at(-1) ?? 0, 10).map((sigma) =>
      sigmaToTimestep(sigma, toLogSigmas(sigmas)),
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
    const scheduler = { ...cosine, lambda_min_clipped: least };
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
