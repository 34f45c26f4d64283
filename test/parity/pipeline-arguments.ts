/** What each of diffusers' pipeline classes does when an argument is left out, and what here can do of all that. */
import type { Settings } from '#contract/generation-result.ts';
import type { ImageModel } from '../../gpu-function/pipeline/ports.ts';
import { callSchema } from './pipeline-case-schema.ts';
import type { PipelineCall, PipelineCase } from './pipeline-case-schema.ts';
import type { BuiltScheduler } from './scheduler-case.ts';

export interface PipelineKind {
  start: 'words' | 'picture' | 'masked picture';
  steps: number;
  guidanceScale: number;
  strength: number | undefined;
}

const WORDS = { start: 'words', strength: undefined } as const;
const PIPELINE_KINDS = new Map<string, PipelineKind>([
  ['StableDiffusionPipeline', { ...WORDS, steps: 50, guidanceScale: 7.5 }],
  ['StableDiffusionXLPipeline', { ...WORDS, steps: 50, guidanceScale: 5 }],
  ['LatentConsistencyModelPipeline', { ...WORDS, steps: 4, guidanceScale: 8.5 }],
  [
    'StableDiffusionImg2ImgPipeline',
    { start: 'picture', strength: 0.8, steps: 50, guidanceScale: 7.5 },
  ],
  [
    'StableDiffusionXLImg2ImgPipeline',
    { start: 'picture', strength: 0.3, steps: 50, guidanceScale: 5 },
  ],
  [
    'LatentConsistencyModelImg2ImgPipeline',
    { start: 'picture', strength: 0.8, steps: 4, guidanceScale: 8.5 },
  ],
  [
    'StableDiffusionInpaintPipeline',
    { start: 'masked picture', strength: 1, steps: 50, guidanceScale: 7.5 },
  ],
  [
    'StableDiffusionXLInpaintPipeline',
    { start: 'masked picture', strength: 0.9999, steps: 50, guidanceScale: 7.5 },
  ],
]);

/** Arguments that change nothing of the numbers. */
const WITHOUT_EFFECT = new Set([
  'output_type',
  'return_dict',
  'generator',
  'latents',
  // Read by refiners alone.
  'aesthetic_score',
  'negative_aesthetic_score',
]);
const PROMPTS = ['prompt', 'negative_prompt', 'prompt_2', 'negative_prompt_2'] as const;
const KNOWN_ARGUMENTS = new Set(Object.keys(callSchema.shape));

/** The kind of pipeline, or why the case cannot be replayed. */
export function toPipelineKind({
  pipeline_class: name,
  call,
}: PipelineCase): PipelineKind | string {
  const kind = PIPELINE_KINDS.get(name.replace(/^(?:ORT|Onnx)/, ''));
  if (kind === undefined) return `${name} is not built`;
  const unknown = Object.entries(call).find(
    ([argument, value]) =>
      value !== null && !KNOWN_ARGUMENTS.has(argument) && !WITHOUT_EFFECT.has(argument),
  );
  if (unknown !== undefined) return `the argument ${unknown[0]} is not built`;
  const several = PROMPTS.find((argument) => Array.isArray(call[argument]));
  if (several !== undefined) return `several texts in ${several} are not built`;
  return kind;
}

/** Pictures have their own size, unless the call names another; words and masks the model's. */
export function toSettings(
  {
    model,
    kind,
    picture,
  }: {
    model: ImageModel;
    kind: PipelineKind;
    picture: { widthPx: number; heightPx: number } | undefined;
  },
  call: PipelineCall,
  { sampler, spacing }: BuiltScheduler,
): Settings {
  const own =
    kind.start === 'picture' && picture !== undefined
      ? toWholeCells(picture, model.vaeFactor)
      : model.description.defaults;
  return {
    modelId: model.description.id,
    modelDigest: model.digest,
    prompt: toText(call.prompt),
    negativePrompt: toText(call.negative_prompt),
    widthPx: call.width ?? own.widthPx,
    heightPx: call.height ?? own.heightPx,
    seed: 0,
    count: call.num_images_per_prompt,
    steps: call.timesteps?.length ?? call.sigmas?.length ?? call.num_inference_steps ?? kind.steps,
    guidanceScale: call.guidance_scale ?? kind.guidanceScale,
    guidanceRescale: call.guidance_rescale,
    sampler,
    spacing,
    // Prompts are taken literally there, and cut at the encoder's length.
    promptWeighting: 'none',
    clipSkip: (call.clip_skip ?? 0) + 1,
    strength: kind.start === 'words' ? undefined : (call.strength ?? kind.strength),
  };
}

/** Lists of several were refused before. */
export const toText = (given: PipelineCall['prompt']): string =>
  typeof given === 'string' ? given : '';

function toWholeCells(
  { widthPx, heightPx }: { widthPx: number; heightPx: number },
  cellPx: number,
): { widthPx: number; heightPx: number } {
  return { widthPx: widthPx - (widthPx % cellPx), heightPx: heightPx - (heightPx % cellPx) };
}
