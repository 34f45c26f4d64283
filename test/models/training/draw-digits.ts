/** Prompts drawn by the product's own code, many at a time. */
import type { SamplerId } from '#contract/generation-request.ts';
import type { ImageModel, Tensor } from '../../../gpu-function/pipeline/ports.ts';
import { planSampling } from '../../../gpu-function/sampling/plan-sampling.ts';
import { createTorchRandom } from '../../../gpu-function/sampling/torch-random.ts';
import { encodeTexts } from '../../fakes/encode-texts.ts';

interface Drawing {
  sampler: SamplerId;
  steps: number;
  seed: number;
}

/** Pictures [prompts, 3, 32, 32] in -1..1, one for each prompt, without guidance. */
export async function drawPrompts(
  model: ImageModel,
  prompts: readonly string[],
  { sampler, steps, seed }: Drawing,
): Promise<Tensor> {
  const conditioning = await encodeTexts(model, prompts);
  const { widthPx, heightPx } = model.description.defaults;
  const shape = [prompts.length, model.latentChannels, heightPx, widthPx];
  const length = shape.reduce((product, side) => product * side, 1);
  const random = createTorchRandom(seed);
  const plan = planSampling({ scheduler: model.scheduler, sampler, spacing: 'leading', steps });
  const data = await plan.sample({
    start: random.normal(length),
    callNetwork: async (sample, timestep) => {
      const call = { sample: { data: sample, shape }, timestep, conditioning };
      return (await model.predict(call)).data;
    },
    drawNoise: () => random.normal(length),
    onStep: () => undefined,
  });
  return model.decode({ data, shape });
}
