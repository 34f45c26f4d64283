/** What is done where the memory would not hold the whole: tiles, rows in parts. The picture must not tell. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { GenerationError } from '#contract/generation-error.ts';
import { chooseRows } from '../../../gpu-function/onnx/choose-rows.ts';
import { openGraph } from '../../../gpu-function/onnx/graph.ts';
import { loadImageModel } from '../../../gpu-function/onnx/image-model.ts';
import { predictInParts } from '../../../gpu-function/onnx/predict-in-parts.ts';
import { runInTiles } from '../../../gpu-function/onnx/run-in-tiles.ts';
import { createDecode } from '../../../gpu-function/onnx/vae.ts';
import type { NetworkCall, Tensor } from '../../../gpu-function/pipeline/ports.ts';
import { createTorchRandom } from '../../../gpu-function/sampling/torch-random.ts';
import { createArithmeticModel } from '../../fakes/arithmetic-image-model.ts';
import { encodeTexts } from '../../fakes/encode-texts.ts';
import { writeOnnxFile } from '../../fakes/onnx-file.ts';
import { writeTinyPackage } from '../../fakes/tiny-package.ts';
import { tinyModelFolder } from '../../fixture-paths.ts';

const noise = (shape: number[], seed = 5): Tensor => ({
  data: createTorchRandom(seed).normal(shape.reduce((product, side) => product * side, 1)),
  shape,
});
const largest = (one: Tensor, other: Tensor) =>
  one.data.reduce(
    (most, value, at) => Math.max(most, Math.abs(value - (other.data[at] ?? NaN))),
    0,
  );

const FREE = { availableBytes: Infinity, fixedRows: undefined };

describe('rows at once', () => {
  const GIB = 1024 ** 3;
  test.each([
    // Guidance for one picture of 512×512: both halves together where there is room, else one after the other.
    [2, 64 * 64, 16 * GIB, 2],
    [2, 64 * 64, 1 * GIB, 1],
    // In equal parts rather than 5 and 3.
    [8, 64 * 64, 7 * GIB, 4],
    [8, 8 * 8, 1 * GIB, 8],
    [8, 64 * 64, Infinity, 8],
    [8, 256 * 256, 1, 1],
  ])('%d rows of %d cells in %d bytes: %d', (rows, cells, availableBytes, expected) => {
    expect(chooseRows(rows, cells, availableBytes)).toBe(expected);
  });

  test('parts give the numbers of the whole, by plan or after memory ran out', async () => {
    const model = createArithmeticModel();
    const call: NetworkCall = {
      sample: noise([6, 4, 8, 8]),
      timestep: 400,
      conditioning: await encodeTexts(model, ['a', 'b', 'c', 'd', 'e', 'f']),
    };
    const whole = await model.predict(call);
    const sizes: (number | undefined)[] = [];
    const predict = (part: NetworkCall) => {
      sizes.push(part.sample.shape[0]);
      return model.predict(part);
    };
    expect(await predictInParts(call, { ...FREE, availableBytes: 1 }, predict)).toEqual(whole);
    expect(sizes).toEqual([1, 1, 1, 1, 1, 1]);
    let isFirst = true;
    const running = (part: NetworkCall) => {
      if (!isFirst) return model.predict(part);
      isFirst = false;
      throw new GenerationError('out-of-memory', 'There is not enough memory.');
    };
    expect(await predictInParts(call, FREE, async (part) => running(part))).toEqual(whole);
  });

  test.each([1, 2, 4, 6, 8])('a graph for batches of %d gives the same', async (fixedRows) => {
    const model = createArithmeticModel();
    const call: NetworkCall = {
      sample: noise([6, 4, 8, 8]),
      timestep: 400,
      conditioning: await encodeTexts(model, ['a', 'b', 'c', 'd', 'e', 'f']),
    };
    const sizes = new Set<number | undefined>();
    const predict = (part: NetworkCall) => {
      sizes.add(part.sample.shape[0]);
      return model.predict(part);
    };
    expect(await predictInParts(call, { ...FREE, fixedRows }, predict)).toEqual(
      await model.predict(call),
    );
    expect([...sizes]).toEqual([fixedRows]);
  });

  test('one row that does not fit is an error', async () => {
    const model = createArithmeticModel();
    const call: NetworkCall = {
      sample: noise([1, 4, 8, 8]),
      timestep: 400,
      conditioning: await encodeTexts(model, ['a']),
    };
    const predict = () => Promise.reject(new GenerationError('out-of-memory', 'No memory.'));
    await expect(predictInParts(call, FREE, predict)).rejects.toThrow('No memory.');
  });
});

describe('tiles', () => {
  /** Every pixel of a cell is the cell. */
  const enlarge = async ({ data, shape }: Tensor): Promise<Tensor> => {
    const [batch = 0, channels = 0, height = 0, width = 0] = shape;
    const sides = [height * 8, width * 8] as const;
    return {
      data: Float32Array.from({ length: data.length * 64 }, (_, at) => {
        const [x, y] = [at % sides[1], Math.floor(at / sides[1]) % sides[0]];
        const plane = Math.floor(at / (sides[0] * sides[1]));
        return data[(plane * height + Math.floor(y / 8)) * width + Math.floor(x / 8)] ?? 0;
      }),
      shape: [batch, channels, ...sides],
    };
  };

  test.each([[[1, 2, 16, 16]], [[2, 1, 17, 40]], [[1, 1, 29, 16]], [[1, 1, 8, 100]]])(
    'of what does not look beyond its cell give exactly the whole: %j',
    async (shape) => {
      const input = noise(shape);
      const tiled = await runInTiles(input, { tileSide: 16, scale: 8, run: enlarge });
      const whole = await enlarge(input);
      expect(tiled.shape).toEqual(whole.shape);
      expect(largest(tiled, whole)).toBeLessThan(1e-6);
    },
  );

  test('fade into one another: no seam is harder than the difference between the tiles', async () => {
    let tiles = 0;
    const tiled = await runInTiles(noise([1, 1, 16, 40]), {
      tileSide: 16,
      scale: 8,
      run: async (tile) => {
        const { data, shape } = await enlarge(tile);
        return { data: data.fill(tiles++), shape };
      },
    });
    expect(tiles).toBe(3);
    const row = tiled.data.subarray(0, 320);
    const steps = row.slice(1).map((value, at) => Math.abs(value - (row[at] ?? 0)));
    // A seam is a quarter of a tile: 32 pixels.
    expect(Math.max(...steps)).toBeCloseTo(1 / 32, 5);
    expect([row[0], row[319]]).toEqual([0, 2]);
  });

  test('a real VAE in tiles is the same picture to the eye', async () => {
    const model = await loadImageModel(tinyModelFolder, { provider: 'cpu' });
    const latents = noise([1, 4, 128, 64]);
    const whole = await model.decode(latents);
    const tiled = await runInTiles(latents, {
      tileSide: 64,
      scale: 8,
      run: (tile) => model.decode(tile),
    });
    const mean =
      whole.data.reduce((sum, value, at) => sum + Math.abs(value - (tiled.data[at] ?? 0)), 0) /
      whole.data.length;
    // Of a range of 2: its normalisation and its attention look at the whole picture, a tile sees less.
    expect(mean).toBeLessThan(0.04);
    await model.dispose();
  });

  test('are used by themselves for a large picture, both ways', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tiles-'));
    await writeTinyPackage(join(folder, 'tiny'));
    const model = await loadImageModel(join(folder, 'tiny'), { provider: 'cpu' });
    const latents = noise([1, 4, 136, 144]);
    const before = model.runtimeMs();
    const large = await model.decode(latents);
    expect(model.runtimeMs()).toBeGreaterThan(before);
    expect(large.shape).toEqual([1, 3, 1088, 1152]);
    // Its decoder is a 1×1 convolution: each quarter alone must be the same as within the whole.
    const corner = { data: new Float32Array(4 * 64), shape: [1, 4, 8, 8] };
    for (let at = 0; at < corner.data.length; at++) {
      const [channel, y, x] = [Math.floor(at / 64), Math.floor(at / 8) % 8, at % 8];
      corner.data[at] = latents.data[(channel * 136 + 100 + y) * 144 + 120 + x] ?? NaN;
    }
    const alone = await model.decode(corner);
    const inside = alone.data.map((_, at) => {
      const [plane, y, x] = [Math.floor(at / 4096), Math.floor(at / 64) % 64, at % 64];
      return large.data[(plane * 1088 + 800 + y) * 1152 + 960 + x] ?? NaN;
    });
    expect(largest({ data: inside, shape: alone.shape }, alone)).toBeLessThan(1e-5);
    const encoding = await model.encode(large);
    expect(encoding).toMatchObject({ kind: 'parameters', mean: { shape: [1, 4, 136, 144] } });
    await model.dispose();
    await rm(folder, { recursive: true });
  });
});

describe('a decoder whose numbers overflow', () => {
  test('is tried again in float32; what was opened for that is kept', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'overflow-'));
    await writeTinyPackage(folder);
    // The logarithm of negative latents is not a number, as an overflow of float16 ends up.
    const overflowing = writeOnnxFile({
      inputs: [{ name: 'latent_sample', type: 'float32', dimensions: ['b', 4, 'h', 'w'] }],
      outputs: [{ name: 'sample', type: 'float32', dimensions: ['b', 4, 'h', 'w'] }],
      nodes: [{ operator: 'Log', inputs: ['latent_sample'], output: 'sample' }],
    });
    await writeFile(join(folder, 'overflowing.onnx'), overflowing);
    const open = (file: string) => openGraph(folder, file, { provider: 'cpu' });
    let opened = 0;
    const [decoder, safe] = [await open('overflowing.onnx'), await open('vae_decoder/model.onnx')];
    const openSafely = async () => {
      opened += 1;
      if (opened === 1) throw new GenerationError('out-of-memory', 'There is not enough memory.');
      return safe;
    };
    const facts = { id: 'tiny', latentChannels: 4, vaeFactor: 8, trainedPx: 512 };
    const decode = createDecode(decoder, openSafely, facts);
    const latents = { data: new Float32Array(256).fill(-1), shape: [1, 4, 8, 8] };
    await expect(decode(latents)).rejects.toThrow('not enough memory');
    const picture = await decode(latents);
    expect(picture.shape).toEqual([1, 3, 64, 64]);
    expect(await decode(latents)).toEqual(picture);
    expect(opened).toBe(2);
    await Promise.all([decoder.close(), safe.close()]);
    await rm(folder, { recursive: true });
  });
});
