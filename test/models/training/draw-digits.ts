/** Digits drawn by the product's own code, and read by a classifier that never saw the model that drew them. */
import type { SamplerId } from '#contract/generation-request.ts';
import { join } from 'node:path';
import { openGraph } from '../../../gpu-function/onnx/graph.ts';
import type { ImageModel, Tensor } from '../../../gpu-function/pipeline/ports.ts';
import { planSampling } from '../../../gpu-function/sampling/plan-sampling.ts';
import { createTorchRandom } from '../../../gpu-function/sampling/torch-random.ts';

export const packageFolder = join(
  import.meta.dirname,
  '..',
  '..',
  '..',
  'models',
  'embedded',
  'ddpm-mnist',
);

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
  const promptEmbedding = await model.encodePrompt(
    prompts.map((prompt) => model.tokenize(prompt).ids),
  );
  const { widthPx, heightPx } = model.description.defaults;
  const shape = [prompts.length, model.latentChannels, heightPx, widthPx];
  const length = shape.reduce((product, side) => product * side, 1);
  const random = createTorchRandom(seed);
  const plan = planSampling({ scheduler: model.scheduler, sampler, spacing: 'leading', steps });
  const data = await plan.sample({
    start: random.normal(length),
    callNetwork: async (sample, timestep) => {
      const call = { sample: { data: sample, shape }, timestep, promptEmbedding };
      return (await model.predict(call)).data;
    },
    drawNoise: () => random.normal(length),
    onStep: () => undefined,
  });
  return model.decode({ data, shape });
}

/** The digit that the classifier reads in each picture [count, 3, 32, 32]. */
export async function readDigits(pictures: Tensor): Promise<number[]> {
  const [count = 0, channels = 0, heightPx = 0, widthPx = 0] = pictures.shape;
  const plane = heightPx * widthPx;
  const grey = new Float32Array(count * plane);
  for (let index = 0; index < count; index++) {
    const start = index * channels * plane;
    grey.set(pictures.data.subarray(start, start + plane), index * plane);
  }
  const judge = await openGraph(import.meta.dirname, 'digit-classifier.onnx', { provider: 'cpu' });
  try {
    const logits = await judge.run(
      { pictures: { data: grey, shape: [count, 1, heightPx, widthPx] } },
      'logits',
    );
    return Array.from({ length: count }, (_, index) => {
      const row = logits.data.subarray(index * 10, index * 10 + 10);
      return row.indexOf(Math.max(...row));
    });
  } finally {
    await judge.close();
  }
}
