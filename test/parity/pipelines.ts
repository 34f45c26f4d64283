/** Whole runs of pipelines through real ONNX files, with the reference's noise: ids, first call, latents, picture. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadImageModel } from '../../gpu-function/onnx/image-model.ts';
import { decodeImageFile } from '../../gpu-function/pipeline/image-file.ts';
import type { ImageModel } from '../../gpu-function/pipeline/ports.ts';
import type { CaseResult } from './case-result.ts';
import { createComparison } from './comparison.ts';
import { guarded } from './guarded.ts';
import { toPipelineKind } from './pipeline-arguments.ts';
import { pipelineCaseSchema, pipelineIndexSchema } from './pipeline-case-schema.ts';
import type { PipelineCase } from './pipeline-case-schema.ts';
import { readFloat32Npy } from './read-npy.ts';
import { readReference } from './reference-file.ts';
import type { CaseInputs, ReplayedRun } from './replay-pipeline.ts';
import { replayPipeline } from './replay-pipeline.ts';
import { toReferenceScheduler } from './scheduler-case.ts';

/** The reference's own replay differs so much; ten times that is fair to another implementation. */
const TOLERANCE_FACTOR = 10;

type Precision = 'fp16' | 'fp32';

/** Where a case has no figure of the reference's own replay. */
const TOLERANCES: Readonly<Record<Precision, { latents: number; picture: number }>> = {
  fp32: { latents: 1e-3, picture: 1e-3 },
  fp16: { latents: 1e-1, picture: 1.5e-2 },
};

/** @param folder the reference's `pipelines` @param onlyModel one of its models; all of them when left out */
export async function* checkPipelines(
  folder: string,
  onlyModel?: string,
): AsyncGenerator<CaseResult> {
  const index = await readReference(join(folder, 'index.json'), pipelineIndexSchema);
  const chosen = index.filter(({ model }) => onlyModel === undefined || model === onlyModel);
  for (const { model, exports, cases } of chosen) {
    for (const exported of exports) {
      const name = `pipelines ${model}/${exported}`;
      const caseNames = cases.map((entry) => entry.case);
      const results = checkExport(join(folder, model), name, { exported, cases: caseNames });
      yield* guarded(name, results);
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
  try {
    for (const caseName of cases) {
      const caseFolder = join(folder, 'cases', caseName);
      yield* guarded(
        `${name} ${caseName}`,
        checkCase(caseFolder, `${name} ${caseName}`, { model, exported }),
      );
    }
  } finally {
    await model.dispose();
  }
}

async function* checkCase(
  folder: string,
  name: string,
  { model, exported }: { model: ImageModel; exported: string },
): AsyncGenerator<CaseResult> {
  const reference = await readReference(join(folder, 'case.json'), pipelineCaseSchema);
  const scheduler = toReferenceScheduler(reference.scheduler.class, reference.scheduler.config);
  const kind = toPipelineKind(reference);
  if (typeof kind === 'string' || !scheduler.isSupported) {
    const reason = typeof kind === 'string' ? kind : scheduler.isSupported ? '' : scheduler.reason;
    yield { kind: 'unsupported', name, reason };
    return;
  }
  if (kind.start !== 'words' && (await drawsItsOwnNoise(model, reference))) {
    const reason = 'the VAE encoder of this export draws its own noise, which no case can repeat';
    yield { kind: 'unsupported', name, reason };
    return;
  }
  const inputs = await readInputs(folder, reference);
  const run = await replayPipeline(model, { ...reference, kind }, scheduler, inputs);
  yield* compareRun(folder, name, { reference, run, tolerance: toTolerance(reference, exported) });
}

/** An encoder that gives a sample leaves the case's noise for its distribution unused. */
async function drawsItsOwnNoise(model: ImageModel, reference: PipelineCase): Promise<boolean> {
  const isDrawn = reference.noise_draws.some(
    ({ used_for: usedFor }) => usedFor === 'vae_encoder_posterior_sample',
  );
  if (!isDrawn) return false;
  const side = model.sizeMultiplePx;
  const grey = { data: new Float32Array(3 * side * side), shape: [1, 3, side, side] };
  return (await model.encode(grey)).kind === 'sampled';
}

async function readInputs(
  folder: string,
  { call, noise_draws }: PipelineCase,
): Promise<CaseInputs> {
  const noise = [];
  for (const { file, used_for: usedFor } of noise_draws) {
    noise.push({ usedFor, values: await readFloat32Npy(join(folder, file)) });
  }
  const readPicture = async (file: string | null | undefined) =>
    file ? (await decodeImageFile(await readFile(join(folder, file)))).image : undefined;
  const readTensor = async (file: string | null | undefined) =>
    file ? readFloat32Npy(join(folder, file)) : undefined;
  const hiddenStates = await readTensor(call.prompt_embeds);
  const negativeStates = await readTensor(call.negative_prompt_embeds);
  return {
    noise,
    picture: await readPicture(call.image),
    mask: await readPicture(call.mask_image),
    embeddings: hiddenStates && {
      positive: { hiddenStates, pooled: await readTensor(call.pooled_prompt_embeds) },
      negative: negativeStates && {
        hiddenStates: negativeStates,
        pooled: await readTensor(call.negative_pooled_prompt_embeds),
      },
    },
  };
}

/** The figures of the same export where they are given, else of its precision, else ours. */
function toTolerance(reference: PipelineCase, exported: string) {
  const precision: Precision = /fp16|float16|half/i.test(exported) ? 'fp16' : 'fp32';
  const plain = (text: string) => text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  const stated = reference.replayed_through_onnx_cpu;
  const key = Object.keys(stated).find((candidate) =>
    [plain(exported), plain(exported).replace(/^onnx/, '')].includes(plain(candidate)),
  );
  const figures = stated[key ?? precision];
  if (figures === undefined) return TOLERANCES[precision];
  return {
    latents: TOLERANCE_FACTOR * figures.latents_max_abs_diff,
    picture: TOLERANCE_FACTOR * figures.image_max_abs_diff,
  };
}

interface Comparing {
  reference: PipelineCase;
  run: ReplayedRun;
  tolerance: { latents: number; picture: number };
}

async function* compareRun(
  folder: string,
  name: string,
  { reference, run, tolerance }: Comparing,
): AsyncGenerator<CaseResult> {
  const read = async (array: { file: string }) =>
    (await readFloat32Npy(join(folder, array.file))).data;

  const ids = createComparison();
  const calls = reference.text_encoder_calls.flatMap((call) => call.input_ids);
  ids.add(run.ids.flat(), calls.flat(), 0);
  ids.add(run.timesteps, reference.loop_timesteps, 1e-3);
  yield ids.toResult(`${name}: ids and timesteps`);

  const firstCall = createComparison();
  const { inputs, output } = reference.first_model_call;
  for (const [input, array] of Object.entries(inputs)) {
    if (typeof array === 'number' || Array.isArray(array) || input === 'timestep') continue;
    const given = run.firstCall.inputs.get(input) ?? [];
    firstCall.add(given, await read(array), tolerance.picture);
  }
  firstCall.add(run.firstCall.output, await read(output), tolerance.picture);
  yield firstCall.toResult(`${name}: first call`);

  const latents = createComparison();
  latents.add(run.latentsPerStep, await read(reference.latents_per_step), tolerance.latents);
  yield latents.toResult(`${name}: latents`);

  const picture = createComparison();
  picture.add(run.picture, await read(reference.image_float), tolerance.picture);
  yield picture.toResult(`${name}: picture`);
}
