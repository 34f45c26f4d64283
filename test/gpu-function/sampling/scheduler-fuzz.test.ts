/** Scheduler files and requests that nobody wrote: a run of finite numbers, or one sentence of what to do. */
import { GenerationError } from '#contract/generation-error.ts';
import { SAMPLER_IDS, SPACING_IDS } from '#contract/generation-request.ts';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseSchedulerConfig } from '../../../gpu-function/sampling/parse-scheduler-config.ts';
import { planSampling } from '../../../gpu-function/sampling/plan-sampling.ts';
import { SCHEDULER_CLASS_NAMES } from '../../../gpu-function/sampling/scheduler-classes.ts';
import { referenceNoise } from '../../parity/reference-noise.ts';

const LENGTH = 8;
const RUNS = 800;
const flag = fc.boolean();
const order = fc.integer({ min: 1, max: 4 });
/** Where formulas divide, take roots and logarithms. */
const anyNumber = fc.oneof(
  fc.constantFrom(0, 1, -1, 0.5, 1e-9, 1e9, 1e300, -0.0),
  fc.double({ min: 0, max: 20, noNaN: true }),
);
const timestepCount = fc.oneof(fc.integer({ min: 2, max: 60 }), fc.constantFrom(1_000, 100_000));

/** Values that a real file may hold. */
const values = {
  num_train_timesteps: timestepCount,
  beta_start: fc.constantFrom(0.0001, 0.00085, 0.5, 1e-9),
  beta_end: fc.constantFrom(0.02, 0.012, 0.999, 1e-9),
  beta_schedule: fc.constantFrom('linear', 'scaled_linear', 'squaredcos_cap_v2', 'exp'),
  rescale_betas_zero_snr: flag,
  prediction_type: fc.constantFrom('epsilon', 'v_prediction', 'sample', 'flow_prediction'),
  timestep_spacing: fc.constantFrom('leading', 'trailing', 'linspace'),
  steps_offset: fc.constantFrom(0, 1, 7, 5_000),
  use_karras_sigmas: flag,
  use_exponential_sigmas: flag,
  use_beta_sigmas: flag,
  use_lu_lambdas: flag,
  use_flow_sigmas: flag,
  flow_shift: anyNumber,
  sigma_min: anyNumber,
  sigma_max: anyNumber,
  final_sigmas_type: fc.constantFrom('zero', 'sigma_min'),
  timestep_type: fc.constantFrom('discrete', 'continuous'),
  interpolation_type: fc.constantFrom('linear', 'log_linear'),
  lambda_min_clipped: fc.constantFrom('-Infinity', -5.1, 0, 50),
  set_alpha_to_one: flag,
  original_inference_steps: fc.constantFrom(1, 4, 50, 5_000),
  shift: anyNumber,
  use_dynamic_shifting: flag,
  shift_terminal: fc.constantFrom(0, 0.02, 0.99),
  time_shift_type: fc.constantFrom('exponential', 'linear'),
  clip_sample: flag,
  clip_sample_range: anyNumber,
  thresholding: flag,
  dynamic_thresholding_ratio: fc.constantFrom(0, 0.995, 1),
  variance_type: fc.constantFrom('fixed_small', 'fixed_large', 'learned_range', ''),
  solver_order: order,
  solver_type: fc.constantFrom('midpoint', 'heun', 'logrho', 'bh1', 'bh2'),
  algorithm_type: fc.constantFrom('dpmsolver', 'dpmsolver++', 'sde-dpmsolver', 'noise_prediction'),
  lower_order_final: flag,
  euler_at_final: flag,
  predict_x0: flag,
  disable_corrector: fc.constantFrom([], [0, 1], [-1]),
  predictor_order: order,
  corrector_order: order,
  skip_prk_steps: flag,
};
/** A few of them at a time, so that many of these files are read. */
const plausible = fc
  .subarray(Object.keys(values), { maxLength: 5 })
  .chain((keys) =>
    fc.record(Object.fromEntries(Object.entries(values).filter(([key]) => keys.includes(key)))),
  );
const config = fc
  .tuple(
    fc.constantFrom(...SCHEDULER_CLASS_NAMES),
    plausible,
    // One file in ten holds values of another kind altogether.
    fc.oneof(
      { weight: 9, arbitrary: fc.constant({}) },
      {
        weight: 1,
        arbitrary: fc.dictionary(
          fc.constantFrom('sigma_min', 'shift', 'betas', 'rho'),
          fc.jsonValue(),
        ),
      },
    ),
  )
  .map(([_class_name, keys, strange]) => ({ ...keys, ...strange, _class_name }));

const request = fc.record({
  sampler: fc.constantFrom(...SAMPLER_IDS),
  spacing: fc.option(fc.constantFrom(...SPACING_IDS), { nil: undefined }),
  steps: fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: 1, max: 12 }) },
    { weight: 1, arbitrary: fc.constantFrom(0, 150, 2_000) },
  ),
  strength: fc.option(fc.constantFrom(0, 0.01, 0.5, 0.8, 1), { nil: undefined }),
  eta: fc.constantFrom(undefined, undefined, undefined, 0, 1),
  sChurn: fc.constantFrom(undefined, undefined, undefined, 0, 40),
});

/** @returns what a person reads */
async function sentenceOf(act: () => Promise<void>): Promise<string> {
  try {
    await act();
    return 'There is nothing to refuse.';
  } catch (error) {
    if (!(error instanceof GenerationError)) throw error;
    return error.message;
  }
}

const SENTENCES = /^[^\n]{20,400}[.]$/;

test('any file and any request: finite numbers, or a sentence', { timeout: 60_000 }, async () => {
  let runs = 0;
  const property = fc.asyncProperty(config, request, async (json, asked) => {
    const sentence = await sentenceOf(async () => {
      const plan = planSampling({ ...asked, scheduler: parseSchedulerConfig(json) });
      const start = referenceNoise(1, LENGTH).map((value) => value * plan.initialNoiseScale);
      const stop = new Error('enough');
      let calls = 0;
      let sample: Float32Array = start;
      const run = plan.sample({
        start,
        callNetwork: (_, timestep) => {
          expect(timestep).toSatisfy(Number.isFinite);
          return Promise.resolve(referenceNoise(calls, LENGTH));
        },
        drawNoise: () => referenceNoise(99, LENGTH),
        onStep: ({ latents }) => {
          sample = latents;
          calls++;
          if (calls === 40) throw stop;
        },
      });
      await run.catch((error: unknown) => {
        if (error !== stop) throw error;
      });
      expect([...sample].every(Number.isFinite), 'finite').toBe(true);
      runs++;
    });
    expect(sentence).toMatch(SENTENCES);
  });
  await fc.assert(property, { numRuns: RUNS, seed: 11 });
  // It is no test where everything is refused.
  expect(runs).toBeGreaterThan(RUNS / 5);
});

test('anything at all in place of a file is refused in a sentence', async () => {
  const property = fc.asyncProperty(fc.jsonValue(), async (json) => {
    const sentence = await sentenceOf(async () => {
      await Promise.resolve(parseSchedulerConfig(json));
    });
    expect(sentence).toMatch(SENTENCES);
  });
  await expect(fc.assert(property, { numRuns: 300, seed: 12 })).resolves.toBeUndefined();
});
