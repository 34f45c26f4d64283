/** First look at the words: the ids for the text encoder, and what the person should know about them. */
import type { Settings } from '#contract/generation-result.ts';
import type { ImageModel } from './ports.ts';

/** One prompt, ready for the text encoders. */
export interface TokenizedRow {
  /** One list for each of the model's text stages. */
  stageIds: (readonly number[])[];
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
  const positive = tokenizeRow(model, styled);
  const positiveNotes = noteTruncation('prompt', positive.truncatedText);
  const isNegativeEmpty = negativePrompt.trim() === '';
  if (!isGuided(model, settings)) {
    return {
      rows: [{ stageIds: positive.stageIds, isZeroed: false }],
      notes: isNegativeEmpty ? positiveNotes : [...positiveNotes, noteNoEffect(model)],
    };
  }
  const negative = tokenizeRow(model, negativePrompt);
  const isZeroed = isNegativeEmpty && model.zeroesEmptyNegative;
  return {
    rows: [
      { stageIds: negative.stageIds, isZeroed },
      { stageIds: positive.stageIds, isZeroed: false },
    ],
    notes: [...positiveNotes, ...noteTruncation('negative prompt', negative.truncatedText)],
  };
}

function tokenizeRow({ textStages }: ImageModel, text: string) {
  const tokenized = textStages.map(({ tokenizer }) => tokenizer.tokenize(text));
  return {
    stageIds: tokenized.map(({ ids }) => ids),
    truncatedText: tokenized[0]?.truncatedText ?? '',
  };
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
