/** First look at the words: the ids for the text encoder, and what the person should know about them. */
import type { Settings } from '#contract/generation-result.ts';
import type { PromptWeighting } from '#contract/generation-request.ts';
import type { PromptChunk } from '../prompt/chunk-prompt.ts';
import type { ImageModel } from './ports.ts';
import { readPrompt } from './read-prompt.ts';

/** One prompt, ready for the text encoders. */
export interface TokenizedRow {
  /** For each of the model's text stages the chunks of the prompt; all stages and rows have as many. */
  stages: (readonly PromptChunk[])[];
  /** How the chunks' weights act. */
  weighting: PromptWeighting;
  /** Layers that are left out at the encoder's end, 0 as trained. */
  clipSkip: number;
  /** The embedding is all zeros, whatever the ids: an empty negative prompt, for models that were trained so. */
  isZeroed: boolean;
}

export interface TokenizedPrompts {
  /** One for each row of the guidance batch: the negative prompt first where there is guidance. */
  rows: TokenizedRow[];
  notes: string[];
}

/** Enough of the words that were left out to find the place. */
const QUOTED_CHARACTERS_MAX = 80;

/**
 * Classifier-free guidance happens above 1 only; 1 is the prompt alone, and so is anything below (as in diffusers).
 * Models that take the guidance as an input need no second row.
 */
export function isGuided(
  model: Pick<ImageModel, 'guidanceEmbeddingWidth'>,
  settings: Pick<Settings, 'guidanceScale'>,
): boolean {
  return settings.guidanceScale > 1 && model.guidanceEmbeddingWidth === undefined;
}

/** Throws GenerationError `style-unknown`. */
export function tokenizePrompts(model: ImageModel, settings: Settings): TokenizedPrompts {
  const { prompt, negativePrompt, style } = settings;
  const styled = style === undefined ? prompt : model.applyStyle(prompt, style);
  const positive = readRow(model, styled, settings);
  const positiveNotes = noteTruncation('prompt', positive.truncatedText);
  const isNegativeEmpty = negativePrompt.trim() === '';
  if (!isGuided(model, settings)) {
    return {
      rows: padRows(model, [positive.row]),
      notes: isNegativeEmpty ? positiveNotes : [...positiveNotes, noteNoEffect(model)],
    };
  }
  const negative = readRow(model, negativePrompt, settings);
  return {
    rows: padRows(model, [
      {
        ...negative.row,
        isZeroed: isNegativeEmpty && model.zeroesEmptyNegative,
        // diffusers skips layers for the prompt alone.
        clipSkip: settings.promptWeighting === 'none' ? 0 : negative.row.clipSkip,
      },
      positive.row,
    ]),
    notes: [...positiveNotes, ...noteTruncation('negative prompt', negative.truncatedText)],
  };
}

function readRow(
  { textStages, hasFixedPromptLength: isLengthFixed = false }: ImageModel,
  text: string,
  { promptWeighting: weighting = 'webui', clipSkip = 1 }: Settings,
): { row: TokenizedRow; truncatedText: string } {
  const prompts = textStages.map(({ tokenizer }) =>
    readPrompt(tokenizer, text, { weighting, isLengthFixed }),
  );
  return {
    row: {
      stages: prompts.map(({ chunks }) => chunks),
      weighting,
      // WebUI counts from 1, the last layer.
      clipSkip: clipSkip - 1,
      isZeroed: false,
    },
    truncatedText: prompts[0]?.truncatedText ?? '',
  };
}

/** The network wants as many tokens in every row: shorter prompts are followed by empty chunks. */
function padRows({ textStages }: ImageModel, rows: readonly TokenizedRow[]): TokenizedRow[] {
  const count = Math.max(...rows.flatMap((row) => row.stages.map((chunks) => chunks.length)));
  return rows.map((row) => ({
    ...row,
    stages: row.stages.map((chunks, index) => {
      const ids = textStages[index]?.tokenizer.frame([]) ?? [];
      return [...chunks, ...Array.from({ length: count - chunks.length }, () => ({ ids }))];
    }),
  }));
}

const noteNoEffect = ({ guidanceEmbeddingWidth }: ImageModel) =>
  guidanceEmbeddingWidth === undefined
    ? NO_GUIDANCE_NOTE
    : 'The negative prompt has no effect: this model takes its guidance as a number and reads the prompt alone.';

const NO_GUIDANCE_NOTE =
  'The negative prompt has no effect without guidance; choose a guidance above 1.';

function noteTruncation(name: string, leftOut: string): string[] {
  const words = leftOut.trim();
  if (words === '') return [];
  // Counted as people count characters, so that none is cut in half.
  const characters = [...new Intl.Segmenter().segment(words)].map(({ segment }) => segment);
  const isLong = characters.length > QUOTED_CHARACTERS_MAX;
  const quoted = isLong ? `${characters.slice(0, QUOTED_CHARACTERS_MAX).join('')}…` : words;
  return [`The ${name} is longer than the model reads; it did not see "${quoted}".`];
}
