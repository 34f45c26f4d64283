/** Schedules and spacings for any configuration: they descend, stay in range and end where they should. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SAMPLER_IDS, type SamplerId } from '#contract/generation-request.ts';
import { toAlphaBars, toBetas } from '../../../gpu-function/sampling/beta-schedule.ts';
import { karrasSigmas } from '../../../gpu-function/sampling/karras-sigmas.ts';
import { parseSchedulerConfig } from '../../../gpu-function/sampling/parse-scheduler-config.ts';
import { planSampling } from '../../../gpu-function/sampling/plan-sampling.ts';
import { SAMPLERS } from '../../../gpu-function/sampling/sampler-registry.ts';
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

describe.each<{ sampler: SamplerId }>(SAMPLER_IDS.map((sampler) => ({ sampler })))(
  'the table of $sampler',
  ({ sampler }) => {
    const { levels } = SAMPLERS[sampler];

    test('has as many steps as asked, from noisy to clean, all within the trained ones', () => {
      fc.assert(
        fc.property(
          schedulers,
          fc.constantFrom(...levels.spacings),
          fc.double({ min: 0, max: 1, noNaN: true }),
          (config, spacing, share) => {
            // Half of the trained ones at most: beyond, whole timesteps may repeat.
            const stepCount = 1 + Math.floor((share * (config.num_train_timesteps - 2)) / 2);
            const { steps } = levels.build({ config, spacing, stepCount });
            expect(steps).toHaveLength(stepCount);
            expect(isDescending(steps.map(({ from }) => from.sigma / from.alpha))).toBe(true);
            for (const { from, to } of steps) {
              expect(from.timestep).toBeGreaterThanOrEqual(0);
              expect(from.timestep).toBeLessThan(config.num_train_timesteps);
              expect(to.sigma / to.alpha).toBeLessThanOrEqual(from.sigma / from.alpha);
            }
          },
        ),
        { numRuns: 40 },
      );
    });

    test('belongs to the plan: same timesteps, same start', () => {
      const scheduler = parseSchedulerConfig({ _class_name: 'EulerDiscreteScheduler' });
      const plan = planSampling({ scheduler, sampler, steps: 8 });
      const { steps, initialNoiseScale } = levels.build({
        config: scheduler,
        spacing: plan.spacing,
        stepCount: 8,
      });
      expect(plan.timesteps).toEqual(steps.map(({ from }) => from.timestep));
      expect(plan.initialNoiseScale).toBe(initialNoiseScale);
      expect(plan.startLevel.sigma).toBe(steps[0]?.from.sigma);
    });
  },
);

test('Karras sigmas descend between their two ends', () => {
  const range = fc.tuple(
    fc.double({ min: 1e-3, max: 1, noNaN: true }),
    fc.double({ min: 2, max: 1e4, noNaN: true }),
  );
  fc.assert(
    fc.property(range, fc.integer({ min: 2, max: 200 }), ([sigmaMin, sigmaMax], count) => {
      const sigmas = karrasSigmas(sigmaMin, sigmaMax, count);
      expect(sigmas).toHaveLength(count);
      expect(sigmas[0]).toBeCloseTo(sigmaMax, 6);
      expect(sigmas.at(-1)).toBeCloseTo(sigmaMin, 6);
      expect(isDescending(sigmas)).toBe(true);
    }),
  );
});

test('halves are rounded to the even number, as NumPy does', () => {
  expect([0.5, 1.5, 2.5, 499.5, 1.4, 1.6].map(roundHalfEven)).toEqual([0, 2, 2, 500, 1, 2]);
});
