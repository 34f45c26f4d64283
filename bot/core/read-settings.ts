/** What a person wrote after /settings or /policy, as changes. Throws CommandError, one sentence with the remedy. */
import { CommandError } from './command-error.ts';
import type { FlagValues } from './command-draft.ts';
import { showValue } from './flag-values.ts';
import { parseFlags } from './parse-command.ts';
import {
  NSFW_RULES,
  spacePolicySchema,
  userSettingsSchema,
  type SpacePolicy,
  type UserSettings,
} from './settings.ts';

/** Every field set to undefined: what takes all of them back. */
function toReset<T>(schema: { shape: object }): Partial<T> {
  return Object.fromEntries(
    Object.keys(schema.shape).map((name) => [name, undefined]),
  ) as Partial<T>;
}

const isReset = (text: string): boolean => /^reset$/i.test(text.trim());

/** Flags that only make sense in one command. */
const PASSING: readonly (readonly [keyof FlagValues, string])[] = [
  ['seed', '--seed'],
  ['variations', '--variation'],
  ['size', '--size'],
  ['widthPx', '--width'],
  ['heightPx', '--height'],
  ['spacing', '--spacing'],
  ['guidanceRescale', '--rescale'],
  ['eta', '--eta'],
  ['sChurn', '--s-churn'],
  ['sNoise', '--s-noise'],
  ['promptWeighting', '--prompt-weighting'],
  ['clipSkip', '--clip-skip'],
];

/** `--ar 3:2 --count 2`, or `reset`. */
export function readSettings(text: string): Partial<UserSettings> {
  if (isReset(text)) return toReset(userSettingsSchema);
  const values = parseFlags(text);
  const passing = PASSING.find(([name]) => values[name] !== undefined);
  if (passing !== undefined) {
    throw new CommandError(`${passing[1]} cannot be a setting; write it in the command itself.`);
  }
  const { modelId, style, aspect, count, steps, guidanceScale, sampler } = values;
  const { negativePrompt, isPrivate } = values;
  const given = { modelId, style, aspect, count, steps, guidanceScale, sampler };
  const all: Partial<UserSettings> = { ...given, negativePrompt, isPrivate };
  // A new model without a style leaves no style of the old one behind.
  const isNewModel = modelId !== undefined && style === undefined;
  const changes = Object.entries(all).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(changes), ...(isNewModel ? { style: undefined } : {}) };
}

const QUOTA_NAMES = {
  running: 'runningJobs',
  open: 'openJobs',
  minute: 'jobsPerMinute',
  day: 'jobsPerDay',
} as const;
const RULES = ['models', 'channels', 'blocked', 'nsfw', 'steps', 'count'];

/**
 * `nsfw spoiler`, `models a, b`, `channels c1, c2`, `blocked word, other`, `steps 50`, `count 2`, `day 100`; a rule with
 * `any` takes it back; `reset` takes all back. `quota` is what stands there now.
 */
export function readPolicy(text: string, quota: SpacePolicy['quota']): Partial<SpacePolicy> {
  if (isReset(text)) return toReset(spacePolicySchema);
  const [, rule = '', value = ''] = /^(\S*)\s*([\s\S]*)$/.exec(text.trim()) ?? [];
  const isAny = /^any$/i.test(value);
  const list = isAny ? undefined : toList(rule, value);
  const number = isAny ? undefined : Number(value);
  switch (rule.toLowerCase()) {
    case 'models':
      return { allowedModels: list };
    case 'channels':
      return { allowedChannelIds: list };
    case 'blocked':
      return { blockedWords: list };
    case 'nsfw':
      return { nsfwRule: isAny ? undefined : toNsfwRule(value) };
    case 'steps':
      return { stepsMax: number };
    case 'count':
      return { countMax: number };
    case 'running':
    case 'open':
    case 'minute':
    case 'day':
      return {
        quota: { ...quota, [QUOTA_NAMES[rule.toLowerCase() as keyof typeof QUOTA_NAMES]]: number },
      };
    default:
      throw new CommandError(
        `${showValue(rule)} is not a rule; the rules are ${[...RULES, ...Object.keys(QUOTA_NAMES)].join(', ')}.`,
      );
  }
}

function toList(rule: string, value: string): string[] {
  const items = value.split(',').map((item) => item.trim());
  const list = items.filter((item) => item !== '');
  if (list.length > 0) return list;
  throw new CommandError(`The rule ${showValue(rule)} needs a value, or "any" to take it back.`);
}

function toNsfwRule(value: string): SpacePolicy['nsfwRule'] {
  const rule = NSFW_RULES.find((candidate) => candidate === value.toLowerCase());
  if (rule !== undefined) return rule;
  throw new CommandError(`nsfw ${showValue(value)} is unknown; use ${NSFW_RULES.join(', ')}.`);
}
