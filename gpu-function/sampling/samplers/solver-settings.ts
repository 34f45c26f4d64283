/** What a package's scheduler_config.json may ask of the DPM solvers, and what it may not. */
import { noiseBeside, thresholdClean, toClean, toNoise } from '../convert-output.ts';
import type { NoiseLevel } from '../noise-level.ts';
import type { ResolvedScheduler, StepCall } from '../sampler.ts';
import { unsupported } from '../unsupported.ts';
import type { DpmAlgorithm } from './dpm-solver-update.ts';

const ALGORITHMS: readonly string[] = [
  'dpmsolver',
  'dpmsolver++',
  'sde-dpmsolver',
  'sde-dpmsolver++',
];
const isDpmAlgorithm = (type: string): type is DpmAlgorithm => ALGORITHMS.includes(type);

/** Other solvers' names stand for the plain one, as in the reference. Throws GenerationError `sampler-unsupported`. */
export function dpmAlgorithm(config: ResolvedScheduler): DpmAlgorithm {
  const type = config.algorithm_type;
  const algorithm = isDpmAlgorithm(type) ? type : 'dpmsolver++';
  const needsNoiseAtEnd = algorithm === 'dpmsolver' || algorithm === 'sde-dpmsolver';
  if (needsNoiseAtEnd && config.final_sigmas_type === 'zero') {
    throw unsupported(
      `The model's scheduler_config.json sets "algorithm_type" to ${type}, which cannot end at "final_sigmas_type" zero; choose the sampler dpmpp-2m.`,
    );
  }
  if (algorithm === 'sde-dpmsolver' && config.solver_order > 2) {
    throw unsupported(
      `The model's scheduler_config.json sets "solver_order" to ${config.solver_order}, which ${type} does not have; choose the sampler dpmpp-3m-sde.`,
    );
  }
  return algorithm;
}

export function isStochastic(algorithm: DpmAlgorithm): boolean {
  return algorithm === 'sde-dpmsolver' || algorithm === 'sde-dpmsolver++';
}

/** DPM-Solver goes on with the noise, DPM-Solver++ with the picture. */
export function toSolverValue(
  config: ResolvedScheduler,
  usesNoise: boolean,
  level: NoiseLevel,
  call: StepCall,
): { value: Float32Array; denoised: Float32Array } {
  const clean = toClean(config.prediction_type, level, call);
  const denoised = thresholdClean(clean, config, call.pictures);
  if (!usesNoise) return { value: denoised, denoised };
  const value = config.thresholding
    ? noiseBeside(denoised, call.sample, level)
    : toNoise(config.prediction_type, level, call);
  return { value, denoised };
}
