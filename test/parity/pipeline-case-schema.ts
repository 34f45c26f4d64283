/** `case.json` of a whole pipeline run, as far as it is replayed. */
import * as z from 'zod';

const arrayFile = z.looseObject({ file: z.string(), shape: z.array(z.int()) });

const path = z.union([
  z.string(),
  z.looseObject({ file: z.string() }).transform(({ file }) => file),
  z.looseObject({ png: z.string() }).transform(({ png }) => png),
]);

/** A picture or an array beside the case: the path alone, in an object, or as the only one of a list. */
const fileReference = z.union([path, z.tuple([path]).transform(([only]) => only)]);

const replayed = z.looseObject({
  latents_max_abs_diff: z.number(),
  image_max_abs_diff: z.number(),
});

/** [height, width], or a picture's [top, left]. */
const pair = z.tuple([z.number(), z.number()]);

export const pipelineIndexSchema = z.array(
  z.looseObject({
    model: z.string(),
    exports: z.array(z.string()),
    cases: z.array(z.looseObject({ case: z.string() })),
  }),
);

/** A list of one is that one; more in one call are left as they are, and the case is told apart by them. */
const words = z.union([
  z.string(),
  z.tuple([z.string()]).transform(([only]) => only),
  z.array(z.string()),
]);

/** The arguments that are understood; what is left out has its default of the class. */
export const callSchema = z.looseObject({
  clip_skip: z.int().min(0).nullish(),
  prompt: words.nullish(),
  negative_prompt: words.nullish(),
  prompt_2: words.nullish(),
  negative_prompt_2: words.nullish(),
  prompt_embeds: fileReference.nullish(),
  negative_prompt_embeds: fileReference.nullish(),
  pooled_prompt_embeds: fileReference.nullish(),
  negative_pooled_prompt_embeds: fileReference.nullish(),
  num_inference_steps: z.int().optional(),
  guidance_scale: z.number().optional(),
  guidance_rescale: z.number().default(0),
  num_images_per_prompt: z.int().default(1),
  height: z.int().nullish(),
  width: z.int().nullish(),
  eta: z.number().optional(),
  timesteps: z.array(z.number()).nullish(),
  sigmas: z.array(z.number()).nullish(),
  original_inference_steps: z.int().nullish(),
  image: fileReference.nullish(),
  mask_image: fileReference.nullish(),
  strength: z.number().optional(),
  original_size: pair.nullish(),
  crops_coords_top_left: pair.nullish(),
  target_size: pair.nullish(),
  negative_original_size: pair.nullish(),
  negative_crops_coords_top_left: pair.nullish(),
  negative_target_size: pair.nullish(),
});
export type PipelineCall = z.infer<typeof callSchema>;

export const pipelineCaseSchema = z.looseObject({
  pipeline_class: z.string(),
  call: callSchema,
  scheduler: z.looseObject({ class: z.string(), config: z.looseObject({}) }),
  /** The positive prompt first, then the negative one; with two encoders both of one prompt, one after the other. */
  text_encoder_calls: z.array(z.looseObject({ input_ids: z.array(z.array(z.int())) })).default([]),
  loop_timesteps: z.array(z.number()),
  noise_draws: z.array(arrayFile.extend({ used_for: z.string() })),
  first_model_call: z.looseObject({
    inputs: z.record(z.string(), z.union([arrayFile, z.number(), z.array(z.number())])),
    output: arrayFile,
  }),
  latents_per_step: arrayFile,
  image_float: arrayFile,
  /** What the reference's own code reached with the ONNX files, by their export. */
  replayed_through_onnx_cpu: z.record(z.string(), replayed).default({}),
});
export type PipelineCase = z.infer<typeof pipelineCaseSchema>;
