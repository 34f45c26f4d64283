/** Schedules and spacings for any configuration: they descend, stay in range and end where they should. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SAMPLER_IDS, type SamplerId } from '#contract/generation-request.ts';
import { GenerationError } from '#contract/generation-error.ts';
import { symmetricBetaQuantile } from '../../../gpu-function/sampling/beta-quantile.ts';
import { toAlphaBars, toBetas } from '../../../gpu-function/sampling/beta-schedule.ts';
import { parseSchedulerConfig } from '../../../gpu-function/sampling/parse-scheduler-config.ts';
import {
  planSampling,
  type SamplingRequest,
} from '../../../gpu-function/sampling/plan-sampling.ts';
import type { SamplingPlan } from '../../../gpu-function/sampling/sampling-plan.ts';
import { SAMPLERS } from '../../../gpu-function/sampling/sampler-registry.ts';
import { spreadSigmas, type SigmaSpread } from '../../../gpu-function/sampling/sigma-spacing.ts';
import { roundHalfEven } from '../../../gpu-function/sampling/timestep-spacing.ts';

const schedulers = fc
  .record({
    _class_name: fc.constantFrom('DDIMScheduler', 'EulerDiscreteScheduler', 'PNDMScheduler'),
    beta_schedule: fc.constantFrom('linear', 'scaled_linear', 'squaredcos_cap_v2'),
    num_train_timesteps: fc.integer({ min: 10, max: 1_200 }),
    steps_offset: fc.integer({ min: 0, max: 1 }),
    prediction_type: fc.constantFrom('epsilon', 'v_prediction', 'sample'),
  })
  .map(parseSchedulerConfig);

function isDescending(values: ArrayLike<number>): boolean {
  return Array.from(values).every(
    (value, index, all) => index === 0 || value < (all[index - 1] ?? 0),
  );
}

describe('the trained schedule', () => {
  test('always loses some of the picture, and never all of it', () => {
    fc.assert(
      fc.property(schedulers, (scheduler) => {
        const alphaBars = toAlphaBars(toBetas(scheduler));
        expect(alphaBars).toHaveLength(scheduler.num_train_timesteps);
        expect(isDescending(alphaBars)).toBe(true);
        expect(alphaBars[0]).toBeLessThan(1);
        expect(alphaBars.at(-1)).toBeGreaterThan(0);
      }),
      { numRuns: 30 },
    );
  });

  test('with zero terminal SNR it ends at pure noise and begins as before', () => {
    const given = { _class_name: 'DDIMScheduler', beta_schedule: 'scaled_linear' };
    const plain = toAlphaBars(toBetas(parseSchedulerConfig(given)));
    const rescaled = toAlphaBars(
      toBetas(parseSchedulerConfig({ ...given, rescale_betas_zero_snr: true })),
    );
    expect(rescaled.at(-1)).toBe(0);
    expect(rescaled[0]).toBeCloseTo(plain[0] ?? 0, 6);
    expect(isDescending(rescaled)).toBe(true);
  });

  test('takes betas from a list where the package has one', () => {
    const scheduler = parseSchedulerConfig({
      _class_name: 'DDIMScheduler',
      num_train_timesteps: 2,
      trained_betas: [0.5, 0.75],
    });
    expect([...toAlphaBars(toBetas(scheduler))]).toEqual([0.5, 0.125]);
  });
});

describe.each<{ sampler: SamplerId }>(
  SAMPLER_IDS.filter((id) => id !== 'flow-match-euler').map((sampler) => ({ sampler })),
)('the table of $sampler', ({ sampler }) => {
  test('goes from noisy to clean, all within the trained ones', () => {
    fc.assert(
      fc.property(
        schedulers,
        fc.constantFrom(...SAMPLERS[sampler].spacings),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (scheduler, spacing, share) => {
          // Few enough that no sampler has reasons of its own to refuse them, and that no whole timesteps repeat.
          const most = Math.min(scheduler.num_train_timesteps / 4, 50);
          const steps = 4 + Math.floor(share * Math.max(most - 4, 0));
          if (steps > most) return;
          const plan = planUnlessRefused({ scheduler, sampler, spacing, steps });
          if (plan === undefined) return;
          expect(plan.timesteps.length).toBeGreaterThanOrEqual(steps);
          const ratios = plan.levels.map(({ alpha, sigma }) => sigma / alpha);
          // PNDM goes back and forth on purpose; second-order samplers pass levels twice.
          expect(sampler === 'pndm' || isNotAscending(ratios)).toBe(true);
          for (const timestep of plan.timesteps) {
            expect(timestep).toBeLessThan(scheduler.num_train_timesteps);
          }
        },
      ),
      { numRuns: 30 },
    );
  });
});

/** PNDM's Runge-Kutta steps may begin above the trained timesteps, and LCM was distilled in 50 steps: they say so. */
function planUnlessRefused(request: SamplingRequest): SamplingPlan | undefined {
  try {
    return planSampling(request);
  } catch (error) {
    const isLimited = ['pndm', 'lcm', 'tcd'].includes(request.sampler);
    if (isLimited && error instanceof GenerationError) return undefined;
    throw error;
  }
}

function isNotAscending(values: readonly number[]): boolean {
  return values.every((value, index) => index === 0 || value <= (values[index - 1] ?? 0));
}

test.each<SigmaSpread>(['karras', 'exponential', 'beta', 'lu'])(
  '%s sigmas descend between their two ends',
  (spread) => {
    const range = fc.tuple(
      fc.double({ min: 1e-3, max: 1, noNaN: true }),
      fc.double({ min: 2, max: 1e4, noNaN: true }),
    );
    fc.assert(
      fc.property(range, fc.integer({ min: 2, max: 60 }), ([min, max], count) => {
        const sigmas = spreadSigmas(spread, { min, max }, count);
        expect(sigmas).toHaveLength(count);
        expect(sigmas[0]).toBeCloseTo(max, 2);
        expect(sigmas.at(-1)).toBeCloseTo(min, 6);
        expect(isDescending(sigmas)).toBe(true);
      }),
      { numRuns: 30 },
    );
  },
);

test('quantiles of the beta distribution are those of SciPy', () => {
  // scipy.stats.beta.ppf(p, 0.6, 0.6), SciPy 1.17.1.
  const expected = [
    [0.001, 1.855873851745199e-5],
    [0.05, 0.012554456873611399],
    [0.25, 0.17568037865269498],
    [0.5, 0.5000000000000001],
    [0.75, 0.824319621347305],
    [0.9, 0.9604155944112192],
    [0.999, 0.9999814412614826],
  ] as const;
  for (const [probability, value] of expected) {
    expect(symmetricBetaQuantile(probability, 0.6)).toBeCloseTo(value, 12);
  }
});

test('halves are rounded to the even number, as NumPy does', () => {
  expect([0.5, 1.5, 2.5, 499.5, 1.4, 1.6].map(roundHalfEven)).toEqual([0, 2, 2, 500, 1, 2]);
});
