/** (a) What the pipeline costs beside the network: a whole job over the same ONNX Runtime calls made barely. */
import { generateRequestSchema } from '#contract/generation-request.ts';
import { createModelLibrary } from '../../gpu-function/onnx/model-library.ts';
import { createEngine } from '../../gpu-function/pipeline/engine.ts';
import { repeatRows } from '../../gpu-function/pipeline/join-tensors.ts';
import type { Engine, ImageModel } from '../../gpu-function/pipeline/ports.ts';
import { createTorchRandom } from '../../gpu-function/sampling/torch-random.ts';
import { modelFolders } from '../../models/store.ts';
import { encodeTexts } from '../fakes/encode-texts.ts';
import { median, type Figure } from './figures.ts';

const ROUNDS = 7;
const COUNT = 4;
const STEPS = 20;

/** Encode the prompts, 20 calls for 4 pictures under guidance, decode 4: arrays made beforehand. */
async function runBare(model: ImageModel): Promise<number> {
  const { widthPx, heightPx } = model.description.defaults;
  const latents = [model.latentChannels, heightPx / model.vaeFactor, widthPx / model.vaeFactor];
  const cells = latents.reduce((product, side) => product * side, 1);
  // Noise, not a constant: normalisation of a constant gives numbers that processors are slow with.
  const noise = createTorchRandom(7);
  const sample = { data: noise.normal(2 * COUNT * cells), shape: [2 * COUNT, ...latents] };
  const picture = { data: noise.normal(cells), shape: [1, ...latents] };
  const startedAtMs = performance.now();
  const one = await encodeTexts(model, ['', 'a red apple']);
  const conditioning = { promptEmbedding: repeatRows(one.promptEmbedding, COUNT) };
  for (let step = 0; step < STEPS; step += 1) {
    await model.predict({ sample, timestep: 999 - step * 50, conditioning });
  }
  for (let index = 0; index < COUNT; index += 1) await model.decode(picture);
  return performance.now() - startedAtMs;
}

async function runJob(engine: Engine): Promise<{ wallMs: number; onnxRunMs: number }> {
  const request = generateRequestSchema.parse({
    kind: 'generate',
    prompt: 'a red apple',
    seed: 7,
    count: COUNT,
    steps: STEPS,
  });
  const startedAtMs = performance.now();
  const outcome = await engine.run({
    job: { id: 'bench', owner: 'bench', request },
    report: () => undefined,
    isCanceled: () => false,
  });
  if (outcome.status !== 'succeeded') throw new Error(`The job ended as ${outcome.status}.`);
  return {
    wallMs: performance.now() - startedAtMs,
    onnxRunMs: outcome.result.timings.onnxRunMs,
  };
}

export async function measureOverhead(): Promise<Figure[]> {
  const library = createModelLibrary({ folders: modelFolders(undefined), provider: 'cpu' });
  const engine = createEngine({ library, clock: { nowMs: () => performance.now() } });
  const model = await library.open(undefined);
  await runBare(model);
  await runJob(engine);
  const bare: number[] = [];
  const jobs: { wallMs: number; onnxRunMs: number }[] = [];
  // In turn, so that a slow moment of the machine falls on both.
  for (let round = 0; round < ROUNDS; round += 1) {
    bare.push(await runBare(model));
    jobs.push(await runJob(engine));
  }
  await engine.close();
  const wallMs = median(jobs.map((job) => job.wallMs));
  return [
    {
      name: 'job of 4 pictures, 20 steps: wall over its own time inside ONNX Runtime',
      value: median(jobs.map((job) => job.wallMs / job.onnxRunMs)),
      unit: 'ratio',
      goal: 1.03,
    },
    {
      name: 'the same over a bare loop of the same calls, in turn',
      value: wallMs / median(bare),
      unit: 'ratio',
      goal: 1.03,
    },
    { name: 'the same, wall time', value: wallMs, unit: 'ms' },
  ];
}
