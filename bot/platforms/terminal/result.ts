/** The end of a command in a terminal: files, a sentence or a line of JSON, and the exit code that scripts rely on. */
import type { GenerationErrorCode } from '#contract/generation-error.ts';
import type { GenerationResult } from '#contract/generation-result.ts';
import type { FinishedJob } from './adapter.ts';

/** 0 drawn, 1 could not be drawn, 2 bad request, 130 interrupted as shells count it (128 + SIGINT). */
export const EXIT_CODES = { drawn: 0, failed: 1, refused: 2, interrupted: 130 } as const;

/** Mistakes of the person that only the engine can see. */
const BAD_REQUEST_CODES: ReadonlySet<GenerationErrorCode> = new Set([
  'invalid-request',
  'model-unknown',
  'size-unsupported',
  'sampler-unsupported',
  'style-unknown',
  'image-unreadable',
  'image-unknown',
  'mask-unusable',
  'ability-missing',
]);

export interface TerminalAnswer {
  exitCode: number;
  /** For standard output. */
  output: string;
  /** For standard error. */
  message: string;
}

function toJson(result: GenerationResult, paths: readonly string[]): string {
  const { settings, images, timings, notes } = result;
  return JSON.stringify({
    files: paths,
    seed: settings?.seed,
    model: settings?.modelId,
    settings,
    images: images.map((image, index) => ({ ...image, path: paths[index] })),
    timings,
    notes,
  });
}

/** What a person reads when it is done: each note, then each file. */
function toSentences(result: GenerationResult, paths: readonly string[]): string {
  const files = paths.map((path, index) => {
    const image = result.images[index];
    const seed = image?.seed === undefined ? '' : `, seed ${image.seed}`;
    return `${path}  (${image?.widthPx}×${image?.heightPx}${seed})`;
  });
  return [...files, ''].join('\n');
}

/** The answer to a job that ended; `paths` are the files that were written for it, in the order of its pictures. */
export function toAnswer(
  { record }: FinishedJob,
  paths: readonly string[],
  isJson: boolean,
): TerminalAnswer {
  const { state } = record;
  switch (state.status) {
    case 'succeeded': {
      const { result } = state;
      const seconds = (result.timings.totalMs / 1_000).toFixed(1);
      return {
        exitCode: EXIT_CODES.drawn,
        output: isJson ? `${toJson(result, paths)}\n` : toSentences(result, paths),
        message: isJson ? '' : [...result.notes, `Drawn in ${seconds} s.`, ''].join('\n'),
      };
    }
    case 'failed':
      return {
        exitCode: BAD_REQUEST_CODES.has(state.error.code) ? EXIT_CODES.refused : EXIT_CODES.failed,
        output: isJson ? `${JSON.stringify({ error: state.error })}\n` : '',
        message: `${state.error.message}\n`,
      };
    case 'canceled':
    case 'queued':
    case 'starting':
    case 'denoising':
    case 'decoding':
      return { exitCode: EXIT_CODES.interrupted, output: '', message: 'Canceled.\n' };
  }
}

export function toRefusal(message: string, isJson: boolean): TerminalAnswer {
  const error = { code: 'invalid-request', message, isRetryable: false };
  return {
    exitCode: EXIT_CODES.refused,
    output: isJson ? `${JSON.stringify({ error })}\n` : '',
    message: `${message}\n`,
  };
}

/** Several jobs of one command: all that they say, and the worst of their exit codes. */
export function joinAnswers(answers: readonly TerminalAnswer[]): TerminalAnswer {
  return {
    exitCode: Math.max(...answers.map(({ exitCode }) => exitCode)),
    output: answers.map(({ output }) => output).join(''),
    message: answers.map(({ message }) => message).join(''),
  };
}
