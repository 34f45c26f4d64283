/** The recipe in a picture draws that picture again; recipes of other programs are read as far as they go. */
import * as fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { PROMPT_WEIGHTINGS, SAMPLER_IDS, SPACING_IDS } from '#contract/generation-request.ts';
import type { Settings } from '#contract/generation-result.ts';
import { LIMITS } from '#contract/limits.ts';
import { insertPngTexts, readPngTexts, XMP_KEYWORD, type PngTexts } from '#contract/png-text.ts';
import { TRAINED_ALGORITHMIC_MEDIA } from '#contract/provenance.ts';
import {
  pictureSeed,
  readRecipe,
  toEnlargedRecipeTexts,
  toRecipeTexts,
  toSinglePicture,
} from '#contract/recipe.ts';

const SETTINGS: Settings = {
  modelId: 'embedded',
  modelDigest: '0123456789abcdef',
  prompt: 'a red apple, on a table',
  negativePrompt: 'text: blurry',
  widthPx: 512,
  heightPx: 384,
  seed: 7,
  count: 4,
  steps: 20,
  guidanceScale: 7.5,
  guidanceRescale: 0.5,
  sampler: 'dpmpp-2m',
  spacing: 'karras',
};
const PICTURE = await sharp({ create: { width: 2, height: 2, channels: 3, background: 'red' } })
  .png()
  .toBuffer();

const anyText = fc.string({ unit: 'binary', maxLength: 60 });
const variations = fc.array(
  fc.record({
    seed: fc.nat(LIMITS.seed.max),
    strength: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  { minLength: 1, maxLength: LIMITS.variations.max },
);
const side = fc.integer({ min: 2, max: 256 }).map((eighth) => eighth * 8);
const settings: fc.Arbitrary<Settings> = fc.record(
  {
    modelId: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/),
    modelDigest: fc.stringMatching(/^[0-9a-f]{16}$/),
    prompt: fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }),
    negativePrompt: anyText,
    style: fc.stringMatching(/^[a-z]{1,9}$/),
    widthPx: side,
    heightPx: side,
    seed: fc.nat(LIMITS.seed.max),
    count: fc.integer({ min: 1, max: 4 }),
    steps: fc.integer({ min: 1, max: 1000 }),
    guidanceScale: fc.double({ min: 0, max: 30, noNaN: true }),
    guidanceRescale: fc.double({ min: 0, max: 1, noNaN: true }),
    sampler: fc.constantFrom(...SAMPLER_IDS),
    spacing: fc.constantFrom(...SPACING_IDS),
    eta: fc.double({ min: 0, max: 1, noNaN: true }),
    sChurn: fc.double({ min: 0, max: 1000, noNaN: true }),
    sNoise: fc.double({ min: 0, max: 2, noNaN: true }),
    promptWeighting: fc.constantFrom(...PROMPT_WEIGHTINGS),
    clipSkip: fc.integer({ min: 1, max: 12 }),
    variations,
  },
  {
    requiredKeys: [
      'modelId',
      'modelDigest',
      'prompt',
      'negativePrompt',
      'widthPx',
      'heightPx',
      'seed',
      'count',
      'steps',
      'guidanceScale',
      'guidanceRescale',
      'sampler',
      'spacing',
    ],
  },
);
const parameters = (text: string) => readRecipe(new Map([['parameters', text]]));

describe('a picture of ours', () => {
  test('draws again with its own seed and every setting, whatever the prompt holds', () => {
    fc.assert(
      fc.property(settings, fc.nat(3), (made, index) => {
        const file = insertPngTexts(PICTURE, toRecipeTexts(made, index));
        const single = toSinglePicture(made, index);
        const { widthPx, heightPx, modelDigest: _digest, ...rest } = single;
        expect(readRecipe(readPngTexts(file))).toEqual({
          ...rest,
          kind: 'generate',
          size: { kind: 'pixels', widthPx, heightPx },
        });
      }),
    );
  });

  test('carries the same texts whether it was drawn alone or as one of four', () => {
    const third = toRecipeTexts(SETTINGS, 2);
    const alone = toRecipeTexts({ ...SETTINGS, seed: 9, count: 1 }, 0);
    expect([...third]).toEqual([...alone]);
  });

  test('has the text that WebUI writes', () => {
    expect(toRecipeTexts(SETTINGS, 1).get('parameters')).toBe(
      [
        'a red apple, on a table',
        'Negative prompt: text: blurry',
        'Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7.5, CFG rescale: 0.5, Seed: 8, ' +
          'Size: 512x384, Model hash: 0123456789abcdef, Model: embedded, RNG: CPU, Version: imagine',
      ].join('\n'),
    );
  });

  test('draws again from the WebUI text alone', () => {
    const word = fc.stringMatching(/^[!-~¡-ÿ一-鿿]{1,8}$/u);
    const prompt = fc
      .array(word, { minLength: 1, maxLength: 12 })
      .chain((words) => fc.constantFrom(words.join(' '), words.join(', '), words.join('\n')))
      .filter((text) => !/^Negative prompt:/m.test(text));
    fc.assert(
      fc.property(settings, prompt, prompt, (made, prompt, negativePrompt) => {
        const written = { ...made, prompt, negativePrompt, count: 1 };
        const texts = new Map(toRecipeTexts(written, 0));
        const whole = readRecipe(texts);
        texts.delete('imagine');
        expect(readRecipe(texts)).toEqual(whole);
      }),
    );
  });

  test('says that a machine made it', () => {
    const xmp = toRecipeTexts(SETTINGS, 0).get(XMP_KEYWORD) ?? '';
    expect(xmp).toContain(TRAINED_ALGORITHMIC_MEDIA);
    expect(xmp).not.toContain('apple');
  });
});

describe('seeds of the pictures of a job', () => {
  test('count up and start again after the largest', () => {
    expect(
      [0, 1, 2, 3].map((index) => pictureSeed({ seed: 4_294_967_294, count: 4 }, index)),
    ).toEqual([4_294_967_294, 4_294_967_295, 0, 1]);
  });

  test('with variations the last turn counts up and the rest stays', () => {
    const job = {
      seed: 5,
      count: 4,
      variations: [
        { seed: 1, strength: 0.2 },
        { seed: 4_294_967_295, strength: 0.4 },
      ],
    };
    expect(toSinglePicture(job, 2)).toEqual({
      seed: 5,
      count: 1,
      variations: [
        { seed: 1, strength: 0.2 },
        { seed: 1, strength: 0.4 },
      ],
    });
    expect(pictureSeed(job, 1)).toBe(0);
  });
});

describe('an enlarged picture', () => {
  const enlarge = (texts: PngTexts, factor: number) =>
    toEnlargedRecipeTexts(texts, { method: 'lanczos', factor });

  test('keeps the recipe of the picture, and says how it was enlarged, all times together', () => {
    const source = toRecipeTexts(SETTINGS, 0);
    const twice = enlarge(enlarge(source, 2), 4);
    expect(readRecipe(twice)).toEqual(readRecipe(source));
    expect(twice.get('parameters')).toBe(source.get('parameters'));
    expect(twice.get('postprocessing')).toBe(
      'Postprocess upscale by: 8, Postprocess upscaler: Lanczos',
    );
    expect(JSON.parse(twice.get('imagine') ?? '').enlargement).toEqual({
      method: 'lanczos',
      factor: 8,
    });
    expect(twice.has(XMP_KEYWORD)).toBe(true);
  });

  test("a stranger's photograph is not called machine-made", () => {
    const texts = enlarge(new Map(), 2);
    expect([...texts.keys()]).toEqual(['postprocessing']);
  });

  test("another program's mark and recipe are kept", () => {
    const marked = new Map([[XMP_KEYWORD, `<x>${TRAINED_ALGORITHMIC_MEDIA}</x>`]]);
    expect(enlarge(marked, 2).has(XMP_KEYWORD)).toBe(true);
    const foreign = new Map([['parameters', 'a cat\nSteps: 9, Seed: 1, CFG scale: 2']]);
    const enlarged = enlarge(foreign, 2);
    expect(enlarged.get('parameters')).toBe(foreign.get('parameters'));
    expect(enlarged.has(XMP_KEYWORD)).toBe(true);
  });
});

describe("a recipe of WebUI's", () => {
  test('is read: prompts over several lines, sampler with its schedule, variation, size', () => {
    const request = parameters(
      'masterpiece, (red apple:1.2)\non a table\nNegative prompt: blurry,\nSteps: 3 legs\n' +
        'Steps: 30, Sampler: DPM++ 2M Karras, CFG scale: 7, Seed: 965400086, Size: 510x768, ' +
        'Model hash: 45dee52b, Model: other-model, Variation seed: 5, Variation seed strength: 0.1, ' +
        'Lora hashes: "one: 1f, two: 2e", Version: v1.9.4',
    );
    expect(request).toEqual({
      kind: 'generate',
      prompt: 'masterpiece, (red apple:1.2)\non a table',
      negativePrompt: 'blurry,\nSteps: 3 legs',
      size: { kind: 'pixels', widthPx: 512, heightPx: 768 },
      seed: 965_400_086,
      count: 1,
      steps: 30,
      guidanceScale: 7,
      sampler: 'dpmpp-2m',
      spacing: 'karras',
      variations: [{ seed: 5, strength: 0.1 }],
    });
  });

  test('gives the model its own sampler and size where ours lack the named one', () => {
    const request = parameters('a cat\nSteps: 500000, Sampler: DPM fast, Seed: 1, CFG scale: 99');
    expect(request).toMatchObject({ steps: 1000, guidanceScale: 30, size: { kind: 'default' } });
    expect(request?.sampler).toBeUndefined();
  });

  test('takes the low 32 bits of a longer seed, as torch does', () => {
    const request = parameters('a cat\nSteps: 5, Sampler: Euler, Seed: 4294967301');
    expect(request?.seed).toBe(5);
  });

  test('is found above lines that other tools put at the end', () => {
    const request = parameters(
      'a cat\r\nSteps: 5, Sampler: Euler a, Seed: 4\r\n\r\nused embeddings: one [1]',
    );
    expect(request).toMatchObject({ prompt: 'a cat', sampler: 'euler-ancestral', seed: 4 });
  });

  test('a recipe of a later version of ours is read by its WebUI text', () => {
    const texts = new Map(toRecipeTexts(SETTINGS, 0));
    texts.set('imagine', '{"contractVersion":2,"anything":true}');
    expect(readRecipe(texts)).toMatchObject({ seed: 7, prompt: SETTINGS.prompt });
  });
});

describe('hostile recipes', () => {
  const good = JSON.parse(toRecipeTexts(SETTINGS, 0).get('imagine') ?? '');
  const withSettings = (change: object) =>
    JSON.stringify({ ...good, settings: { ...good.settings, ...change } });

  test.each([
    ['no text', undefined],
    ['no JSON', '{'],
    ['another type', '[]'],
    ['a bare value', 'null'],
    ['wrong types', withSettings({ steps: '20' })],
    ['a seed out of range', withSettings({ seed: 2 ** 40 })],
    ['a prompt too long', withSettings({ prompt: 'x'.repeat(10_000) })],
    ['an empty prompt', withSettings({ prompt: '' })],
    ['a size out of range', withSettings({ widthPx: 1_000_000 })],
    ['a model name with a path', withSettings({ modelId: '../../etc' })],
    ['a key too many', withSettings({ command: 'rm' })],
    ['a prototype', '{"__proto__":{"contractVersion":1}}'],
    ['deep nesting', '['.repeat(100_000)],
  ])('%s is no recipe', (_, json) => {
    const texts = new Map(json === undefined ? [] : [['imagine', json]]);
    expect(readRecipe(texts)).toBeUndefined();
  });

  test('any text is no recipe or a valid one, and never throws', () => {
    const line = fc.stringMatching(
      /^(?:(?:Steps|Seed|Sampler|Size|Model): ?"?[ -~]{0,9}"?,? ?){0,6}$/,
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(line, anyText)), (lines) => {
        const request = parameters(lines.join('\n'));
        expect(request === undefined || request.kind === 'generate').toBe(true);
      }),
    );
  });

  test('a huge text is given up at once', () => {
    const started = performance.now();
    for (const unit of ['a', 'a ', ',', ':', '"', '\\', 'a: "', 'Steps: 1, ', '\n', '": ,']) {
      expect(parameters(unit.repeat(60_000 / unit.length))).toBeUndefined();
      expect(parameters(unit.repeat(1_000_000))).toBeUndefined();
    }
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
