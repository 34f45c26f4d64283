/** One full loop of diffusers' own test-suite. */
import { join } from 'node:path';
import * as z from 'zod';
import { addNoise } from '../../gpu-function/sampling/forward-process.ts';
import {
  cleanWeights,
  networkInputScale,
  type NoiseLevel,
  type NoiseStep,
} from '../../gpu-function/sampling/noise-level.ts';
import { toSamplerOptions } from '../../gpu-function/sampling/sampler-options.ts';
import { SAMPLERS } from '../../gpu-function/sampling/sampler-registry.ts';
import type { SamplerInput } from '../../gpu-function/sampling/sampler.ts';
import { readFloat32Npy } from './read-npy.ts';
import { numbersSchema } from './reference-file.ts';
import { publishedTestModel, publishedTestSample, TEST_SAMPLE_LENGTH } from './reference-noise.ts';
import { toReferenceTable, type BuiltScheduler } from './scheduler-case.ts';

export const publishedTestSchema = z.object({
  test: z.string(),
  scheduler: z.string(),
  config: z.record(z.string(), z.unknown()),
  set_timesteps: z.object({ num_inference_steps: z.number() }).nullable(),
  timesteps_iterated: numbersSchema,
  step_kwargs: z.object({ eta: z.number().optional() }),
  add_noise: z.array(z.object({ t: numbersSchema })).optional(),
  step_methods: z.unknown().optional(),
  final_sample: numbersSchema,
  noise_file: z.string().optional(),
  asserts: z.array(z.object({ what: z.string(), expected: z.number(), tolerance: z.number() })),
});
export type PublishedTest = z.infer<typeof publishedTestSchema>;

export interface PublishedReplay {
  start: Float32Array;
  final: Float32Array;
  timesteps: number[];
  stepCount: number;
}

/**
 * Those tests hand the scaled sample to the network and to `step` as well, so that Euler's loops do not follow its
 * method: every step begins from the sample that was scaled. Only single steps can say that; DPM++, which needs the step
 * before, does not scale and runs whole.
 */
export async function replayPublishedTest(
  folder: string,
  test: PublishedTest,
  scheduler: BuiltScheduler,
): Promise<PublishedReplay> {
  // Without set_timesteps the reference walks over all that were trained.
  const stepCount = test.set_timesteps?.num_inference_steps ?? scheduler.config.num_train_timesteps;
  const table = toReferenceTable(scheduler, stepCount);
  const steps = table.steps.slice(-test.timesteps_iterated.length);
  const start = toStart(test, table.initialNoiseScale, steps[0]?.from);
  const step = await createStepper({ folder, test, scheduler, stepCount });
  let sample: Float32Array = start.slice();
  const runs = scheduler.sampler === 'dpmpp-2m' ? [steps] : steps.map((row) => [row]);
  for (const rows of runs) {
    const scale = rows[0] === undefined ? 1 : networkInputScale(rows[0].from);
    sample = await step(
      sample.map((value) => value * scale),
      rows,
    );
  }
  const timesteps = steps.map((row) => row.from.timestep);
  return { start, final: sample, timesteps, stepCount: steps.length };
}

type Stepper = (sample: Float32Array, steps: readonly NoiseStep[]) => Promise<Float32Array>;

interface StepperRequest {
  folder: string;
  test: PublishedTest;
  scheduler: BuiltScheduler;
  stepCount: number;
}

async function createStepper({
  folder,
  test,
  scheduler: { sampler, config },
  stepCount,
}: StepperRequest): Promise<Stepper> {
  const noise =
    test.noise_file === undefined ? undefined : await readFloat32Npy(join(folder, test.noise_file));
  let drawn = 0;
  const input: Omit<SamplerInput, 'sample' | 'steps'> = {
    denoise: async (sample, level, clean) => {
      const output = publishedTestModel(sample, level.timestep);
      const weights = cleanWeights(config.prediction_type, level);
      clean.set(
        output.map(
          (value, index) => weights.output * value + weights.sample * (sample[index] ?? 0),
        ),
      );
    },
    drawNoise: () =>
      noise?.data.subarray(drawn, (drawn += TEST_SAMPLE_LENGTH)) ?? new Float32Array(),
    onStep: async () => undefined,
    options: toSamplerOptions({
      scheduler: config,
      sampler,
      steps: stepCount,
      eta: test.step_kwargs.eta,
    }),
  };
  return (sample, steps) => SAMPLERS[sampler].run({ ...input, sample, steps });
}

function toStart(
  test: PublishedTest,
  noiseScale: number,
  level: NoiseLevel | undefined,
): Float32Array {
  const sample = publishedTestSample(false).map((value) => value * noiseScale);
  if (test.add_noise === undefined || level === undefined) return sample;
  return addNoise(sample, publishedTestSample(true), level);
}
