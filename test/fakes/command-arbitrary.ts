/** Arbitrary texts and requests for property tests of the command language. */
import * as fc from 'fast-check';
import { SAMPLER_IDS, SPACING_IDS } from '#contract/generation-request.ts';
import { LIMITS } from '#contract/limits.ts';
import type { CommandRequest } from '../../bot/core/command-draft.ts';

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const isClean = (text: string) => !/(?![\t\n\r])\p{Cc}|\p{Cs}/u.test(text);
export const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  // Built from what the language is made of, so that confusions are found.
  fc
    .array(
      fc.constantFrom(
        'a',
        'red',
        '--',
        '—',
        '--no',
        '—seed',
        '--seed=7',
        '"',
        '“',
        '”',
        '\\',
        '(',
        ' ',
        ' ',
        '\n',
        ':',
        '3:2',
        ',',
      ),
      { maxLength: 20 },
    )
    .map((parts) => parts.join('')),
);
const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/);
const seed = fc.integer(LIMITS.seed);
const decimal = (max: number) => fc.double({ min: 0, max, noNaN: true }).map((value) => value + 0);
const side = fc.integer({ min: 2, max: 256 }).map((value) => value * 8);
/** Any request that a command can say: no control characters, no blank prompt. */
export const anyRequest: fc.Arbitrary<CommandRequest> = fc.record({
  kind: fc.constant('generate' as const),
  prompt: anyText.filter((text) => text.trim() !== '' && isClean(text)),
  negativePrompt: anyText.filter((text) => isClean(text)),
  size: fc.oneof(
    fc.constant({ kind: 'default' as const }),
    fc
      .record({ width: fc.integer({ min: 1, max: 100 }), height: fc.integer({ min: 1, max: 100 }) })
      .filter(({ width, height }) => Math.max(width, height) <= 4 * Math.min(width, height))
      .map((size) => ({ kind: 'aspect' as const, ...size })),
    fc
      .record({ widthPx: side, heightPx: side })
      .filter(
        ({ widthPx, heightPx }) => Math.max(widthPx, heightPx) <= 4 * Math.min(widthPx, heightPx),
      )
      .map((size) => ({ kind: 'pixels' as const, ...size })),
  ),
  seed: optional(seed),
  count: fc.integer(LIMITS.count),
  steps: optional(fc.integer(LIMITS.steps)),
  guidanceScale: optional(decimal(30)),
  guidanceRescale: optional(decimal(1)),
  sampler: optional(fc.constantFrom(...SAMPLER_IDS)),
  spacing: optional(fc.constantFrom(...SPACING_IDS)),
  modelId: optional(name),
  style: optional(name),
  variations: optional(
    fc.array(fc.record({ seed, strength: decimal(1) }), { minLength: 1, maxLength: 16 }),
  ),
});
