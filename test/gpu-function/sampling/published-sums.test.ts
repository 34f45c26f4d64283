/** Sums that diffusers' own test-suite expects of its schedulers, to its own tolerances: the pins of every sampler. */
import { expect, test } from 'vitest';
import { createTorchRandom } from '../../../gpu-function/sampling/torch-random.ts';
import { replayPublishedLoop } from '../../parity/published-loop.ts';
import { TEST_SAMPLE_LENGTH } from '../../parity/reference-noise.ts';
import { toReferenceScheduler } from '../../parity/scheduler-case.ts';
import { sumOfMagnitudes } from '../../parity/scheduler-loop.ts';

interface PublishedSum {
  scheduler: string;
  title: string;
  config?: object;
  stepCount?: number;
  noisedSteps?: number;
  sum?: number;
  mean: number;
}

const BASE = { beta_start: 0.0001, beta_end: 0.02, beta_schedule: 'linear' };
const CLASS_CONFIGS: Record<string, object> = {
  DDPM: { ...BASE, variance_type: 'fixed_small', clip_sample: true },
  DDIM: { ...BASE, clip_sample: true },
  EulerDiscrete: { ...BASE, num_train_timesteps: 1_100 },
  EulerAncestralDiscrete: { ...BASE, num_train_timesteps: 1_100 },
  DPMSolverMultistep: { ...BASE, lower_order_final: false, final_sigmas_type: 'sigma_min' },
};
const V = { prediction_type: 'v_prediction' };

/** diffusers 0.40, tests/schedulers. The stochastic ones draw from torch.manual_seed(0). */
const SUMS: readonly PublishedSum[] = [
  { scheduler: 'DDPM', title: 'all steps', stepCount: 1_000, sum: 258.9606, mean: 0.3372 },
  { scheduler: 'DDPM', title: 'v', config: V, stepCount: 1_000, sum: 202.0296, mean: 0.2631 },
  { scheduler: 'DDIM', title: 'plain', sum: 172.0067, mean: 0.223967 },
  { scheduler: 'DDIM', title: 'v', config: V, sum: 52.5302, mean: 0.0684 },
  {
    scheduler: 'DDIM',
    title: 'set_alpha_to_one',
    config: { set_alpha_to_one: true, beta_start: 0.01 },
    sum: 149.8295,
    mean: 0.1951,
  },
  {
    scheduler: 'DDIM',
    title: 'not set_alpha_to_one',
    config: { set_alpha_to_one: false, beta_start: 0.01 },
    sum: 149.0784,
    mean: 0.1941,
  },
  { scheduler: 'DDIM', title: 'from a picture', noisedSteps: 2, sum: 354.5418, mean: 0.4616 },
  { scheduler: 'EulerDiscrete', title: 'plain', sum: 10.0807, mean: 0.0131 },
  { scheduler: 'EulerDiscrete', title: 'v', config: V, sum: 0.0002, mean: 2.2676e-6 },
  {
    scheduler: 'EulerDiscrete',
    title: 'Karras',
    config: { use_karras_sigmas: true },
    sum: 124.523,
    mean: 0.16214,
  },
  {
    scheduler: 'EulerDiscrete',
    title: 'from a picture',
    noisedSteps: 2,
    sum: 57_062.9297,
    mean: 74.3007,
  },
  { scheduler: 'EulerAncestralDiscrete', title: 'plain', sum: 152.3192, mean: 0.1983 },
  { scheduler: 'EulerAncestralDiscrete', title: 'v', config: V, sum: 108.4439, mean: 0.1412 },
  { scheduler: 'DPMSolverMultistep', title: 'plain', mean: 0.3301 },
  { scheduler: 'DPMSolverMultistep', title: 'v', config: V, mean: 0.2251 },
  {
    scheduler: 'DPMSolverMultistep',
    title: 'Karras, v',
    config: { ...V, use_karras_sigmas: true },
    mean: 0.2096,
  },
  {
    scheduler: 'DPMSolverMultistep',
    title: 'from a picture',
    noisedSteps: 5,
    sum: 318.4111,
    mean: 0.4146,
  },
];

test.each(SUMS)('$scheduler $title', async ({ scheduler: name, ...published }) => {
  const config = { ...CLASS_CONFIGS[name], ...published.config };
  const scheduler = toReferenceScheduler(`${name}Scheduler`, config);
  if (!scheduler.isSupported) throw new Error(scheduler.reason);
  const random = createTorchRandom(0);
  const { final } = await replayPublishedLoop({
    scheduler,
    stepCount: published.stepCount ?? 10,
    noisedSteps: published.noisedSteps,
    drawNoise: () => random.normal(TEST_SAMPLE_LENGTH),
  });
  const sum = sumOfMagnitudes(final);
  // Of DPM++ only means are published.
  expect(Math.abs(sum - (published.sum ?? sum))).toBeLessThan(1e-2);
  expect(Math.abs(sum / final.length - published.mean)).toBeLessThan(1e-3);
});
