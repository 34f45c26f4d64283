/** Where a picture begins: its own noise, the same alone or among others, turned for variations. */
import { describe, expect, test } from 'vitest';
import { prepareLatents } from '../../../gpu-function/pipeline/prepare-latents.ts';
import { createTorchRandom } from '../../../gpu-function/sampling/torch-random.ts';
import { createSettings } from '../../fakes/settings.ts';

const model = { latentChannels: 4, vaeFactor: 8 };
const PICTURE = 4 * 3 * 4;
const settings = createSettings({ widthPx: 32, heightPx: 24, seed: 4_294_967_295, count: 3 });
const prepare = (changes = {}, initialNoiseScale = 1) =>
  prepareLatents({ model, settings: { ...settings, ...changes }, plan: { initialNoiseScale } });
const picture = (all: Float32Array, index: number) =>
  all.slice(index * PICTURE, (index + 1) * PICTURE);

describe('the noise', () => {
  test('of picture n is torch’s for seed + n, from 0 again after the largest seed', () => {
    const { latents, shape } = prepare();
    expect(shape).toEqual([3, 4, 3, 4]);
    for (const [index, seed] of [4_294_967_295, 0, 1].entries()) {
      expect(picture(latents, index)).toEqual(createTorchRandom(seed).normal(PICTURE));
    }
  });

  test('is scaled as the sampler starts', () => {
    expect(prepare({ count: 1 }, 14.5).latents).toEqual(
      prepare({ count: 1 }).latents.map((value) => Math.fround(value * 14.5)),
    );
  });

  test('of later steps goes on in each picture’s own stream', () => {
    const { drawNoise } = prepare();
    const [first, second] = [drawNoise(), drawNoise()];
    const alone = createTorchRandom(1);
    alone.normal(PICTURE);
    expect(picture(first, 2)).toEqual(alone.normal(PICTURE));
    expect(picture(second, 2)).toEqual(alone.normal(PICTURE));
  });

  test('can be supplied', () => {
    const { latents, drawNoise } = prepareLatents({
      model,
      settings,
      plan: { initialNoiseScale: 2 },
      createNoise: (seed) => ({ draw: (length) => new Float32Array(length).fill(seed % 9) }),
    });
    expect([latents[0], latents[PICTURE], drawNoise()[0]]).toEqual([
      2 * (4_294_967_295 % 9),
      0,
      4_294_967_295 % 9,
    ]);
  });
});

describe('a variation', () => {
  const turn = (strength: number, seed = 50) => ({ seed: 7, variations: [{ seed, strength }] });

  test('of strength 0 is the picture itself, of strength 1 the other seed’s', () => {
    expect(picture(prepare(turn(0)).latents, 2)).toEqual(createTorchRandom(7).normal(PICTURE));
    expect(picture(prepare(turn(1)).latents, 2)).toEqual(createTorchRandom(52).normal(PICTURE));
  });

  test('lies between the two and is as long as noise', () => {
    const [from, to, mixed] = [0, 1, 0.3].map((strength) =>
      picture(prepare(turn(strength)).latents, 0),
    );
    const distance = (a = from, b = to) =>
      Math.hypot(...(a ?? []).map((value, at) => value - (b?.[at] ?? 0)));
    expect(distance(mixed, from)).toBeLessThan(distance(mixed, to));
    const length = Math.hypot(...(mixed ?? []));
    expect(Math.abs(length - Math.hypot(...(from ?? [])))).toBeLessThan(1.5);
  });

  test('of a variation starts from the very noise of the picture it varies', () => {
    const varied = prepare({ seed: 7, count: 1, variations: [{ seed: 52, strength: 0.3 }] });
    const again = prepare({
      seed: 7,
      variations: [
        { seed: 52, strength: 0.3 },
        { seed: 90, strength: 0 },
      ],
    });
    expect(picture(again.latents, 1)).toEqual(varied.latents);
  });

  test('turns the noise of later steps too, so that strength 1 is the other seed’s whole picture', () => {
    const stepNoise = (seed: number) => {
      const stream = createTorchRandom(seed);
      stream.normal(PICTURE);
      return stream.normal(PICTURE);
    };
    expect(picture(prepare(turn(0)).drawNoise(), 1)).toEqual(stepNoise(7));
    expect(picture(prepare(turn(1)).drawNoise(), 1)).toEqual(stepNoise(51));
    const mixed = picture(prepare(turn(0.5)).drawNoise(), 1);
    expect(mixed).not.toEqual(stepNoise(7));
    expect(mixed).not.toEqual(stepNoise(51));
  });
});
