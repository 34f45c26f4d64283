/** What every sampler must do, whatever its method. The registry's samplers all run this suite. */
import { describe, expect, test } from 'vitest';
import { GenerationError } from '#contract/generation-error.ts';
import type { SamplerId } from '#contract/generation-request.ts';
import type { NoiseLevel } from '../../gpu-function/sampling/noise-level.ts';
import { parseSchedulerConfig } from '../../gpu-function/sampling/parse-scheduler-config.ts';
import { planSampling, type SamplingRequest } from '../../gpu-function/sampling/plan-sampling.ts';
import { resolveScheduler } from '../../gpu-function/sampling/resolve-scheduler.ts';
import { SAMPLERS } from '../../gpu-function/sampling/sampler-registry.ts';
import type { SamplingPlan, SamplingStep } from '../../gpu-function/sampling/sampling-plan.ts';
import type { SchedulerConfig } from '../../gpu-function/sampling/scheduler-config.ts';
import { createTorchRandom } from '../../gpu-function/sampling/torch-random.ts';

const LENGTH = 32;
const PREDICTIONS = ['epsilon', 'v_prediction', 'sample'] as const;
const PICTURE = createTorchRandom(1).normal(LENGTH);

function toScheduler(given: object = {}): SchedulerConfig {
  return parseSchedulerConfig({
    _class_name: 'DDIMScheduler',
    beta_schedule: 'scaled_linear',
    beta_start: 0.00085,
    beta_end: 0.012,
    clip_sample: false,
    set_alpha_to_one: true,
    ...given,
  });
}

/** Networks of these are not trained to predict what the others' are. */
const OWN_SCALINGS: readonly SamplerId[] = ['edm-euler', 'edm-dpmpp-2m', 'ipndm'];
/** These end at the least noise that was trained, not at the picture; PNDM's steps miss the levels of its table a little. */
const ENDS_NOISY: readonly SamplerId[] = ['deis', 'sa-solver', 'tcd', 'pndm'];
const NOISY_END = 0.15;
/** Epsilon at the noisiest level divides float32's rounding by a small alpha. */
const CLEAN_END = 1e-4;

const predictionsOf = (sampler: SamplerId) =>
  sampler === 'flow-match-euler' ? (['flow_prediction'] as const) : PREDICTIONS;

/** The level at which each call sees the sample: what its input is scaled by says it where levels explode. */
function inputLevels(plan: SamplingPlan, scheduler: SchedulerConfig, steps: number): NoiseLevel[] {
  const { sampler: id, spacing } = plan;
  const sampler = SAMPLERS[id].create({
    config: resolveScheduler(scheduler, id, spacing),
    request: { steps },
    options: {},
  });
  return sampler.noiseLevels.map((level, call) => {
    const scale = sampler.inputScale(call, call === 0);
    return scale === 1 ? level : { alpha: 1, sigma: Math.sqrt(1 / scale ** 2 - 1) };
  });
}

/** A network that knows the picture, and answers in the way it was trained to. */
function createPerfectNetwork(scheduler: SchedulerConfig, plan: SamplingPlan, steps: number) {
  const levels = inputLevels(plan, scheduler, steps);
  let call = 0;
  return async (scaled: Float32Array, timestep: number): Promise<Float32Array> => {
    if (plan.timesteps[call] !== timestep) throw new Error(`Unexpected timestep ${timestep}.`);
    const level = levels[call++];
    if (level === undefined) throw new Error(`There is no call ${call}.`);
    const size =
      scheduler.prediction_type === 'flow_prediction' ? 1 : Math.hypot(level.alpha, level.sigma);
    const [alpha, sigma] = [level.alpha / size, level.sigma / size];
    const noise = scaled.map((value, index) => (value - alpha * (PICTURE[index] ?? 0)) / sigma);
    switch (scheduler.prediction_type) {
      case 'epsilon':
        return noise;
      case 'v_prediction':
        return noise.map((value, index) => alpha * value - sigma * (PICTURE[index] ?? 0));
      case 'sample':
        return PICTURE;
      case 'flow_prediction':
        return noise.map((value, index) => value - (PICTURE[index] ?? 0));
    }
  };
}

/** From the noise of a seed; the sampler's own noise comes from the same stream. */
async function draw(
  plan: SamplingPlan,
  callNetwork: (scaled: Float32Array, timestep: number) => Promise<Float32Array>,
  onStep: (step: SamplingStep) => void = () => undefined,
): Promise<Float32Array> {
  const random = createTorchRandom(7);
  return plan.sample({
    start: random.normal(LENGTH).map((value) => value * plan.initialNoiseScale),
    drawNoise: () => random.normal(LENGTH),
    callNetwork,
    onStep,
  });
}

const halfOf = async (scaled: Float32Array) => scaled.map((value) => value / 2);

export function describeSampler(sampler: SamplerId): void {
  const { spacings } = SAMPLERS[sampler];
  const isFlow = sampler === 'flow-match-euler';
  const schedulerFor = (given: object = {}) =>
    toScheduler({ ...given, ...(isFlow && { _class_name: 'FlowMatchEulerDiscreteScheduler' }) });

  describe(`sampler ${sampler}`, () => {
    test.skipIf(OWN_SCALINGS.includes(sampler)).each(predictionsOf(sampler))(
      'a perfect network that predicts %s leads to its picture',
      async (prediction) => {
        const scheduler = schedulerFor({ prediction_type: prediction });
        for (const spacing of spacings) {
          const plan = planSampling({ scheduler, sampler, spacing, steps: 12 });
          const drawn = await draw(plan, createPerfectNetwork(scheduler, plan, 12));
          const errors = drawn.map((value, index) => Math.abs(value - (PICTURE[index] ?? 0)));
          const limit = ENDS_NOISY.includes(sampler) ? NOISY_END : CLEAN_END;
          expect(Math.max(...errors)).toBeLessThan(limit);
        }
      },
    );

    test('the same noise gives the same picture, other noise another', async () => {
      const plan = planSampling({ scheduler: schedulerFor(), sampler, steps: 9 });
      const first = await draw(plan, halfOf);
      expect(await draw(plan, halfOf)).toEqual(first);
      const other = await plan.sample({
        start: createTorchRandom(8).normal(LENGTH),
        drawNoise: () => createTorchRandom(9).normal(LENGTH),
        callNetwork: halfOf,
        onStep: () => undefined,
      });
      expect(other).not.toEqual(first);
    });

    test('every step is told once, from 1 to n, with the picture so far', async () => {
      const plan = planSampling({ scheduler: schedulerFor(), sampler, steps: 5 });
      const told: SamplingStep[] = [];
      const final = await draw(plan, halfOf, (step) =>
        told.push({ ...step, latents: step.latents.slice() }),
      );
      expect(told).toHaveLength(plan.timesteps.length);
      const ends = told.filter((step) => step.isStepEnd);
      expect(ends.map((step) => [step.step, step.steps])).toEqual(
        [1, 2, 3, 4, 5].map((step) => [step, 5]),
      );
      expect(told.at(-1)?.latents).toEqual(final);
      expect(told.every((step) => step.denoised.length === LENGTH)).toBe(true);
    });

    test('a start from a picture makes the last steps only, from its level', async () => {
      const scheduler = schedulerFor();
      const whole = planSampling({ scheduler, sampler, steps: 10 });
      const plan = planSampling({ scheduler, sampler, steps: 10, strength: 0.5 });
      const skipped = whole.timesteps.length - plan.timesteps.length;
      expect(plan.timesteps).toEqual(whole.timesteps.slice(skipped));
      expect(plan.startLevel).toEqual(whole.levels[skipped]);
      expect(plan.startLevel.sigma).toBeLessThan(whole.startLevel.sigma);
      expect((await draw(plan, halfOf)).every(Number.isFinite)).toBe(true);
    });

    test('an error thrown at a step ends the run there', async () => {
      const plan = planSampling({ scheduler: schedulerFor(), sampler, steps: 5 });
      let calls = 0;
      const countingNetwork = (scaled: Float32Array) => {
        calls++;
        return halfOf(scaled);
      };
      const run = draw(plan, countingNetwork, () => {
        if (calls === 2) throw new Error('stopped');
      });
      await expect(run).rejects.toThrow('stopped');
      expect(calls).toBe(2);
    });

    test('the start is left as it was', async () => {
      const plan = planSampling({ scheduler: schedulerFor(), sampler, steps: 4 });
      const start = createTorchRandom(3).normal(LENGTH);
      const before = start.slice();
      const random = createTorchRandom(4);
      await plan.sample({
        start,
        drawNoise: () => random.normal(LENGTH),
        callNetwork: halfOf,
        onStep: () => undefined,
      });
      expect(start).toEqual(before);
    });

    test('a network that answers with the wrong size is a broken model', async () => {
      const plan = planSampling({ scheduler: schedulerFor(), sampler, steps: 4 });
      const run = draw(plan, async () => new Float32Array(LENGTH - 1));
      await expect(run).rejects.toThrow(/answered with 31 values for 32/);
    });

    test.each([1, 2, 3, 50, 1_000])('%i steps never give NaN, or are refused', async (steps) => {
      for (const given of [{}, { steps_offset: 1 }, { beta_schedule: 'squaredcos_cap_v2' }]) {
        for (const spacing of spacings) {
          const plan = planOrRefusal({ scheduler: schedulerFor(given), sampler, spacing, steps });
          if (plan === undefined) continue;
          expect((await draw(plan, halfOf)).every(Number.isFinite)).toBe(true);
        }
      }
    });

    test.each(spacings)('%s spacing survives zero terminal SNR', async (spacing) => {
      const scheduler = schedulerFor({
        prediction_type: isFlow ? 'flow_prediction' : 'v_prediction',
        rescale_betas_zero_snr: true,
      });
      for (const steps of [4, 10, 500]) {
        const plan = planOrRefusal({ scheduler, sampler, spacing, steps });
        if (plan === undefined) continue;
        expect((await draw(plan, halfOf)).every(Number.isFinite)).toBe(true);
      }
    });
  });
}

/** Some samplers have limits of their own: they say so in one sentence, and never for an ordinary number of steps. */
function planOrRefusal(request: SamplingRequest): SamplingPlan | undefined {
  try {
    return planSampling(request);
  } catch (error) {
    const isRefusal = error instanceof GenerationError && error.code === 'sampler-unsupported';
    const isOrdinary = request.steps >= 4 && request.steps <= 50;
    if (isRefusal && !isOrdinary) return undefined;
    throw error;
  }
}
