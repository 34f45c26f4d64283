/** What the bot is and how it is doing, in words. */
import type { Health } from '#contract/health.ts';
import type { ModelDescription } from '#contract/model-description.ts';
import { formatDuration, formatNumber } from './format-number.ts';
import type { Notice } from './service.ts';

export interface Facts {
  /** Undefined while the image function cannot be reached. */
  health: Health | undefined;
  models: readonly ModelDescription[];
  openJobs: number;
  /** Median work on a job. */
  jobMs: number | undefined;
  uptimeMs: number;
}

export function describeInfo({ health, models, openJobs, jobMs, uptimeMs }: Facts): Notice {
  const values: [label: string, value: string | undefined][] = [
    ['Image function', health?.status ?? 'cannot be reached; it starts with the next job'],
    ['Models', models.map(({ id }) => id).join(', ') || undefined],
    ['Open jobs', formatNumber(openJobs)],
    ['A job takes about', jobMs === undefined ? undefined : formatDuration(jobMs)],
    ['Running for', formatDuration(uptimeMs)],
  ];
  return {
    title: 'About this bot',
    lines: [
      'Type /imagine and what to draw; a diffusion model draws it step by step, and buttons go on from there.',
      'All pictures are machine-made and say so in their file, together with the recipe that draws them again.',
    ],
    details: values.flatMap(([label, value]) => (value === undefined ? [] : [{ label, value }])),
    buttons: [],
  };
}
