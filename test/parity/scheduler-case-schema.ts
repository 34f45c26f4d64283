/** The format of one scheduler case, as far as it is read. */
import * as z from 'zod';
import { numberSchema, numbersSchema } from './reference-file.ts';

const loopSchema = z.object({
  model: z.enum(['dummy', 'lcg']),
  mode: z.enum(['from_noise', 'from_noised_image']),
  shape: z.array(z.number()),
  strength: z.number().optional(),
  t_start: z.number().optional(),
  step_kwargs: z.unknown().optional(),
  float64_input_max_abs_diff: numberSchema.nullish().transform((value) => value ?? 0),
  output_max_abs: numberSchema,
  noised_start: numbersSchema.optional(),
  noise_draws: z
    .array(
      z.object({ step_call: z.number(), seed: z.number(), shape: z.array(z.number()).optional() }),
    )
    .nullish()
    .transform((draws) => draws ?? []),
  steps: z.array(
    z.object({
      k: z.number(),
      t: numberSchema,
      prev_sample: numbersSchema.optional(),
      sum_abs: numberSchema.optional(),
    }),
  ),
  final: numbersSchema.optional(),
  final_every_6th_value: numbersSchema.optional(),
  pred_original_sample_first_step: numbersSchema.nullish(),
  pred_original_sample_last_step: numbersSchema.nullish(),
});
export type SchedulerLoop = z.infer<typeof loopSchema>;

const noisedSchema = z
  .array(z.object({ timestep_position: z.number(), result: numbersSchema }))
  .nullish();
const tableSchema = z
  .record(z.string(), numberSchema)
  .nullish()
  .transform((table) => table ?? {});

export const schedulerCaseSchema = z.object({
  name: z.string(),
  scheduler: z.string(),
  config: z.record(z.string(), z.unknown()),
  resolved_config: z.record(z.string(), z.unknown()),
  set_timesteps: z.unknown().optional(),
  order: z.number().nullish(),
  timesteps: numbersSchema,
  timesteps_dtype: z.string(),
  sigmas: numbersSchema.nullish(),
  init_noise_sigma: numberSchema.nullish(),
  betas: tableSchema,
  alphas_cumprod: tableSchema,
  final_alpha_cumprod: numberSchema.nullish(),
  add_noise: noisedSchema,
  scale_noise: noisedSchema,
  scale_model_input: z
    .array(z.object({ timestep_position: z.number(), first8: numbersSchema }))
    .nullish(),
  get_velocity: z.object({ t: numberSchema, result_first16: numbersSchema }).nullish(),
  loops: z.array(loopSchema),
});
export type SchedulerCase = z.infer<typeof schedulerCaseSchema>;
