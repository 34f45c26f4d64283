/** Reads the subset of `tokenizer.json` that a WordLevel tokenizer needs; everything else is refused by name. */
import { GenerationError } from '#contract/generation-error.ts';
import * as z from 'zod';
import type { Tokenizer } from './tokenizer.ts';
import { createWordLevelTokenizer } from './word-level-tokenizer.ts';

const templatePartSchema = z.union([
  z.strictObject({ SpecialToken: z.looseObject({ id: z.string() }) }),
  z.strictObject({ Sequence: z.looseObject({ id: z.literal('A') }) }),
]);

/** Names as in the tokenizers library's own file format. */
const tokenizerFileSchema = z.looseObject({
  normalizer: z.looseObject({ type: z.literal('Lowercase') }).nullish(),
  pre_tokenizer: z.looseObject({
    type: z.literal('Split'),
    pattern: z.strictObject({ Regex: z.string().max(200) }),
    behavior: z.literal('Removed'),
    /** The pattern is what is kept. */
    invert: z.literal(true),
  }),
  post_processor: z
    .looseObject({
      type: z.literal('TemplateProcessing'),
      single: z.array(templatePartSchema),
      special_tokens: z.record(z.string(), z.looseObject({ ids: z.array(z.int()) })),
    })
    .nullish(),
  truncation: z
    .looseObject({ max_length: z.int().min(1), direction: z.literal('Right').default('Right') })
    .nullish(),
  padding: z
    .looseObject({
      strategy: z.strictObject({ Fixed: z.int().min(1) }),
      direction: z.literal('Right').default('Right'),
      pad_id: z.int().min(0),
    })
    .nullish(),
  model: z.looseObject({
    type: z.literal('WordLevel'),
    vocab: z.record(z.string(), z.int().min(0)),
    unk_token: z.string(),
  }),
});
type TokenizerFile = z.infer<typeof tokenizerFileSchema>;

/** `positions` = ids that the text encoder has places for. Throws a GenerationError `model-broken`. */
export function createFromTokenizerFile(
  content: unknown,
  positions: number | undefined,
): Tokenizer {
  const parsed = tokenizerFileSchema.safeParse(content);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw unusable(`"${issue?.path.join('.')}": ${issue?.message}`, parsed.error);
  }
  const file = parsed.data;
  const lengths = [file.padding?.strategy.Fixed, file.truncation?.max_length, positions];
  const maxLength = Math.min(...lengths.filter((length) => length !== undefined));
  if (!Number.isFinite(maxLength)) throw unusable('it says nowhere how many tokens a prompt has');
  const template = readTemplate(file);
  if (template.before.length + template.after.length >= maxLength) {
    throw unusable('its template leaves no room for words');
  }
  const unknownId = file.model.vocab[file.model.unk_token];
  if (unknownId === undefined) throw unusable(`"${file.model.unk_token}" is not in its vocabulary`);
  return createWordLevelTokenizer({
    vocabulary: new Map(Object.entries(file.model.vocab)),
    unknownId,
    wordPattern: compilePattern(file.pre_tokenizer.pattern.Regex),
    isLowerCased: file.normalizer?.type === 'Lowercase',
    template,
    padId: file.padding?.pad_id ?? 0,
    maxLength,
  });
}

function readTemplate(file: TokenizerFile): { before: number[]; after: number[] } {
  const before: number[] = [];
  const after: number[] = [];
  let side = before;
  for (const part of file.post_processor?.single ?? []) {
    if ('Sequence' in part) {
      side = after;
      continue;
    }
    const ids = file.post_processor?.special_tokens[part.SpecialToken.id]?.ids;
    if (ids === undefined)
      throw unusable(`its template names "${part.SpecialToken.id}", which it does not define`);
    side.push(...ids);
  }
  return { before, after };
}

function compilePattern(pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'gu');
  } catch (cause) {
    throw unusable(`its pattern "${pattern}" cannot be read`, cause);
  }
}

function unusable(reason: string, cause?: unknown): GenerationError {
  return new GenerationError(
    'model-broken',
    `The model's tokenizer/tokenizer.json cannot be used (${reason}); only WordLevel tokenizers and CLIP's vocab.json with merges.txt are understood.`,
    { cause },
  );
}
