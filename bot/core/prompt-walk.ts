/** Walks between two prompts: from what was typed to a request and back, and `"a cat" to "a dog"` into flags. */
import type { AnimateRequest, ClipFormat } from '#contract/generation-request.ts';
import type { CommandRequest, PromptWalk } from './command-draft.ts';
import { CommandError } from './command-error.ts';
import { quoteText } from './command-tokens.ts';
import { formatCommand } from './format-command.ts';

const FRAMES_DEFAULT = 16;
const FRAMES_PER_SECOND_DEFAULT = 8;

export function toAnimateRequest(
  request: CommandRequest & { seed: number },
  walk: PromptWalk,
  format: ClipFormat,
): AnimateRequest {
  return {
    kind: 'animate',
    prompt: request.prompt,
    negativePrompt: request.negativePrompt,
    size: request.size,
    seed: request.seed,
    steps: request.steps,
    guidanceScale: request.guidanceScale,
    guidanceRescale: request.guidanceRescale,
    eta: request.eta,
    sChurn: request.sChurn,
    sNoise: request.sNoise,
    promptWeighting: request.promptWeighting,
    clipSkip: request.clipSkip,
    sampler: request.sampler,
    spacing: request.spacing,
    modelId: request.modelId,
    style: request.style,
    toPrompt: walk.toPrompt,
    frames: walk.frames ?? FRAMES_DEFAULT,
    framesPerSecond: walk.framesPerSecond ?? FRAMES_PER_SECOND_DEFAULT,
    loop: true,
    format,
  };
}

export function toWalkCommand(request: AnimateRequest): string {
  const { toPrompt, frames, framesPerSecond, kind: _kind, ...drawing } = request;
  const { toSeed: _toSeed, loop: _loop, format: _format, ...still } = drawing;
  const walk = { toPrompt, frames, framesPerSecond };
  return formatCommand({ kind: 'generate', count: 1, ...still }, { walk });
}

/** `"a cat" to "a dog" --seed 7` as `"a cat" --to "a dog" --seed 7`. Throws CommandError when there is no way to go. */
export function readAnimateText(text: string): string {
  if (/(?:^|\s)[-–—―‒−]+to\b/i.test(text)) return text;
  const quoted = /^\s*["“](.+?)["”]\s+to\s+["“](.+?)["”](.*)$/is.exec(text);
  const plain = quoted ?? /^\s*(.+?)\s+to\s+(.+?)((?:\s+[-–—―‒−]{2}[a-z].*)?)$/is.exec(text);
  const [, from, to, rest] = plain ?? [];
  if (from !== undefined && to !== undefined) {
    return `${quoteText(from.trim())} --to ${quoteText(to.trim())}${rest ?? ''}`;
  }
  throw new CommandError('Say from what to what, such as /animate "a cat" to "a dog".');
}
