/** What every sampler must do, whatever its method. The registry's samplers all run this suite. */
import { describe, expect, test } from 'vitest';
import type { SamplerId, SpacingId } from '#contract/generation-request.ts';
import { parseSchedulerConfig } from '../../gpu-function/sampling/parse-scheduler-config.ts';
import { planSampling } from '../../gpu-function/sampling/plan-sampling.ts';
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
    ...given,
  });
}

/** A network that knows the picture, and answers in the way it was trained to. */
function createPerfectNetwork(scheduler: SchedulerConfig, plan: SamplingPlan) {
  const { sampler, spacing } = plan;
  const { steps } = SAMPLERS[sampler].levels.build({
    config: scheduler,
    spacing,
    stepCount: plan.timesteps.length,
  });
  let call = 0;
  return async (scaled: Float32Array, timestep: number): Promise<Float32Array> => {
    const level = steps[call++]?.from;
    if (level?.timestep !== timestep) throw new Error(`Unexpected timestep ${timestep}.`);
    const size = Math.hypot(level.alpha, level.sigma);
    const [alpha, sigma] = [level.alpha / size, level.sigma / size];
    const noise = scaled.map((value, index) => (value - alpha * (PICTURE[index] ?? 0)) / sigma);
    switch (scheduler.prediction_type) {
      case 'epsilon':
        return noise;
      case 'v_prediction':
        return noise.map((value, index) => alpha * value - sigma * (PICTURE[index] ?? 0));
      case 'sample':
        return PICTURE;
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
  const spacings: readonly SpacingId[] = SAMPLERS[sampler].levels.spacings;

  describe(`sampler ${sampler}`, () => {
    test.each(PREDICTIONS)(
      'a perfect network that predicts %s leads to its picture',
      async (prediction) => {
        const scheduler = toScheduler({ prediction_type: prediction });
        for (const spacing of spacings) {
          const plan = planSampling({ scheduler, sampler, spacing, steps: 12 });
          const drawn = await draw(plan, createPerfectNetwork(scheduler, plan));
          // Epsilon at the noisiest level divides float32's rounding by a small alpha.
          for (const [index, value] of drawn.entries())
            expect(value).toBeCloseTo(PICTURE[index] ?? 0, 4);
        }
      },
    );

    test('the same noise gives the same picture, other noise another', async () => {
      const plan = planSampling({ scheduler: toScheduler(), sampler, steps: 9 });
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
      const plan = planSampling({ scheduler: toScheduler(), sampler, steps: 5 });
      const told: SamplingStep[] = [];
      const final = await draw(plan, halfOf, (step) =>
        told.push({ ...step, latents: step.latents.slice() }),
      );
      expect(told.map((step) => [step.step, step.steps])).toEqual(
        [1, 2, 3, 4, 5].map((step) => [step, 5]),
      );
      expect(told.at(-1)?.latents).toEqual(final);
      expect(told.every((step) => step.denoised.length === LENGTH)).toBe(true);
    });

    test('an error thrown at a step ends the run there', async () => {
      const plan = planSampling({ scheduler: toScheduler(), sampler, steps: 5 });
      let calls = 0;
      const countingNetwork = (scaled: Float32Array) => {
        calls++;
        return halfOf(scaled);
      };
      const run = draw(plan, countingNetwork, ({ step }) => {
        if (step === 2) throw new Error('stopped');
      });
      await expect(run).rejects.toThrow('stopped');
      expect(calls).toBe(2);
    });

    test('the start is left as it was', async () => {
      const plan = planSampling({ scheduler: toScheduler(), sampler, steps: 3 });
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
      const plan = planSampling({ scheduler: toScheduler(), sampler, steps: 3 });
      const run = draw(plan, async () => new Float32Array(LENGTH - 1));
      await expect(run).rejects.toThrow(/answered with 31 values for 32/);
    });

    test.each([1, 2, 3, 999, 1_000])('%i steps never give NaN', async (steps) => {
      for (const given of [{}, { steps_offset: 1 }, { beta_schedule: 'squaredcos_cap_v2' }]) {
        for (const spacing of spacings) {
          if (isRefused(sampler, spacing, steps)) continue;
          const scheduler = toScheduler(given);
          const plan = planSampling({ scheduler, sampler, spacing, steps });
          expect(plan.timesteps).toHaveLength(steps);
          expect((await draw(plan, halfOf)).every(Number.isFinite)).toBe(true);
        }
      }
    });

    test.each(spacings)('%s spacing survives zero terminal SNR', async (spacing) => {
      const scheduler = toScheduler({
        prediction_type: 'v_prediction',
        rescale_betas_zero_snr: true,
      });
      for (const steps of [1, 10, 500]) {
        const plan = planSampling({ scheduler, sampler, spacing, steps });
        expect((await draw(plan, halfOf)).every(Number.isFinite)).toBe(true);
      }
    });
  });
}

/** DPM++ takes one point more than steps out of the trained ones where they lead. */
function isRefused(sampler: SamplerId, spacing: SpacingId, steps: number): boolean {
  return sampler === 'dpmpp-2m' && spacing === 'leading' && steps === 1_000;
}
