/** Seed, sampler, model, timings: the small print of a card, for those who look. */
import { SAMPLER_LABELS, type GenerateRequest } from '#contract/generation-request.ts';
import type { GenerationResult, Settings, Timings } from '#contract/generation-result.ts';
import type { JobState } from '#contract/job-state.ts';
import type { JobId } from '#contract/job.ts';
import type { CardDetail } from './card.ts';
import { formatDuration } from './format-number.ts';
import { toErrorId } from './job-id.ts';
import { formatPictureId } from './picture-id.ts';
import type { JobRecord } from './ports.ts';

/** What was asked for while it waits, what is really used as soon as the engine has said so. */
export function toDetails(
  { id, request, state }: JobRecord,
  usdPerMachineHour?: number,
): CardDetail[] {
  const settings = settingsOf(state);
  const lines: [label: string, value: string | undefined][] = [
    ...toRequestLines(request, settings),
    ...(state.status === 'succeeded' ? toCostLines(state.result, usdPerMachineHour) : []),
    ...(state.status === 'succeeded' ? toResultLines(id, state) : []),
    ['Error id', state.status === 'failed' ? toErrorId(id) : undefined],
  ];
  return lines.flatMap(([label, value]) => (value === undefined ? [] : [{ label, value }]));
}

function toRequestLines(
  request: JobRecord['request'],
  settings: Settings | undefined,
): [string, string | undefined][] {
  switch (request.kind) {
    case 'generate':
      return toSettingLines(request, settings);
    case 'upscale':
      return [['Enlarged', `${request.factor} times each side`]];
    case 'animate':
      return [['Animated', `${request.frames} pictures towards ${request.toPrompt}`]];
  }
}

function settingsOf(state: JobState): Settings | undefined {
  if (state.status === 'succeeded') return state.result.settings;
  return 'settings' in state ? state.settings : undefined;
}

function toSettingLines(
  request: GenerateRequest,
  settings: Settings | undefined,
): [string, string | undefined][] {
  const used = settings ?? request;
  const { sampler, spacing, guidanceScale, guidanceRescale, steps } = used;
  const rescale = guidanceRescale ? ` (rescale ${guidanceRescale})` : '';
  const samplerText = sampler === undefined ? undefined : SAMPLER_LABELS[sampler];
  return [
    ['Seed', String(used.seed)],
    ['Variation', used.variations?.map((turn) => `${turn.seed}:${turn.strength}`).join(', ')],
    [
      'Sampler',
      [samplerText, spacing].filter((part) => part !== undefined).join(', ') || undefined,
    ],
    ['Steps', steps === undefined ? undefined : String(steps)],
    ['Guidance', guidanceScale === undefined ? undefined : `${guidanceScale}${rescale}`],
    ['Size', settings === undefined ? toAskedSize(request) : toSizeText(settings)],
    ['Style', used.style],
    ['Not wanted', used.negativePrompt === '' ? undefined : used.negativePrompt],
    ['Model', settings === undefined ? request.modelId : toModelText(settings)],
  ];
}

const toSizeText = ({ widthPx, heightPx }: Settings): string => `${widthPx} × ${heightPx}`;
const toModelText = ({ modelId, modelDigest }: Settings): string => `${modelId} (${modelDigest})`;

function toAskedSize({ size }: GenerateRequest): string | undefined {
  switch (size.kind) {
    case 'default':
      return undefined;
    case 'aspect':
      return `${size.width}:${size.height}`;
    case 'pixels':
      return `${size.widthPx} × ${size.heightPx}`;
  }
}

function toResultLines(
  jobId: JobId,
  { result }: Extract<JobState, { status: 'succeeded' }>,
): [string, string | undefined][] {
  const [image] = result.images;
  const size =
    result.settings === undefined && image !== undefined
      ? `${image.widthPx} × ${image.heightPx}`
      : undefined;
  return [
    ['Size', size],
    ['Picture id', toPictureIds(jobId, result.images.length)],
    ['Time in total', formatDuration(result.timings.totalMs)],
    ['Time by stage', toStagesText(result.timings)],
  ];
}

/** `k7m2q9x4tbn8w3d5/1 to /4` */
function toPictureIds(jobId: JobId, count: number): string {
  const first = formatPictureId({ jobId, index: 0 });
  return count === 1 ? first : `${first} to /${count}`;
}

function toStagesText(timings: Timings): string | undefined {
  const stages: [string, number][] = [
    ['waiting', timings.queueMs],
    ['loading the model', timings.loadModelMs],
    ['prompt', timings.encodePromptMs],
    ['drawing', timings.denoiseMs],
    ['decoding', timings.decodeMs],
    ['saving', timings.encodeImageMs],
  ];
  const spent = stages.filter(([, durationMs]) => durationMs >= 1);
  return spent.map(([name, ms]) => `${name} ${formatDuration(ms)}`).join(', ') || undefined;
}

/** Of the work on this job alone: waiting for a machine and its idle minutes are shared by all jobs. */
function toCostLines(
  { timings, images }: GenerationResult,
  usdPerMachineHour: number | undefined,
): [string, string][] {
  if (usdPerMachineHour === undefined || usdPerMachineHour === 0) return [];
  const usd = ((timings.totalMs / 3_600_000) * usdPerMachineHour) / images.length;
  const each = images.length === 1 ? '' : ' each';
  const text = usd < 0.0001 ? 'less than $0.0001' : `about $${Number(usd.toPrecision(2))}`;
  return [['Cost', `${text}${each}`]];
}
