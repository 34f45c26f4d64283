/** What the buttons of a single picture ask for. Throws CommandError with the sentence of a refusal. */
import type { GenerateRequest, GenerationRequest } from '#contract/generation-request.ts';
import { isTerminal } from '#contract/job-state.ts';
import { LIMITS } from '#contract/limits.ts';
import type { Outpaint } from '#contract/picture-editing.ts';
import { toSinglePicture } from '#contract/recipe.ts';
import { STRENGTHS } from '#contract/strengths.ts';
import type { Action, ActionName } from './action.ts';
import { CommandError } from './command-error.ts';
import { toOutpainted, toPlainDrawing, toUpscaled, toVariation } from './derive-request.ts';
import { parseCommand } from './parse-command.ts';
import { toSource } from './picture-source.ts';
import type { JobRecord, JobStore, RandomSource } from './ports.ts';
import type { ServicePolicy } from './service-policy.ts';

export interface PictureOptions {
  jobStore: JobStore;
  random: RandomSource;
  policy: ServicePolicy;
}

/** A picture of a job, and what is to be done with it. */
export interface PicturePress {
  action: Action;
  source: JobRecord;
}

const OUTPAINTS = {
  'zoom-1-5': { kind: 'zoom', factor: 1.5 },
  'zoom-2': { kind: 'zoom', factor: 2 },
  'pan-left': { kind: 'pan', direction: 'left', amount: 0.5 },
  'pan-right': { kind: 'pan', direction: 'right', amount: 0.5 },
  'pan-up': { kind: 'pan', direction: 'up', amount: 0.5 },
  'pan-down': { kind: 'pan', direction: 'down', amount: 0.5 },
} as const satisfies Partial<Record<ActionName, Outpaint>>;

export type OutpaintAction = keyof typeof OUTPAINTS;
export type VaryAction = 'vary' | 'vary-subtle' | 'vary-strong';
export type UpscaleAction = 'upscale' | 'upscale-4' | 'creative';

export function toOutpaintRequest(
  name: OutpaintAction,
  press: PicturePress,
  { random, policy }: PictureOptions,
): GenerationRequest {
  checkPicture(press);
  const { action, source } = press;
  const drawing = { ...drawingOf(press), seed: random(), count: policy.defaultCount };
  const startImage = toSource({ jobId: source.id, index: action.index });
  return toOutpainted(drawing, startImage, OUTPAINTS[name]);
}

export function toUpscaleRequest(
  name: UpscaleAction,
  press: PicturePress,
  { random }: PictureOptions,
): GenerationRequest {
  const image = checkPicture(press);
  const { action, source } = press;
  const factor = name === 'upscale-4' ? 4 : 2;
  if (Math.max(image.widthPx, image.heightPx) * factor > LIMITS.upscaleSidePxMax) {
    throw new CommandError(
      `Picture ${action.index + 1} is too large to be enlarged further: ${image.widthPx} × ${image.heightPx} times ${factor} is beyond ${LIMITS.upscaleSidePxMax} pixels.`,
    );
  }
  const picture = toSource({ jobId: source.id, index: action.index });
  if (name !== 'creative') return toUpscaled(picture, factor);
  return toUpscaled(picture, factor, { ...drawingOf(press), seed: random() });
}

/** An enlarged picture varies as the one that it was enlarged from. */
export async function toVaryRequest(
  name: VaryAction,
  press: PicturePress,
  { random, policy, jobStore }: PictureOptions,
): Promise<GenerationRequest> {
  checkPicture(press);
  const { source, action } = press;
  const { lineage } = source;
  if (source.request.kind === 'upscale') {
    const origin = lineage && (await jobStore.get(lineage.jobId));
    if (lineage === undefined || origin === undefined) {
      throw new CommandError(
        'The picture that this one was enlarged from was deleted; edit the prompt, or reroll it.',
      );
    }
    const above = { source: origin, action: { ...action, index: lineage.index } };
    return toVaryRequest(name, above, { random, policy, jobStore });
  }
  if (source.request.kind === 'animate')
    throw new CommandError('A moving picture has no variations.');
  const strength = toTurn(name, policy);
  const varied = toVariation(source.request, action.index, { seed: random(), strength });
  if (varied !== undefined)
    return name === 'vary' ? varied : { ...varied, count: policy.defaultCount };
  throw new CommandError(
    `This picture is ${LIMITS.variations.max} variations deep, which is as far as it goes; reroll it or edit its prompt.`,
  );
}

function toTurn(name: VaryAction, policy: ServicePolicy): number {
  switch (name) {
    case 'vary':
      return policy.variationStrength;
    case 'vary-subtle':
      return STRENGTHS.variation.subtle;
    case 'vary-strong':
      return STRENGTHS.variation.strong;
  }
}

/** The words and settings that the picture was drawn with; an upscale's command has those of its picture. */
export function drawingOf({ source, action }: PicturePress): GenerateRequest {
  const { request } = source;
  switch (request.kind) {
    case 'generate':
      return toPlainDrawing(toSinglePicture(request, action.index));
    case 'upscale': {
      const parsed = parseCommand(source.command, { defaultCount: 1 }).request;
      return toPlainDrawing({ ...parsed, seed: parsed.seed ?? 0 });
    }
    case 'animate':
      throw new CommandError('A moving picture cannot be gone on from; draw a still one first.');
  }
}

/** The picture's description. Throws when there is none yet, or none with this number. */
export function checkPicture({ source, action }: PicturePress): {
  widthPx: number;
  heightPx: number;
} {
  if (source.state.status !== 'succeeded') {
    const isOver = isTerminal(source.state);
    throw new CommandError(
      isOver
        ? `There is no picture ${action.index + 1}, because the job did not end well; press Retry.`
        : `Picture ${action.index + 1} is not there yet; wait until the job is done.`,
    );
  }
  const { images } = source.state.result;
  const image = images[action.index];
  if (image !== undefined) return image;
  throw new CommandError(
    `This job has ${images.length} pictures, so there is no picture ${action.index + 1}.`,
  );
}
