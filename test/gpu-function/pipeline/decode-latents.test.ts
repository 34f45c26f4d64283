/** Latents become pictures one by one, and numbers that are none become a sentence instead of a black picture. */
import { describe, expect, test } from 'vitest';
import { decodeLatents } from '../../../gpu-function/pipeline/decode-latents.ts';
import type { PixelImage } from '../../../gpu-function/pipeline/pixels.ts';
import { createArithmeticModel } from '../../fakes/arithmetic-image-model.ts';
import { createSettings } from '../../fakes/settings.ts';

const SHAPE = [2, 4, 1, 2];
const latents = (change: Partial<Record<number, number>> = {}) => ({
  data: Float32Array.from({ length: 16 }, (_, at) => change[at] ?? (at < 8 ? -0.5 : 0.5)),
  shape: SHAPE,
});
const settings = createSettings({ sampler: 'euler', guidanceScale: 29, steps: 3 });

async function decodeAll(model = createArithmeticModel(), tensor = latents()) {
  const pictures: PixelImage[] = [];
  for await (const picture of decodeLatents(model, tensor, settings)) pictures.push(picture);
  return pictures;
}

describe('decoding', () => {
  test('divides by the scaling factor and gives every picture its own', async () => {
    const [dark, light] = await decodeAll();
    expect(dark).toMatchObject({ widthPx: 8, heightPx: 4, channels: 3 });
    // ∓0.5 divided by 0.5 is the end of the range.
    expect(new Set(dark?.pixels)).toEqual(new Set([0]));
    expect(new Set(light?.pixels)).toEqual(new Set([255]));
  });

  test('leaves the latents as they are', async () => {
    const tensor = latents();
    await decodeAll(createArithmeticModel(), tensor);
    expect(tensor).toEqual(latents());
  });

  test.each([Number.NaN, Infinity])('latents with %d blame the settings', async (bad) => {
    await expect(decodeAll(createArithmeticModel(), latents({ 9: bad }))).rejects.toMatchObject({
      code: 'internal',
      message:
        'Drawing in 3 steps with the sampler euler and guidance 29 left the range of numbers; ' +
        'lower the guidance, or choose more steps or another sampler.',
    });
  });

  test('a decoder that gives NaN blames the model', async () => {
    await expect(
      decodeAll(createArithmeticModel({ decodedValue: Number.NaN })),
    ).rejects.toMatchObject({
      code: 'model-broken',
      message:
        'The decoder of the model arithmetic gave values that are not numbers; choose a package whose VAE runs in float32.',
    });
  });
});
