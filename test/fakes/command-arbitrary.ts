/** Arbitrary texts and requests for property tests of the command language. */
import * as fc from 'fast-check';
import { PROMPT_WEIGHTINGS, SAMPLER_IDS, SPACING_IDS } from '#contract/generation-request.ts';
import { LIMITS } from '#contract/limits.ts';
import type { Inpaint, Mask, Outpaint } from '#contract/picture-editing.ts';
import type { CommandRequest } from '../../bot/core/command-draft.ts';
import { toSource } from '../../bot/core/picture-source.ts';

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
const share = fc.integer({ min: 0, max: 10 }).map((tenths) => tenths / 10);
const stored = fc
  .record({ jobId: fc.stringMatching(/^[a-z0-9]{16}$/), index: fc.integer({ min: 0, max: 3 }) })
  .map(toSource);
const mask: fc.Arbitrary<Mask> = fc.oneof(
  stored.map((image) => ({ kind: 'image' as const, image })),
  fc
    .record({ left: share, top: share, right: share, bottom: share })
    .filter(({ left, top, right, bottom }) => left < right && top < bottom)
    .map((edges) => ({ kind: 'rectangle' as const, ...edges })),
  fc
    .uniqueArray(fc.integer({ min: 0, max: 15 }), { minLength: 1 })
    .map((cells) => ({ kind: 'cells' as const, columns: 4, rows: 4, cells })),
);
const borderPx = fc.integer(LIMITS.borderPx);
const outpaint: fc.Arbitrary<Outpaint> = fc.oneof(
  fc.double({ ...LIMITS.zoomFactor, noNaN: true }).map((factor) => ({
    kind: 'zoom' as const,
    factor,
  })),
  fc.record({
    kind: fc.constant('pan' as const),
    direction: fc.constantFrom('left' as const, 'right' as const, 'up' as const, 'down' as const),
    amount: fc.constantFrom(0.25, 0.5, 1),
  }),
  fc.record({
    kind: fc.constant('borders' as const),
    leftPx: borderPx,
    rightPx: borderPx,
    topPx: borderPx,
    bottomPx: borderPx,
  }),
);
const inpaint: fc.Arbitrary<Inpaint> = fc.record({
  mask,
  area: fc.constantFrom('whole' as const, 'only-masked' as const),
  featherPx: optional(fc.integer(LIMITS.featherPx)),
  paddingPx: optional(fc.integer(LIMITS.paddingPx)),
});
/** What may be done with a start image; nothing, more often than not. */
const editing = fc.oneof(
  fc.record({ tile: optional(fc.constant(true)) }),
  fc.record({ startImage: stored, strength: optional(decimal(1)) }),
  fc.record({ startImage: stored, inpaint }),
  fc.record({ startImage: stored, outpaint }),
);

/** From words alone. */
const anyDrawing: fc.Arbitrary<CommandRequest> = fc.record({
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
  eta: optional(decimal(1)),
  sChurn: optional(decimal(1)),
  sNoise: optional(decimal(1)),
  promptWeighting: optional(fc.constantFrom(...PROMPT_WEIGHTINGS)),
  clipSkip: optional(fc.integer(LIMITS.clipSkip)),
  sampler: optional(fc.constantFrom(...SAMPLER_IDS)),
  spacing: optional(fc.constantFrom(...SPACING_IDS)),
  modelId: optional(name),
  style: optional(name),
  variations: optional(
    fc.array(fc.record({ seed, strength: decimal(1) }), { minLength: 1, maxLength: 16 }),
  ),
});

/** Any request that a command can say: no control characters, no blank prompt. */
export const anyRequest: fc.Arbitrary<CommandRequest> = fc
  .tuple(anyDrawing, editing)
  .map(([drawing, edit]) => ({ ...drawing, ...edit }));
