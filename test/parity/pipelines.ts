/** Whole runs of text to image through real ONNX files, with the reference's noise: ids, first call, latents, picture. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { loadImageModel } from '../../gpu-function/onnx/image-model.ts';
import type { ImageModel } from '../../gpu-function/pipeline/ports.ts';
import type { CaseResult } from './case-result.ts';
import { createComparison } from './comparison.ts';
import { pipelineCaseSchema, pipelineIndexSchema } from './pipeline-case-schema.ts';
import type { PipelineCase } from './pipeline-case-schema.ts';
import { readFloat32Npy } from './read-npy.ts';
import { readReference } from './reference-file.ts';
import { replayPipeline } from './replay-pipeline.ts';
import { toReferenceScheduler } from './scheduler-case.ts';

const BUILT_PIPELINES = new Set(['StableDiffusionPipeline']);

/** The reference's own replay differs so much; ten times that is fair to another implementation. */
const TOLERANCE_FACTOR = 10;

/** Arguments that change the picture and are understood here; a case with another one is not. */
const KNOWN_ARGUMENTS = new Set(Object.keys(pipelineCaseSchema.shape.call.shape));

/** @param folder the reference's `pipelines` @param onlyModel one of its models; all of them when left out */
export async function* checkPipelines(
  folder: string,
  onlyModel?: string,
): AsyncGenerator<CaseResult> {
  const index = await readReference(join(folder, 'index.json'), pipelineIndexSchema);
  const chosen = index.filter(({ model }) => onlyModel === undefined || model === onlyModel);
  for (const { model, exports, cases } of chosen) {
    for (const exported of exports) {
      yield* checkExport(join(folder, model), `pipelines ${model}/${exported}`, {
        exported,
        cases: cases.map((entry) => entry.case),
      });
    }
  }
}

async function* checkExport(
  folder: string,
  name: string,
  { exported, cases }: { exported: string; cases: readonly string[] },
): AsyncGenerator<CaseResult> {
  if (!(await readdir(folder)).includes(exported)) {
    yield { kind: 'broken', name, reason: `${exported} is not in its folder` };
    return;
  }
  const model = await loadImageModel(join(folder, exported), { provider: 'cpu' });
  const precision = exported.includes('fp16') ? 'fp16' : 'fp32';
  try {
    for (const caseName of cases) {
      yield* checkCase(join(folder, 'cases', caseName), `${name} ${caseName}`, {
        model,
        precision,
      });
    }
  } finally {
    await model.dispose();
  }
}

async function* checkCase(
  folder: string,
  name: string,
  { model, precision }: { model: ImageModel; precision: 'fp16' | 'fp32' },
): AsyncGenerator<CaseResult> {
  const reference = await readReference(join(folder, 'case.json'), pipelineCaseSchema);
  const scheduler = toReferenceScheduler(reference.scheduler.class, reference.scheduler.config);
  const reason =
    findUnsupported(reference) ?? (scheduler.isSupported ? undefined : scheduler.reason);
  const stated = reference.replayed_through_onnx_cpu[precision];
  if (reason !== undefined || !scheduler.isSupported || stated === undefined) {
    yield { kind: 'unsupported', name, reason: reason ?? `no figures for ${precision}` };
    return;
  }
  const read = async (array: { file: string }) =>
    (await readFloat32Npy(join(folder, array.file))).data;
  const noise = [];
  for (const draw of reference.noise_draws) noise.push(await read(draw));
  const run = await replayPipeline(model, reference, scheduler, noise);

  const pictureTolerance = TOLERANCE_FACTOR * stated.image_max_abs_diff;
  const latentsTolerance = TOLERANCE_FACTOR * stated.latents_max_abs_diff;
  const { inputs, output } = reference.first_model_call;

  const ids = createComparison();
  // The first call holds the positive prompt; without guidance there is no other.
  const calls = reference.text_encoder_calls.flatMap((call) => call.input_ids);
  ids.add(run.ids.toReversed().flat(), calls.flat(), 0);
  ids.add(run.timesteps, reference.loop_timesteps, 1e-3);
  yield ids.toResult(`${name}: ids and timesteps`);

  const firstCall = createComparison();
  firstCall.add(
    run.firstCall.promptEmbedding,
    await read(inputs.encoder_hidden_states),
    pictureTolerance,
  );
  firstCall.add(run.firstCall.sample, await read(inputs.sample), pictureTolerance);
  firstCall.add(run.firstCall.output, await read(output), pictureTolerance);
  yield firstCall.toResult(`${name}: first call`);

  const latents = createComparison();
  latents.add(run.latentsPerStep, await read(reference.latents_per_step), latentsTolerance);
  yield latents.toResult(`${name}: latents`);

  const picture = createComparison();
  picture.add(run.picture, await read(reference.image_float), pictureTolerance);
  yield picture.toResult(`${name}: picture`);
}

function findUnsupported({ pipeline_class: pipeline, call }: PipelineCase): string | undefined {
  if (!BUILT_PIPELINES.has(pipeline)) return `${pipeline} is not built`;
  const unknown = Object.keys(call).find((argument) => !KNOWN_ARGUMENTS.has(argument));
  return unknown === undefined ? undefined : `the argument ${unknown} is not built`;
}
