/** Settings and policies in words, in the form in which they could be typed. */
import { formatNumber } from './format-number.ts';
import type { Notice } from './service.ts';
import type { Quota, SpacePolicy, UserSettings } from './settings.ts';

type Line = [label: string, value: string | number | undefined];

function toNotice(title: string, lines: readonly string[], values: readonly Line[]): Notice {
  return {
    title,
    lines,
    details: values.flatMap(([label, value]) =>
      value === undefined ? [] : [{ label, value: String(value) }],
    ),
    buttons: [],
  };
}

export function describeSettings(settings: UserSettings): Notice {
  const { aspect } = settings;
  const values: Line[] = [
    ['--model', settings.modelId],
    ['--style', settings.style],
    ['--ar', aspect && `${aspect.width}:${aspect.height}`],
    ['--count', settings.count],
    ['--steps', settings.steps],
    ['--cfg', settings.guidanceScale],
    ['--sampler', settings.sampler],
    ['--no', settings.negativePrompt],
    ['--private', settings.isPrivate ? 'yes' : undefined],
  ];
  const isEmpty = values.every(([, value]) => value === undefined);
  return toNotice(
    'Your settings',
    [
      isEmpty
        ? 'You have set nothing of your own.'
        : 'These hold for all your commands; a flag in a command wins over them.',
      'Change them with flags, such as /settings --ar 3:2 --count 2; take them back with /settings reset.',
    ],
    values,
  );
}

export function describePolicy(policy: SpacePolicy): Notice {
  const quota = Object.entries(policy.quota ?? {}) as [keyof Quota, number][];
  const values: Line[] = [
    ['models', policy.allowedModels?.join(', ')],
    ['channels', policy.allowedChannelIds?.join(', ')],
    ['blocked', policy.blockedWords && `${policy.blockedWords.length} words`],
    ['nsfw', policy.nsfwRule],
    ['steps', policy.stepsMax],
    ['count', policy.countMax],
    ...quota.map(([name, value]): Line => [QUOTA_LABELS[name], formatNumber(value)]),
  ];
  const isEmpty = values.every(([, value]) => value === undefined);
  return toNotice(
    'What is allowed here',
    [
      isEmpty
        ? 'There are no rules of this place beyond those of the bot itself.'
        : 'These rules hold for everybody here.',
    ],
    values,
  );
}

const QUOTA_LABELS: Readonly<Record<keyof Quota, string>> = {
  runningJobs: 'running',
  openJobs: 'open',
  jobsPerMinute: 'minute',
  jobsPerDay: 'day',
};
