/** `case.json` of a whole pipeline run, as far as it is replayed. */
import * as z from 'zod';

const arrayFile = z.looseObject({ file: z.string(), shape: z.array(z.int()) });
const replayed = z.looseObject({
  latents_max_abs_diff: z.number(),
  image_max_abs_diff: z.number(),
});

export const pipelineIndexSchema = z.array(
  z.looseObject({
    model: z.string(),
    exports: z.array(z.string()),
    cases: z.array(z.looseObject({ case: z.string() })),
  }),
);

export const pipelineCaseSchema = z.looseObject({
  pipeline_class: z.string(),
  call: z.looseObject({
    prompt: z.string(),
    negative_prompt: z.string().default(''),
    num_inference_steps: z.int(),
    guidance_scale: z.number(),
    guidance_rescale: z.number().default(0),
    num_images_per_prompt: z.int().default(1),
    height: z.int().optional(),
    width: z.int().optional(),
    eta: z.number().optional(),
  }),
  scheduler: z.looseObject({ class: z.string(), config: z.looseObject({}) }),
  /** The positive prompt first, then the negative one. */
  text_encoder_calls: z.array(z.looseObject({ input_ids: z.array(z.array(z.int())) })),
  loop_timesteps: z.array(z.number()),
  noise_draws: z.array(arrayFile.extend({ used_for: z.string() })),
  first_model_call: z.looseObject({
    inputs: z.looseObject({ sample: arrayFile, encoder_hidden_states: arrayFile }),
    output: arrayFile,
  }),
  latents_per_step: arrayFile,
  image_float: arrayFile,
  /** What the reference's own code reached with the ONNX files, by their precision. */
  replayed_through_onnx_cpu: z.looseObject({ fp32: replayed, fp16: replayed.optional() }),
});
export type PipelineCase = z.infer<typeof pipelineCaseSchema>;
