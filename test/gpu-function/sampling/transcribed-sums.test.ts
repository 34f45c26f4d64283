/**
 * Sums of samplers and settings that no published figure covers, to hold them where they are. The numbers are not this
 * code's: they come from a transcription of the papers' and k-diffusion's formulas in NumPy, with integrals by quadrature.
 * The network and the noise are the reference's: noise(5000 + call) and noise(1000 + draw), from noise(42), 16 values.
 */
import type { SamplerId } from '#contract/samplers.ts';
import { expect, test } from 'vitest';
import { defaultSampler } from '../../../gpu-function/sampling/default-sampler.ts';
import { parseSchedulerConfig } from '../../../gpu-function/sampling/parse-scheduler-config.ts';
import { referenceNoise } from '../../parity/reference-noise.ts';
import { replayLoop } from '../../parity/replay-loop.ts';
import { toReferenceSampler } from '../../parity/scheduler-case.ts';
import { sumOfMagnitudes } from '../../parity/scheduler-loop.ts';

interface TranscribedSum {
  scheduler: string;
  /** Where the class is not the sampler's own. */
  sampler?: SamplerId;
  config?: object;
  steps: number;
  sum: number;
}

const LENGTH = 16;
const LATENT = { beta_start: 0.00085, beta_end: 0.012, beta_schedule: 'scaled_linear' };
const MULTISTEP = 'DPMSolverMultistep';
const SDE = { algorithm_type: 'sde-dpmsolver++' };
const TO_TRAINED = { final_sigmas_type: 'sigma_min' };

const SUMS: readonly TranscribedSum[] = [
  { scheduler: 'DPMSolverSDE', steps: 10, sum: 322.49465 },
  { scheduler: 'EulerDiscrete', sampler: 'dpmpp-2s-ancestral', steps: 10, sum: 280.58713 },
  { scheduler: 'FlowMatchEulerDiscrete', config: { shift: 3 }, steps: 10, sum: 17.114599 },
  { scheduler: MULTISTEP, steps: 12, sum: 297.88143 },
  { scheduler: MULTISTEP, config: { solver_type: 'heun' }, steps: 18, sum: 284.94025 },
  { scheduler: MULTISTEP, config: { solver_order: 3 }, steps: 12, sum: 300.81688 },
  { scheduler: MULTISTEP, config: { solver_order: 3 }, steps: 18, sum: 287.8155 },
  { scheduler: MULTISTEP, config: SDE, steps: 12, sum: 323.44895 },
  { scheduler: MULTISTEP, config: { ...SDE, solver_type: 'heun' }, steps: 12, sum: 324.09108 },
  { scheduler: MULTISTEP, config: { ...SDE, solver_order: 3 }, steps: 18, sum: 328.64613 },
  {
    scheduler: MULTISTEP,
    config: { ...TO_TRAINED, algorithm_type: 'dpmsolver', solver_order: 3 },
    steps: 12,
    sum: 299.81724,
  },
  {
    scheduler: MULTISTEP,
    config: { ...TO_TRAINED, algorithm_type: 'sde-dpmsolver', solver_type: 'heun' },
    steps: 12,
    sum: 335.54676,
  },
  { scheduler: 'DPMSolverSinglestep', config: { solver_order: 3 }, steps: 7, sum: 316.21984 },
  {
    scheduler: 'DPMSolverSinglestep',
    config: { solver_order: 3, solver_type: 'heun' },
    steps: 18,
    sum: 290.56543,
  },
  { scheduler: 'DPMSolverSinglestep', config: SDE, steps: 7, sum: 340.85481 },
  {
    scheduler: 'UniPCMultistep',
    config: { solver_order: 3, solver_type: 'bh1' },
    steps: 15,
    sum: 287.56299,
  },
  { scheduler: 'UniPCMultistep', config: { solver_order: 3 }, steps: 15, sum: 288.94207 },
  {
    scheduler: 'UniPCMultistep',
    config: { ...TO_TRAINED, predict_x0: false },
    steps: 15,
    sum: 286.43515,
  },
  { scheduler: 'DEISMultistep', config: { solver_order: 3 }, steps: 18, sum: 291.85152 },
  { scheduler: 'SASolver', steps: 10, sum: 302.21621 },
  {
    scheduler: 'SASolver',
    config: { predictor_order: 3, corrector_order: 4 },
    steps: 10,
    sum: 303.62816,
  },
  {
    scheduler: 'SASolver',
    config: { algorithm_type: 'noise_prediction' },
    steps: 10,
    sum: 304.18711,
  },
  { scheduler: 'IPNDM', steps: 10, sum: 18.751171 },
];

test.each(SUMS)('$scheduler $sampler $config, $steps steps', (expected) => {
  const { scheduler, steps, sum } = expected;
  const isTrained = !/IPNDM|FlowMatch/.test(scheduler);
  const config = parseSchedulerConfig({
    ...(isTrained && LATENT),
    ...expected.config,
    _class_name: `${scheduler}Scheduler`,
  });
  const { sampler: own, spacing } = defaultSampler(config);
  const sampler = toReferenceSampler(
    { isSupported: true, config, sampler: expected.sampler ?? own, spacing },
    { steps },
  );
  let draws = 0;
  const { final } = replayLoop({
    sampler,
    firstCall: 0,
    start: referenceNoise(42, LENGTH).map((value) => value * sampler.initialNoiseScale),
    pictures: 1,
    callNetwork: (_, __, call) => referenceNoise(5_000 + call, LENGTH),
    drawNoise: () => referenceNoise(1_000 + draws++, LENGTH),
  });
  expect(Math.abs(sumOfMagnitudes(final) - sum)).toBeLessThan(1e-5 * sum);
});
