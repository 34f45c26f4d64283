/** Every default filled in, every impossible wish refused in one sentence, and resolving twice changes nothing. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GenerationError } from '#contract/generation-error.ts';
import { SPACING_IDS, type GenerateRequest } from '#contract/generation-request.ts';
import { readRecipe, toRecipeTexts, toSinglePicture } from '#contract/recipe.ts';
import { resolveSettings } from '../../../gpu-function/pipeline/resolve-settings.ts';
import { createArithmeticModel } from '../../fakes/arithmetic-image-model.ts';
import { createRequest } from '../../fakes/create-request.ts';
import { createSettings } from '../../fakes/settings.ts';

const model = createArithmeticModel();

describe('defaults', () => {
  test('are the model’s own', () => {
    expect(resolveSettings(createRequest(), model)).toEqual({
      settings: createSettings(),
      notes: [],
    });
  });

  test('zero is a choice, not a missing value', () => {
    const { settings } = resolveSettings(createRequest({ guidanceScale: 0, guidanceRescale: 0 }), {
      ...model,
      description: {
        ...model.description,
        defaults: { ...model.description.defaults, guidanceRescale: 0.7 },
      },
    });
    expect(settings).toMatchObject({ guidanceScale: 0, guidanceRescale: 0 });
  });

  test('a sampler that was asked for gets its own spacing, the model’s own sampler the model’s', () => {
    const karras = {
      ...model,
      description: {
        ...model.description,
        defaults: { ...model.description.defaults, sampler: 'dpmpp-2m', spacing: 'karras' },
      },
    } as const;
    const resolve = (changes: Partial<GenerateRequest>) => {
      const { sampler, spacing } = resolveSettings(createRequest(changes), karras).settings;
      return [sampler, spacing];
    };
    expect(resolve({})).toEqual(['dpmpp-2m', 'karras']);
    expect(resolve({ sampler: 'dpmpp-2m' })).toEqual(['dpmpp-2m', 'karras']);
    expect(resolve({ sampler: 'ddim' })).toEqual(['ddim', 'leading']);
    expect(resolve({ sampler: 'euler', spacing: 'trailing' })).toEqual(['euler', 'trailing']);
  });

  test('a package that wants a sampler that is not there says which one draws instead', () => {
    const scheduler = { ...model.scheduler, _class_name: 'SomethingNewScheduler' };
    const { notes } = resolveSettings(createRequest(), { ...model, scheduler });
    expect(notes).toEqual([expect.stringContaining('SomethingNewScheduler')]);
    expect(
      resolveSettings(createRequest({ sampler: 'ddim' }), { ...model, scheduler }).notes,
    ).toEqual([]);
  });

  test('another size than asked is told', () => {
    const { settings, notes } = resolveSettings(
      createRequest({ size: { kind: 'pixels', widthPx: 40, heightPx: 24 } }),
      model,
    );
    expect(settings).toMatchObject({ widthPx: 48, heightPx: 32 });
    expect(notes).toEqual([
      "Drawn at 48×32: this model's sides are multiples of 16 (asked for 40×24).",
    ]);
  });
});

describe('wishes that cannot be met', () => {
  test.each([
    [
      { style: 'noir' },
      'style-unknown',
      'The model arithmetic has no style "noir"; choose one of bright.',
    ],
    [
      { sampler: 'ddpm' } as const,
      'sampler-unsupported',
      'The model arithmetic cannot draw with the sampler ddpm; choose one of ddim, euler.',
    ],
    [
      { size: { kind: 'aspect', width: 9, height: 1 } } as const,
      'size-unsupported',
      'The size 9:1 is too long; neither side may be more than 4 times the other.',
    ],
  ])('%o', (changes, code, message) => {
    const few = createArithmeticModel({ description: { samplers: ['ddim', 'euler'] } });
    expect(() => resolveSettings(createRequest(changes), few)).toThrow(
      new GenerationError(code as 'style-unknown', message),
    );
    expect(() => resolveSettings(createRequest(changes), few)).toThrow(
      expect.objectContaining({ code }),
    );
  });

  test('a style of a model without styles is to be left out', () => {
    const plain = createArithmeticModel({ description: { styles: [] } });
    expect(() => resolveSettings(createRequest({ style: 'noir' }), plain)).toThrow(
      '; leave it out.',
    );
  });
});

test('the recipe of every picture resolves to the settings it was drawn with', () => {
  const asked = fc.record({
    steps: fc.option(fc.integer({ min: 1, max: 50 }), { nil: undefined }),
    guidanceScale: fc.option(fc.double({ min: 0, max: 30, noNaN: true }), { nil: undefined }),
    sampler: fc.option(fc.constantFrom(...model.description.samplers), { nil: undefined }),
    spacing: fc.option(fc.constantFrom(...SPACING_IDS), { nil: undefined }),
    style: fc.option(fc.constant('bright'), { nil: undefined }),
    size: fc.oneof(
      fc.constant({ kind: 'default' } as const),
      fc.record({
        kind: fc.constant('aspect' as const),
        width: fc.integer({ min: 2, max: 5 }),
        height: fc.integer({ min: 2, max: 5 }),
      }),
      fc.record({
        kind: fc.constant('pixels' as const),
        widthPx: fc.integer({ min: 4, max: 9 }).map((eighth) => eighth * 8),
        heightPx: fc.integer({ min: 4, max: 9 }).map((eighth) => eighth * 8),
      }),
    ),
    count: fc.constant(4),
  });
  fc.assert(
    fc.property(asked, fc.nat(3), (changes, index) => {
      const { settings } = resolveSettings(createRequest(changes), model);
      const again = readRecipe(toRecipeTexts(settings, index));
      const resolved = again && resolveSettings(again, model);
      expect(resolved?.notes).toEqual([]);
      // As text, because the order of the keys is in the file too.
      expect(JSON.stringify(resolved?.settings)).toBe(
        JSON.stringify(toSinglePicture(settings, index)),
      );
    }),
  );
});
