/** People ask for any size and get the nearest one, with a sentence when it is another. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LIMITS } from '#contract/limits.ts';
import type { RequestedSize } from '#contract/generation-request.ts';
import { resolveSize, type SizedModel } from '../../../gpu-function/pipeline/resolve-size.ts';

function createModel(
  native: [number, number],
  sizeMultiplePx: number,
  isFixed = false,
): SizedModel {
  const [widthPx, heightPx] = native;
  return {
    sizeMultiplePx,
    description: {
      id: 'sized',
      name: 'Sized',
      description: '',
      licence: '',
      sizeBytes: 1,
      isDefault: true,
      fixedSize: isFixed ? { widthPx, heightPx } : undefined,
      defaults: {
        widthPx,
        heightPx,
        steps: 20,
        guidanceScale: 7,
        guidanceRescale: 0,
        sampler: 'ddim',
        spacing: 'leading',
      },
      samplers: ['ddim'],
      styles: [],
    },
  };
}
const FREE = createModel([512, 512], 64);
const FINE = createModel([512, 512], 8);
const FIXED = createModel([128, 128], 128, true);
const aspect = (width: number, height: number): RequestedSize => ({
  kind: 'aspect',
  width,
  height,
});
const pixels = (widthPx: number, heightPx: number): RequestedSize => ({
  kind: 'pixels',
  widthPx,
  heightPx,
});

describe('a model with one size', () => {
  test.each([
    [aspect(3, 2), 'Drawn at 128×128: this model draws no other size (asked for 3:2).'],
    [pixels(512, 384), 'Drawn at 128×128: this model draws no other size (asked for 512×384).'],
    [{ kind: 'default' } as const, undefined],
    [aspect(1, 1), undefined],
    [pixels(128, 128), undefined],
  ])('%o', (asked, note) => {
    expect(resolveSize(asked, FIXED)).toEqual({ widthPx: 128, heightPx: 128, note });
  });
});

describe('an aspect ratio', () => {
  test.each([
    [aspect(1, 1), FREE, [512, 512], undefined],
    [aspect(3, 2), FREE, [576, 384], undefined],
    [aspect(2, 3), FREE, [384, 576], undefined],
    [
      aspect(16, 9),
      FREE,
      [704, 384],
      'Drawn at 704×384, the nearest to 16:9 that this model draws.',
    ],
    [aspect(16, 9), FINE, [680, 384], undefined],
    [aspect(4, 1), FREE, [1024, 256], undefined],
    [aspect(1, 1), createModel([768, 512], 64), [640, 640], undefined],
  ])('%o', (asked, model, [widthPx, heightPx], note) => {
    expect(resolveSize(asked, model)).toEqual({ widthPx, heightPx, note });
  });

  test.each([aspect(5, 1), aspect(1, 100), pixels(2048, 504)])(
    'too long is refused: %o',
    (asked) => {
      for (const model of [FREE, FIXED]) {
        expect(() => resolveSize(asked, model)).toThrow(
          expect.objectContaining({
            code: 'size-unsupported',
            message: expect.stringMatching(/The size \S+ is too long; .* 4 times the other\./),
          }),
        );
      }
    },
  );
});

describe('a size in pixels', () => {
  test.each([
    [pixels(512, 768), 512, 768, undefined],
    [
      pixels(500, 400),
      512,
      384,
      "Drawn at 512×384: this model's sides are multiples of 64 (asked for 500×400).",
    ],
    [pixels(16, 16), 64, 64, expect.stringContaining('Drawn at 64×64')],
    [
      pixels(2048, 2048),
      1024,
      1024,
      'Drawn at 1024×1024: this model draws nothing larger (asked for 2048×2048).',
    ],
  ])('%o', (asked, widthPx, heightPx, note) => {
    expect(resolveSize(asked, FREE)).toEqual({ widthPx, heightPx, note });
  });
});

const anySize: fc.Arbitrary<RequestedSize> = fc
  .oneof(
    fc
      .tuple(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 100 }))
      .map((parts) => aspect(...parts)),
    fc
      .tuple(fc.integer({ min: 2, max: 256 }), fc.integer({ min: 2, max: 256 }))
      .map(([width, height]) => pixels(width * 8, height * 8)),
  )
  .filter((asked) => {
    const ratio =
      asked.kind === 'aspect'
        ? asked.width / asked.height
        : asked.kind === 'pixels'
          ? asked.widthPx / asked.heightPx
          : 1;
    return Math.max(ratio, 1 / ratio) <= LIMITS.aspectRatioMax;
  });

test('every size is one that the model draws and that can be asked for again', () => {
  const models = [
    FREE,
    FINE,
    createModel([768, 512], 64),
    createModel([64, 64], 16),
    createModel([60, 60], 12),
    createModel([1024, 1024], 32),
  ];
  fc.assert(
    fc.property(anySize, fc.constantFrom(...models), (asked, model) => {
      const { widthPx, heightPx, note } = resolveSize(asked, model);
      const { defaults } = model.description;
      for (const side of [widthPx, heightPx]) {
        expect(side % model.sizeMultiplePx).toBe(0);
        expect(side % LIMITS.sidePx.multipleOf).toBe(0);
        expect(side).toBeGreaterThanOrEqual(LIMITS.sidePx.min);
        expect(side).toBeLessThanOrEqual(LIMITS.sidePx.max);
      }
      expect(widthPx * heightPx).toBeLessThanOrEqual(
        defaults.widthPx * defaults.heightPx * LIMITS.areaTimesNativeMax,
      );
      expect(Math.max(widthPx / heightPx, heightPx / widthPx)).toBeLessThanOrEqual(
        LIMITS.aspectRatioMax,
      );
      expect(resolveSize(pixels(widthPx, heightPx), model)).toEqual({
        widthPx,
        heightPx,
        note: undefined,
      });
      const isAsAsked =
        asked.kind !== 'pixels' || (widthPx === asked.widthPx && heightPx === asked.heightPx);
      expect(isAsAsked || note !== undefined).toBe(true);
    }),
    { numRuns: 500 },
  );
});

describe('where a GPU is prepared for few sizes', () => {
  const sizeBuckets: RequestedSize[] = [
    { kind: 'aspect', width: 1, height: 1 },
    { kind: 'aspect', width: 3, height: 2 },
    { kind: 'pixels', widthPx: 512, heightPx: 768 },
  ];
  const BUCKETS: SizedModel = { ...FREE, sizeBuckets };

  test.each([
    [{ kind: 'default' }, '512×512', /^$/],
    [{ kind: 'aspect', width: 1, height: 1 }, '512×512', /^$/],
    [{ kind: 'pixels', widthPx: 512, heightPx: 768 }, '512×768', /^$/],
    [
      { kind: 'pixels', widthPx: 704, heightPx: 512 },
      '576×384',
      /^Drawn at 576×384, the nearest to 704×512 of the sizes/,
    ],
    [
      { kind: 'aspect', width: 16, height: 9 },
      '576×384',
      /the nearest to 16:9 of the sizes that this machine is prepared for/,
    ],
    [{ kind: 'aspect', width: 1, height: 4 }, '512×768', /^Drawn at 512×768/],
  ] satisfies [RequestedSize, string, RegExp][])('%o becomes %s', (asked, drawn, note) => {
    const size = resolveSize(asked, BUCKETS);
    expect(`${size.widthPx}×${size.heightPx}`).toBe(drawn);
    expect(size.note ?? '').toMatch(note);
    // What was drawn can be asked for again.
    const { widthPx, heightPx } = size;
    expect(resolveSize({ kind: 'pixels', widthPx, heightPx }, BUCKETS)).toMatchObject({
      widthPx,
      heightPx,
    });
  });

  test('a model of one size keeps it', () => {
    expect(resolveSize({ kind: 'default' }, { ...FIXED, sizeBuckets })).toMatchObject({
      widthPx: 128,
    });
  });
});
