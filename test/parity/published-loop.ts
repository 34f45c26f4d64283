/** A full loop in the manner of diffusers' own test-suite. */
import { addNoise } from '../../gpu-function/sampling/forward-process.ts';
import {
  cleanWeights,
  networkInputScale,
  type NoiseStep,
} from '../../gpu-function/sampling/noise-level.ts';
import { toSamplerOptions } from '../../gpu-function/sampling/sampler-options.ts';
import { SAMPLERS } from '../../gpu-function/sampling/sampler-registry.ts';
import type { SamplerInput } from '../../gpu-function/sampling/sampler.ts';
import { publishedTestModel, publishedTestSample } from './reference-noise.ts';
import { toReferenceTable, type BuiltScheduler } from './scheduler-case.ts';

export interface PublishedLoop {
  scheduler: BuiltScheduler;
  stepCount: number;
  /** Only the last steps are run, from the test sample with the reversed test sample as noise. All steps when left out. */
  noisedSteps?: number | undefined;
  eta?: number | undefined;
  /** The next array of noise. */
  drawNoise(): Float32Array;
}

export interface PublishedReplay {
  start: Float32Array;
  final: Float32Array;
  timesteps: number[];
}

/**
 * Those tests hand the scaled sample to the network and to `step` as well, so that Euler's loops do not follow its
 * method: every step begins from the sample that was scaled. Only single steps can say that; DPM++, which needs the step
 * before, does not scale and runs whole.
 */
export async function replayPublishedLoop(loop: PublishedLoop): Promise<PublishedReplay> {
  const { scheduler, noisedSteps } = loop;
  const table = toReferenceTable(scheduler, loop.stepCount);
  const steps = noisedSteps === undefined ? table.steps : table.steps.slice(-noisedSteps);
  const start = toStart(loop, table.initialNoiseScale, steps);
  const input = toSamplerInput(loop);
  let sample: Float32Array = start;
  const runs = scheduler.sampler === 'dpmpp-2m' ? [steps] : steps.map((step) => [step]);
  for (const steps of runs) {
    const scale = steps[0] === undefined ? 1 : networkInputScale(steps[0].from);
    const scaled = sample.map((value) => value * scale);
    sample = await SAMPLERS[scheduler.sampler].run({ ...input, steps, sample: scaled });
  }
  return { start, final: sample, timesteps: steps.map((step) => step.from.timestep) };
}

function toStart(
  { noisedSteps }: PublishedLoop,
  noiseScale: number,
  [first]: readonly NoiseStep[],
): Float32Array {
  const sample = publishedTestSample(false).map((value) => value * noiseScale);
  if (noisedSteps === undefined || first === undefined) return sample;
  return addNoise(sample, publishedTestSample(true), first.from);
}

function toSamplerInput(loop: PublishedLoop): Omit<SamplerInput, 'sample' | 'steps'> {
  const { config, sampler } = loop.scheduler;
  return {
    denoise: async (sample, level, clean) => {
      const output = publishedTestModel(sample, level.timestep);
      const weights = cleanWeights(config.prediction_type, level);
      for (const [index, value] of sample.entries()) {
        clean[index] = weights.sample * value + weights.output * (output[index] ?? 0);
      }
    },
    drawNoise: () => loop.drawNoise(),
    onStep: async () => undefined,
    options: toSamplerOptions({
      scheduler: config,
      sampler,
      steps: loop.stepCount,
      eta: loop.eta,
    }),
  };
}
