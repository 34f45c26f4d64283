/** The format of one scheduler case, as far as it is read. */
import * as z from 'zod';
import { numberSchema, numbersSchema } from './reference-file.ts';

const loopSchema = z.object({
  model: z.enum(['dummy', 'lcg']),
  mode: z.enum(['from_noise', 'from_noised_image']),
  shape: z.array(z.number()),
  strength: z.number().optional(),
  step_kwargs: z
    .object({ eta: z.number().optional() })
    .catchall(z.unknown())
    .nullish()
    .transform((given) => given ?? {}),
  float64_input_max_abs_diff: z.number(),
  output_max_abs: z.number(),
  noised_start: numbersSchema.optional(),
  noise_draws: z.array(z.object({ step_call: z.number(), seed: z.number() })).default([]),
  steps: z.array(
    z.object({
      k: z.number(),
      t: z.number(),
      prev_sample: numbersSchema.optional(),
      sum_abs: numberSchema.optional(),
    }),
  ),
  final: numbersSchema.optional(),
  final_every_6th_value: numbersSchema.optional(),
  pred_original_sample_first_step: numbersSchema.optional(),
  pred_original_sample_last_step: numbersSchema.optional(),
});
export type SchedulerLoop = z.infer<typeof loopSchema>;

export const schedulerCaseSchema = z.object({
  name: z.string(),
  scheduler: z.string(),
  config: z.record(z.string(), z.unknown()),
  resolved_config: z.record(z.string(), z.unknown()),
  set_timesteps: z.object({ num_inference_steps: z.number().optional() }).catchall(z.unknown()),
  timesteps: numbersSchema,
  timesteps_dtype: z.string(),
  sigmas: numbersSchema.optional(),
  init_noise_sigma: z.number(),
  betas: z.record(z.string(), z.number()).default({}),
  alphas_cumprod: z.record(z.string(), z.number()).default({}),
  final_alpha_cumprod: z.number().optional(),
  add_noise: z
    .array(z.object({ timestep_position: z.number(), result: numbersSchema }))
    .default([]),
  scale_model_input: z
    .array(z.object({ timestep_position: z.number(), first8: numbersSchema }))
    .default([]),
  get_velocity: z.object({ t: z.number(), result_first16: numbersSchema }).optional(),
  loops: z.array(loopSchema),
});
export type SchedulerCase = z.infer<typeof schedulerCaseSchema>;
