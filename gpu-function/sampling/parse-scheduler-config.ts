/** Reads `scheduler_config.json`: checks every key that matters and fills in the class's own defaults. */
import * as z from 'zod';
import { GenerationError } from '#contract/generation-error.ts';
import { schedulerClass } from './scheduler-classes.ts';
import type { SchedulerConfig } from './scheduler-config.ts';

/** Longer tables than anybody trains; bounds the memory that a file can ask for. */
const TRAIN_TIMESTEPS_MAX = 100_000;

const beta = z.number().gt(0).lt(1);
const classNameSchema = z.looseObject({ _class_name: z.string().min(1).max(200) });

/** Keys that change the pictures in the reference and are not built: key → the values that change nothing. */
const UNBUILT_KEYS: Readonly<Record<string, readonly unknown[]>> = {
  thresholding: [false],
  use_exponential_sigmas: [false],
  use_beta_sigmas: [false],
  use_lu_lambdas: [false],
  use_flow_sigmas: [false],
  use_dynamic_shifting: [false],
  interpolation_type: ['linear'],
  timestep_type: ['discrete'],
  sigma_min: [],
  sigma_max: [],
};
/** The same for keys that mean something else in other classes. */
const UNBUILT_SOLVER_KEYS: Readonly<Record<string, readonly unknown[]>> = {
  algorithm_type: ['dpmsolver++'],
  solver_order: [2],
  solver_type: ['midpoint'],
};

/**
 * @param json the parsed content of the file; null stands for a key that is left out, as in the reference.
 * @throws GenerationError `model-broken` that names the wrong key, `sampler-unsupported` for flow matching.
 */
export function parseSchedulerConfig(json: unknown): SchedulerConfig {
  const given = withoutNulls(json);
  const { _class_name: className } = check(classNameSchema, given);
  if (className.includes('FlowMatch')) {
    throw new GenerationError(
      'sampler-unsupported',
      `This model uses ${className}, and flow matching is not supported yet; choose another model.`,
    );
  }
  const config = check(configSchema(className), given);
  if (config.beta_start > config.beta_end) {
    throw wrongKey('beta_end', `must not be below beta_start (${config.beta_start})`);
  }
  const betaCount = config.trained_betas?.length ?? config.num_train_timesteps;
  if (betaCount !== config.num_train_timesteps) {
    throw wrongKey(
      'trained_betas',
      `must have ${config.num_train_timesteps} values (num_train_timesteps), not ${betaCount}`,
    );
  }
  return { ...config, ignored: ignoredKeys(className, given) };
}

function configSchema(className: string) {
  const { betas, clipsSample, endsClean } = schedulerClass(className);
  return z.object({
    _class_name: z.string(),
    num_train_timesteps: z.int().min(2).max(TRAIN_TIMESTEPS_MAX).default(1_000),
    beta_start: beta.default(betas.beta_start),
    beta_end: beta.default(betas.beta_end),
    beta_schedule: z
      .enum(['linear', 'scaled_linear', 'squaredcos_cap_v2'])
      .default(betas.beta_schedule),
    trained_betas: z.array(beta).max(TRAIN_TIMESTEPS_MAX).optional(),
    prediction_type: z.enum(['epsilon', 'v_prediction', 'sample']).default('epsilon'),
    timestep_spacing: z.enum(['leading', 'trailing', 'linspace']).optional(),
    steps_offset: z.int().min(0).max(TRAIN_TIMESTEPS_MAX).default(0),
    clip_sample: z.boolean().default(clipsSample),
    clip_sample_range: z.number().gt(0).default(1),
    set_alpha_to_one: z.boolean().default(endsClean),
    rescale_betas_zero_snr: z.boolean().default(false),
    use_karras_sigmas: z.boolean().default(false),
    final_sigmas_type: z.enum(['zero', 'sigma_min']).default('zero'),
    variance_type: z.string().max(100).optional(),
    lower_order_final: z.boolean().default(true),
    euler_at_final: z.boolean().default(false),
    lambda_min_clipped: lambdaSchema.optional(),
  });
}

/** JSON has no -Infinity, which is this key's default: it arrives as text (models/python-json.ts). */
const lambdaSchema = z
  .union([z.literal('-Infinity'), z.number()])
  .transform((value) => (typeof value === 'number' ? value : undefined));

function withoutNulls(json: unknown): unknown {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return json;
  return Object.fromEntries(Object.entries(json).filter(([, value]) => value !== null));
}

function check<T>(schema: z.ZodType<T>, given: unknown): T {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const message = issue?.message ?? 'cannot be read';
  throw wrongKey(issue?.path.join('.') ?? '', message.charAt(0).toLowerCase() + message.slice(1));
}

function wrongKey(key: string, problem: string): GenerationError {
  const where = key === '' ? 'scheduler_config.json' : `"${key}" in scheduler_config.json`;
  return new GenerationError(
    'model-broken',
    `The model's ${where} is wrong: ${problem}. Repair the model package.`,
  );
}

function ignoredKeys(className: string, given: unknown): string[] {
  const isSolver = className.startsWith('DPMSolverMultistep');
  const unbuilt = isSolver ? { ...UNBUILT_KEYS, ...UNBUILT_SOLVER_KEYS } : UNBUILT_KEYS;
  const values = new Map(Object.entries(given as object));
  return Object.entries(unbuilt)
    .filter(([key, harmless]) => values.has(key) && !harmless.includes(values.get(key)))
    .map(([key]) => key);
}
