/** Sums that diffusers' own test-suite expects of its schedulers, to its own tolerances: the pins of every sampler. */
import { expect, test } from 'vitest';
import { createTorchRandom } from '../../../gpu-function/sampling/torch-random.ts';
import { replayPublishedLoop } from '../../parity/published-loop.ts';
import { TEST_SAMPLE_LENGTH } from '../../parity/reference-noise.ts';
import { toReferenceSampler, toReferenceScheduler } from '../../parity/scheduler-case.ts';
import { sumOfMagnitudes } from '../../parity/scheduler-loop.ts';

interface PublishedSum {
  scheduler: string;
  title: string;
  config?: object;
  stepCount?: number;
  /** Calls that are made, from the end, with noise added first. */
  noisedSteps?: number;
  /** The same from the plain sample. */
  lastCalls?: number;
  eta?: number;
  scaling?: 'usual' | 'kept' | 'none';
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
  PNDM: BASE,
  LMSDiscrete: { ...BASE, num_train_timesteps: 1_100 },
  HeunDiscrete: { ...BASE, num_train_timesteps: 1_100 },
  KDPM2Discrete: { ...BASE, num_train_timesteps: 1_100 },
  KDPM2AncestralDiscrete: { ...BASE, num_train_timesteps: 1_100 },
  DPMSolverSinglestep: { ...BASE, final_sigmas_type: 'sigma_min' },
  DEISMultistep: BASE,
  UniPCMultistep: { ...BASE, final_sigmas_type: 'sigma_min' },
  LCM: {},
  TCD: {},
  EDMEuler: { num_train_timesteps: 256 },
  EDMDPMSolverMultistep: { lower_order_final: false, final_sigmas_type: 'sigma_min' },
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
  {
    scheduler: 'DPMSolverMultistep',
    title: 'thresholding',
    config: { thresholding: true, dynamic_thresholding_ratio: 0.87, sample_max_value: 0.5 },
    mean: 1.1364,
  },
  {
    scheduler: 'DPMSolverMultistep',
    title: 'lu, v',
    config: { ...V, use_lu_lambdas: true },
    mean: 0.1554,
  },
  { scheduler: 'PNDM', title: 'plain', sum: 198.1318, mean: 0.258 },
  { scheduler: 'PNDM', title: 'v', config: V, sum: 67.3986, mean: 0.0878 },
  {
    scheduler: 'PNDM',
    title: 'set_alpha_to_one',
    config: { set_alpha_to_one: true, beta_start: 0.01 },
    sum: 230.0399,
    mean: 0.2995,
  },
  {
    scheduler: 'PNDM',
    title: 'not set_alpha_to_one',
    config: { set_alpha_to_one: false, beta_start: 0.01 },
    sum: 186.9482,
    mean: 0.2434,
  },
  { scheduler: 'LMSDiscrete', title: 'plain', sum: 1_006.388, mean: 1.31 },
  { scheduler: 'LMSDiscrete', title: 'v', config: V, sum: 0.0017, mean: 2.2676e-6 },
  {
    scheduler: 'LMSDiscrete',
    title: 'Karras',
    config: { use_karras_sigmas: true },
    sum: 3_812.9927,
    mean: 4.9648,
  },
  {
    scheduler: 'LMSDiscrete',
    title: 'from a picture',
    noisedSteps: 2,
    sum: 27_663.6895,
    mean: 36.0204,
  },
  { scheduler: 'HeunDiscrete', title: 'plain', sum: 0.1233, mean: 0.0002 },
  { scheduler: 'HeunDiscrete', title: 'v', config: V, sum: 4.6934e-7, mean: 6.1112e-10 },
  {
    scheduler: 'HeunDiscrete',
    title: 'Karras',
    config: { use_karras_sigmas: true },
    sum: 0.00015,
    mean: 1.9869e-7,
  },
  {
    scheduler: 'HeunDiscrete',
    title: 'from a picture',
    noisedSteps: 3,
    sum: 75_074.8906,
    mean: 97.7538,
  },
  { scheduler: 'KDPM2Discrete', title: 'plain', sum: 20.4125, mean: 0.0266 },
  { scheduler: 'KDPM2Discrete', title: 'v', config: V, sum: 4.6934e-7, mean: 6.1112e-10 },
  {
    scheduler: 'KDPM2Discrete',
    title: 'from a picture',
    noisedSteps: 3,
    sum: 70_408.4062,
    mean: 91.6776,
  },
  { scheduler: 'KDPM2AncestralDiscrete', title: 'plain', sum: 13_979.9433, mean: 18.203 },
  { scheduler: 'KDPM2AncestralDiscrete', title: 'v', config: V, sum: 331.8133, mean: 0.432 },
  {
    scheduler: 'KDPM2AncestralDiscrete',
    title: 'from a picture',
    noisedSteps: 3,
    sum: 93_087.3437,
    mean: 121.2074,
  },
  { scheduler: 'DPMSolverSinglestep', title: 'plain', mean: 0.2791 },
  { scheduler: 'DPMSolverSinglestep', title: 'v', config: V, mean: 0.1453 },
  {
    scheduler: 'DPMSolverSinglestep',
    title: 'from inside a group',
    stepCount: 50,
    lastCalls: 47,
    mean: 0.2574,
  },
  {
    scheduler: 'DPMSolverSinglestep',
    title: 'Karras',
    config: { use_karras_sigmas: true },
    mean: 0.2248,
  },
  {
    scheduler: 'DPMSolverSinglestep',
    title: 'Karras, v',
    config: { ...V, use_karras_sigmas: true },
    mean: 0.0649,
  },
  {
    scheduler: 'DPMSolverSinglestep',
    title: 'from a picture',
    noisedSteps: 5,
    sum: 269.2187,
    mean: 0.3505,
  },
  { scheduler: 'DEISMultistep', title: 'plain', mean: 0.23916 },
  { scheduler: 'DEISMultistep', title: 'v', config: V, mean: 0.091 },
  {
    scheduler: 'DEISMultistep',
    title: 'from a picture',
    noisedSteps: 2,
    sum: 315.3016,
    mean: 0.41054,
  },
  { scheduler: 'UniPCMultistep', title: 'plain', mean: 0.2464 },
  { scheduler: 'UniPCMultistep', title: 'v', config: V, mean: 0.1014 },
  {
    scheduler: 'UniPCMultistep',
    title: 'Karras',
    config: { use_karras_sigmas: true },
    mean: 0.2925,
  },
  {
    scheduler: 'UniPCMultistep',
    title: 'Karras, v',
    config: { ...V, use_karras_sigmas: true },
    mean: 0.1966,
  },
  {
    scheduler: 'UniPCMultistep',
    title: 'from a picture',
    noisedSteps: 2,
    sum: 315.5757,
    mean: 0.4109,
  },
  { scheduler: 'LCM', title: 'one step', stepCount: 1, sum: 18.7097, mean: 0.0244 },
  { scheduler: 'LCM', title: 'ten steps', sum: 197.7616, mean: 0.2575 },
  { scheduler: 'TCD', title: 'one step', stepCount: 1, eta: 0, sum: 29.8715, mean: 0.0389 },
  { scheduler: 'TCD', title: 'ten steps', eta: 0, sum: 181.204, mean: 0.2359 },
  { scheduler: 'EDMEuler', title: 'plain', scaling: 'usual', sum: 34.1855, mean: 0.044 },
  { scheduler: 'EDMDPMSolverMultistep', title: 'plain', scaling: 'none', mean: 0.0001 },
  {
    scheduler: 'EDMDPMSolverMultistep',
    title: 'from a picture',
    noisedSteps: 5,
    scaling: 'none',
    sum: 8.1661,
    mean: 0.0106,
  },
  {
    scheduler: 'EDMDPMSolverMultistep',
    title: 'thresholding',
    config: { thresholding: true, dynamic_thresholding_ratio: 0.87, sample_max_value: 0.5 },
    scaling: 'none',
    mean: 0.008,
  },
  { scheduler: 'EDMDPMSolverMultistep', title: 'v', config: V, scaling: 'none', mean: 0.0092 },
];

test.each(SUMS)('$scheduler $title', async ({ scheduler: name, ...published }) => {
  const config = { ...CLASS_CONFIGS[name], ...published.config };
  const scheduler = toReferenceScheduler(`${name}Scheduler`, config);
  if (!scheduler.isSupported) throw new Error(scheduler.reason);
  const random = createTorchRandom(0);
  const sampler = toReferenceSampler(
    scheduler,
    { steps: published.stepCount ?? 10 },
    { eta: published.eta },
  );
  const { final } = replayPublishedLoop({
    sampler,
    noisedCalls: published.noisedSteps,
    firstCall: published.lastCalls && sampler.timesteps.length - published.lastCalls,
    scaling: published.scaling,
    drawNoise: () => random.normal(TEST_SAMPLE_LENGTH),
  });
  const sum = sumOfMagnitudes(final);
  // Of some only means are published.
  expect(Math.abs(sum - (published.sum ?? sum))).toBeLessThan(1e-2);
  expect(Math.abs(sum / final.length - published.mean)).toBeLessThan(1e-3);
});
