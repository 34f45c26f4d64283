/** First look at the words: the ids for the text encoder, and what the person should know about them. */
import type { Settings } from '#contract/generation-result.ts';
import type { ImageModel } from './ports.ts';

export interface TokenizedPrompts {
  /** One list for each row of the guidance batch: the negative prompt first where there is guidance. */
  ids: (readonly number[])[];
  notes: string[];
}

/** Enough of the words that were left out to find the place. */
const QUOTED_CHARACTERS_MAX = 80;

/** Classifier-free guidance happens above 1 only; 1 is the prompt alone, and so is anything below (as in diffusers). */
export function isGuided(settings: Pick<Settings, 'guidanceScale'>): boolean {
  return settings.guidanceScale > 1;
}

/** Throws GenerationError `style-unknown`. */
export function tokenizePrompts(model: ImageModel, settings: Settings): TokenizedPrompts {
  const { prompt, negativePrompt, style } = settings;
  const styled = style === undefined ? prompt : model.applyStyle(prompt, style);
  const positive = model.tokenize(styled);
  const positiveNotes = noteTruncation('prompt', positive.truncatedText);
  if (!isGuided(settings)) {
    const hasNoEffect = negativePrompt.trim() !== '';
    return {
      ids: [positive.ids],
      notes: hasNoEffect ? [...positiveNotes, NO_GUIDANCE_NOTE] : positiveNotes,
    };
  }
  const negative = model.tokenize(negativePrompt);
  return {
    ids: [negative.ids, positive.ids],
    notes: [...positiveNotes, ...noteTruncation('negative prompt', negative.truncatedText)],
  };
}

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
