/** Reads `scheduler_config.json`: checks every key that changes pictures and fills in the class's own defaults. */
import * as z from 'zod';
import { GenerationError } from '#contract/generation-error.ts';
import { COMMON_DEFAULTS, schedulerClass } from './scheduler-classes.ts';
import type { SchedulerConfig } from './scheduler-config.ts';
import { schedulerKeysSchema } from './scheduler-keys.ts';

const CLASS_NAME_CHARACTERS_MAX = 200;
const SHOWN_CHARACTERS_MAX = 40;

const classNameSchema = z.looseObject({
  _class_name: z.string().min(1).max(CLASS_NAME_CHARACTERS_MAX),
});

/**
 * @param json the parsed content of the file; null stands for a key that is left out, as in the reference.
 * @throws GenerationError `model-broken` that names the wrong key and its value.
 */
export function parseSchedulerConfig(json: unknown): SchedulerConfig {
  const file = withoutNulls(json);
  const { _class_name: className } = check(classNameSchema, file);
  const given = check(schedulerKeysSchema, file);
  const config = Object.assign(
    { ...COMMON_DEFAULTS, _class_name: className, given },
    schedulerClass(className)?.defaults,
    // A flow can be followed under any name.
    className.includes('FlowMatch') && { prediction_type: 'flow_prediction' as const },
    given,
  );
  checkTogether(config);
  return config;
}

/** Ways to spread sigmas, of which the reference takes one. */
const SPREADS = ['use_karras_sigmas', 'use_exponential_sigmas', 'use_beta_sigmas'] as const;

function checkTogether(config: SchedulerConfig): void {
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
  const [first, second] = SPREADS.filter((key) => config[key]);
  if (first !== undefined && second !== undefined) {
    throw wrongKey(second, `must not be true together with ${first}`);
  }
  const { sigma_min: least = 0, sigma_max: most = Number.POSITIVE_INFINITY } = config;
  if (least >= most) throw wrongKey('sigma_max', `must be above sigma_min (${least})`);
  if (config.base_image_seq_len >= config.max_image_seq_len) {
    throw wrongKey(
      'max_image_seq_len',
      `must be above base_image_seq_len (${config.base_image_seq_len})`,
    );
  }
}

function withoutNulls(json: unknown): unknown {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return json;
  return Object.fromEntries(Object.entries(json).filter(([, value]) => value !== null));
}

function check<T>(schema: z.ZodType<T>, given: unknown): T {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.path ?? [];
  const message = issue?.message ?? 'cannot be read';
  throw wrongKey(
    path.join('.'),
    message.charAt(0).toLowerCase() + message.slice(1) + shownValue(given, path),
  );
}

/** What stands there, shortened. */
function shownValue(given: unknown, path: readonly PropertyKey[]): string {
  let value = given;
  for (const key of path) value = (value as Record<PropertyKey, unknown> | undefined)?.[key];
  if (path.length === 0 || value === undefined) return '';
  const text = JSON.stringify(value) ?? typeof value;
  const isLong = text.length > SHOWN_CHARACTERS_MAX;
  return `, not ${isLong ? `${text.slice(0, SHOWN_CHARACTERS_MAX)}…` : text}`;
}

function wrongKey(key: string, problem: string): GenerationError {
  const where = key === '' ? 'scheduler_config.json' : `"${key}" in scheduler_config.json`;
  return new GenerationError(
    'model-broken',
    `The model's ${where} is wrong: ${problem}. Repair the model package.`,
  );
}
