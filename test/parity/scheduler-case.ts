/** What the scheduler cases, the table of timesteps and the published tests share: from class and arguments to a sampler. */
import type { SamplerId, SpacingId } from '#contract/generation-request.ts';
import { defaultSampler } from '../../gpu-function/sampling/default-sampler.ts';
import { parseSchedulerConfig } from '../../gpu-function/sampling/parse-scheduler-config.ts';
import { resolveScheduler } from '../../gpu-function/sampling/resolve-scheduler.ts';
import type {
  Sampler,
  SamplerOptions,
  ScheduleRequest,
} from '../../gpu-function/sampling/sampler.ts';
import { SAMPLERS } from '../../gpu-function/sampling/sampler-registry.ts';
import type { SchedulerConfig } from '../../gpu-function/sampling/scheduler-config.ts';
import * as z from 'zod';
import { numberSchema, numbersSchema } from './reference-file.ts';

export interface BuiltScheduler {
  isSupported: true;
  config: SchedulerConfig;
  sampler: SamplerId;
  spacing: SpacingId;
}

export type ReferenceScheduler = BuiltScheduler | { isSupported: false; reason: string };

/** @param config only the arguments that were given: our own defaults must fill in the rest. */
export function toReferenceScheduler(className: string, config: object): ReferenceScheduler {
  const parsed = parseSchedulerConfig({ ...config, _class_name: className });
  const { sampler, spacing, note } = defaultSampler(parsed);
  if (note !== undefined) return { isSupported: false, reason: note };
  return { isSupported: true, config: parsed, sampler, spacing };
}

/** Arguments of `set_timesteps`; one that is not listed makes the case unsupported. */
export const setTimestepsSchema = z.strictObject({
  num_inference_steps: z.int().nullish(),
  timesteps: numbersSchema.nullish(),
  sigmas: numbersSchema.nullish(),
  mu: z.number().nullish(),
  original_inference_steps: z.int().nullish(),
  strength: z.number().nullish(),
  device: z.unknown().optional(),
});

/** Arguments of `step`; the same. */
export const stepKwargsSchema = z.strictObject({
  eta: z.number().optional(),
  s_churn: z.number().optional(),
  s_tmin: z.number().optional(),
  s_tmax: numberSchema.optional(),
  s_noise: z.number().optional(),
  use_clipped_model_output: z.boolean().optional(),
  order: z.int().optional(),
  return_dict: z.unknown().optional(),
  generator: z.unknown().optional(),
});

export type Arguments<T> = { known: T } | { unknown: string };

/** @returns the first argument that is not known, in words, where there is one */
export function readArguments<Schema extends z.ZodType>(
  schema: Schema,
  given: unknown,
): Arguments<z.infer<Schema>> {
  const parsed = schema.safeParse(given ?? {});
  if (parsed.success) return { known: parsed.data };
  const issue = parsed.error.issues[0];
  const name = issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : issue?.path.join('.');
  return { unknown: name ?? 'an argument' };
}

/** Without arguments the reference walks over all that were trained. */
export function toScheduleRequest(
  { config, sampler }: BuiltScheduler,
  given: z.infer<typeof setTimestepsSchema>,
): ScheduleRequest {
  const { num_inference_steps: count, timesteps, sigmas, mu } = given;
  // Euler's list of sigmas has one more than its steps.
  const sigmaSteps = sigmas && (sampler === 'euler' ? sigmas.length - 1 : sigmas.length);
  return {
    steps: count ?? timesteps?.length ?? sigmaSteps ?? config.num_train_timesteps,
    timesteps: timesteps ?? undefined,
    sigmas: sigmas ?? undefined,
    mu: mu ?? undefined,
    originalSteps: given.original_inference_steps ?? undefined,
    scheduleStrength: given.strength ?? undefined,
  };
}

export function toSamplerOptions(given: z.infer<typeof stepKwargsSchema>): SamplerOptions {
  return {
    eta: given.eta,
    sChurn: given.s_churn,
    sTmin: given.s_tmin,
    sTmax: given.s_tmax,
    sNoise: given.s_noise,
    usesClippedOutput: given.use_clipped_model_output,
    order: given.order,
  };
}

/** The whole table, before a start from a picture cuts it. */
export function toReferenceSampler(
  { config, sampler, spacing }: BuiltScheduler,
  request: ScheduleRequest,
  options: SamplerOptions = {},
): Sampler {
  return SAMPLERS[sampler].create({
    config: resolveScheduler(config, sampler, spacing),
    request,
    options,
  });
}

/** Where a scheduler that was told nothing finds this timestep: the second of two that are equal. */
export function indexOfTimestep({ timesteps }: Sampler, position: number): number {
  const wanted = timesteps[position];
  const second = timesteps.indexOf(wanted ?? Number.NaN, timesteps.indexOf(wanted ?? 0) + 1);
  return second < 0 ? timesteps.indexOf(wanted ?? 0) : second;
}
