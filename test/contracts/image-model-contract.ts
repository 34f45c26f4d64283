/** What the pipeline relies on in every ImageModel, real or not. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeTexts } from '../fakes/encode-texts.ts';
import type { ImageModel, Tensor } from '../../gpu-function/pipeline/ports.ts';

/** Latents that differ from picture to picture. */
function createLatents(model: ImageModel, pictures: readonly number[]): Tensor {
  const { widthPx, heightPx } = model.description.defaults;
  const shape = [model.latentChannels, heightPx / model.vaeFactor, widthPx / model.vaeFactor];
  const length = shape.reduce((product, side) => product * side, 1);
  const data = Float32Array.from({ length: pictures.length * length }, (_, index) => {
    const picture = pictures[Math.floor(index / length)] ?? 0;
    return Math.sin((index % length) * (1.3 + picture) + picture);
  });
  return { data, shape: [pictures.length, ...shape] };
}

export function describeImageModel(name: string, open: () => Promise<ImageModel>): void {
  describe(`image model: ${name}`, () => {
    let model: ImageModel;
    beforeAll(async () => {
      model = await open();
    });
    afterAll(() => model.dispose());

    const encode = async (prompts: readonly string[]) =>
      (await encodeTexts(model, prompts)).promptEmbedding;
    const callFor = async (pictures: readonly number[]) => ({
      sample: createLatents(model, pictures),
      timestep: 400,
      conditioning: await encodeTexts(
        model,
        pictures.map((picture) => `picture ${picture}`),
      ),
    });
    const predict = async (pictures: readonly number[]) => model.predict(await callFor(pictures));
    const row = ({ data, shape }: Tensor, index: number) => {
      const length = data.length / (shape[0] ?? 1);
      return data.slice(index * length, (index + 1) * length);
    };

    test('every prompt has as many ids as the next', () => {
      const lengths = ['', 'a red apple', 'word '.repeat(500)].map(
        (prompt) => model.textStages[0]?.tokenizer.tokenize(prompt).ids.length,
      );
      expect(new Set(lengths).size).toBe(1);
    });

    test('a prompt has one embedding, whatever is encoded with it', async () => {
      const both = await encode(['', 'a red apple']);
      const alone = await encode(['a red apple']);
      expect(both.shape).toEqual([2, ...alone.shape.slice(1)]);
      expect(row(both, 1)).toEqual(alone.data);
      expect(row(both, 0)).not.toEqual(alone.data);
    });

    test('an embedding is the caller’s own: writing into it changes no later one', async () => {
      const first = await encode(['a red apple']);
      const kept = first.data.slice();
      first.data.fill(9);
      expect((await encode(['a red apple'])).data).toEqual(kept);
    });

    test('a prediction has the shape of its sample, and leaves the sample as it was', async () => {
      const call = await callFor([0, 1]);
      const before = call.sample.data.slice();
      const prediction = await model.predict(call);
      expect(prediction.shape).toEqual(call.sample.shape);
      expect(call.sample.data).toEqual(before);
    });

    test('a picture is the same to the bit alone and in any batch', async () => {
      const alone = await predict([2]);
      const four = await predict([0, 1, 2, 3]);
      const turned = await predict([2, 3, 1, 0, 2]);
      expect(row(four, 2)).toEqual(alone.data);
      expect(row(turned, 0)).toEqual(alone.data);
      expect(row(turned, 4)).toEqual(alone.data);
      const decodedFour = await model.decode(createLatents(model, [0, 1, 2, 3]));
      const decodedAlone = await model.decode(createLatents(model, [2]));
      expect(row(decodedFour, 2)).toEqual(decodedAlone.data);
    });

    test('pictures are decoded at full size, into an array of their own each time', async () => {
      const latents = createLatents(model, [0, 1]);
      const { widthPx, heightPx } = model.description.defaults;
      const first = await model.decode(latents);
      expect(first.shape).toEqual([2, 3, heightPx, widthPx]);
      const kept = first.data.slice();
      await model.decode(createLatents(model, [3, 2]));
      expect(first.data).toEqual(kept);
    });

    test('pictures are encoded to latents of the decoder’s shape, each for itself', async () => {
      const { widthPx, heightPx } = model.description.defaults;
      const plane = 3 * widthPx * heightPx;
      const data = Float32Array.from({ length: 2 * plane }, (_, at) => Math.sin(at / 50));
      const encoding = await model.encode({ data, shape: [2, 3, heightPx, widthPx] });
      const latents = encoding.kind === 'sampled' ? encoding.latents : encoding.mean;
      expect(latents.shape).toEqual(createLatents(model, [0, 1]).shape);
      if (encoding.kind === 'sampled') return;
      expect(encoding.logVariance.shape).toEqual(latents.shape);
      const alone = await model.encode({
        data: data.slice(plane),
        shape: [1, 3, heightPx, widthPx],
      });
      if (alone.kind === 'sampled') throw new Error('the second time it is of another kind');
      expect(alone.mean.data).toEqual(row(latents, 1));
    });

    test('time inside the runtime only grows', async () => {
      const beforeMs = model.runtimeMs();
      await predict([0]);
      expect(model.runtimeMs()).toBeGreaterThanOrEqual(beforeMs);
    });

    test('an unknown style is refused by name', () => {
      expect(() => model.applyStyle('a cat', 'no-such-style')).toThrow(
        expect.objectContaining({
          code: 'style-unknown',
          message: expect.stringContaining('no-such-style') as string,
        }) as Error,
      );
    });
  });
}
