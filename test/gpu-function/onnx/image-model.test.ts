/** Real packages in ONNX Runtime behave as the port says, in every dialect that exporters write. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadImageModel } from '../../../gpu-function/onnx/image-model.ts';
import { describeImageModel } from '../../contracts/image-model-contract.ts';
import { createArithmeticModel } from '../../fakes/arithmetic-image-model.ts';
import { encodeTexts } from '../../fakes/encode-texts.ts';
import { elementTypeOf, MICROSOFT_DOMAIN, writeOnnxFile } from '../../fakes/onnx-file.ts';
import type { ElementType, GraphPort, OnnxGraph } from '../../fakes/onnx-file.ts';
import { tinyFloat16ModelFolder, tinyModelFolder } from '../../fixture-paths.ts';
import { createTemporaryPackages } from '../../temporary-package.ts';
import type { TemporaryPackages } from '../../temporary-package.ts';

const cpu = { provider: 'cpu' } as const;
const builtInFolder = join(import.meta.dirname, '../../../models/embedded/icons-128');

describeImageModel('a float32 package', () => loadImageModel(tinyModelFolder, cpu));
describeImageModel('a float16 package', () => loadImageModel(tinyFloat16ModelFolder, cpu));
describeImageModel('the built-in package', () => loadImageModel(builtInFolder, cpu));
describeImageModel('the stand-in without weights', async () => createArithmeticModel());

test('what a package says of itself reaches the pipeline', async () => {
  const model = await loadImageModel(tinyModelFolder, cpu);
  expect(model).toMatchObject({
    latentChannels: 4,
    vaeFactor: 8,
    sizeMultiplePx: 16,
    scalingFactor: 0.18215,
    roundsTimesteps: false,
  });
  expect(model.digest).toMatch(/^[0-9a-f]{16}$/);
  expect(model.previewMap.factors).toHaveLength(4);
  await model.dispose();
});

test('a style puts its words around the prompt, special characters and all', async () => {
  const model = await loadImageModel(builtInFolder, cpu);
  expect(model.applyStyle("a $& cat {prompt} $'", 'noto')).toBe("noto a $& cat {prompt} $'");
  await model.dispose();
});

test('one thread draws what two draw, to the bit', async () => {
  const [one, two] = await Promise.all(
    [1, 2].map(async (threads) => {
      const model = await loadImageModel(tinyModelFolder, { ...cpu, threads });
      const data = Float32Array.from({ length: 4 * 64 }, (_, index) => Math.sin(index));
      const picture = await model.decode({ data, shape: [1, 4, 8, 8] });
      await model.dispose();
      return picture.data;
    }),
  );
  expect(one).toEqual(two);
});

describe('float16 on a Node with and without a global Float16Array', () => {
  const program = `
    if (process.argv[1] === 'without') delete globalThis.Float16Array;
    const before = globalThis.Float16Array;
    const { loadImageModel } = await import(process.argv[2]);
    const model = await loadImageModel(process.argv[3], { provider: 'cpu' });
    const data = Float32Array.from({ length: 256 }, (_, index) => Math.sin(index));
    const { data: pixels } = await model.decode({ data, shape: [1, 4, 8, 8] });
    console.log(JSON.stringify({ kind: typeof globalThis.Float16Array,
      isKept: before === globalThis.Float16Array, pixels: [...pixels] }));`;
  const modulePath = join(import.meta.dirname, '../../../gpu-function/onnx/image-model.ts');

  test('is the same, and the global is put back', async () => {
    const outputs = await Promise.all(
      ['with', 'without'].map(async (mode) => {
        const { stdout } = await promisify(execFile)(
          process.execPath,
          ['--input-type=module', '-e', program, mode, modulePath, tinyFloat16ModelFolder],
          { maxBuffer: 1e7 },
        );
        return JSON.parse(stdout) as { kind: string; isKept: boolean; pixels: number[] };
      }),
    );
    expect(outputs.map(({ kind }) => kind)).toEqual([
      typeof Reflect.get(globalThis, 'Float16Array'),
      'undefined',
    ]);
    expect(outputs.map(({ isKept }) => isKept)).toEqual([true, true]);
    const digests = outputs.map(({ pixels }) =>
      createHash('sha256').update(String(pixels)).digest('hex'),
    );
    expect(digests[0]).toBe(digests[1]);
  });
});

describe('dialects of the U-Net', () => {
  let packages: TemporaryPackages;
  let folder: string;
  beforeEach(async () => {
    packages = await createTemporaryPackages();
    folder = await packages.add('dialect');
  });
  afterEach(() => packages.remove());

  const sampleSides = ['batch', 4, 'height', 'width'];
  const port = (name: string, type: ElementType, dimensions: GraphPort['dimensions']) => ({
    name,
    type,
    dimensions,
  });

  /** out_sample = sample · timestep + how many timesteps there are. */
  function createUnet(
    timestep: GraphPort,
    sides = sampleSides,
    extra: GraphPort[] = [],
  ): OnnxGraph {
    const toFloat = { to: elementTypeOf('float32') };
    return {
      inputs: [
        port('sample', 'float32', sides),
        timestep,
        port('encoder_hidden_states', 'float16', ['batch', 'tokens', 32]),
        ...extra,
      ],
      outputs: [port('out_sample', 'float32', sides)],
      constants: { column: [-1, 1, 1, 1] },
      nodes: [
        { operator: 'Cast', inputs: ['timestep'], output: 'number', attributes: toFloat },
        { operator: 'Reshape', inputs: ['number', 'column'], output: 'numbers' },
        { operator: 'Size', inputs: ['timestep'], output: 'size' },
        { operator: 'Cast', inputs: ['size'], output: 'count', attributes: toFloat },
        { operator: 'Mul', inputs: ['sample', 'numbers'], output: 'product' },
        { operator: 'Add', inputs: ['product', 'count'], output: 'out_sample' },
      ],
    };
  }
  const install = (graph: OnnxGraph, part = 'unet') =>
    writeFile(join(folder, part, 'model.onnx'), writeOnnxFile(graph));

  async function predictOnes(timestep: number) {
    const model = await loadImageModel(folder, cpu);
    const conditioning = await encodeTexts(model, ['a', 'b']);
    const sample = { data: new Float32Array(2 * 4 * 64).fill(1), shape: [2, 4, 8, 8] };
    const { data } = await model.predict({ sample, timestep, conditioning });
    await model.dispose();
    return { value: data[0], model };
  }

  test.each([
    { as: 'a scalar', sides: [], type: 'float32', timestep: 7.5, count: 1 },
    { as: 'one value', sides: [1], type: 'int64', timestep: 7, count: 1 },
    { as: 'one value of its own name', sides: ['steps'], type: 'float32', timestep: 7, count: 1 },
    { as: 'one a picture', sides: ['batch'], type: 'int32', timestep: 7, count: 2 },
    { as: 'one a picture, halved', sides: ['batch'], type: 'float16', timestep: 7.5, count: 2 },
  ] as const)('timesteps as $as ($type)', async ({ sides, type, timestep, count }) => {
    await install(createUnet(port('timestep', type, sides)));
    expect((await predictOnes(timestep)).value).toBe(timestep + count);
  });

  test('whole timesteps are rounded to, and the model says so', async () => {
    await install(createUnet(port('timestep', 'int64', [1])));
    const { value, model } = await predictOnes(7.6);
    expect(value).toBe(8 + 1);
    expect(model.roundsTimesteps).toBe(true);
  });

  test('a fixed size is found in the graph and becomes the only one', async () => {
    await install(createUnet(port('timestep', 'float32', []), ['batch', 4, 6, 8]));
    const model = await loadImageModel(folder, cpu);
    const { description } = model;
    expect(description.fixedSize).toEqual({ widthPx: 64, heightPx: 48 });
    expect(description.defaults).toMatchObject({ widthPx: 64, heightPx: 48 });
    await model.dispose();
  });

  test.each([
    ['inputs of another family', ['text_embeds', 'time_ids'], sampleSides, /text_embeds, time_ids/],
    ['channels of no known kind', [], ['batch', 7, 'h', 'w'], /7 channels/],
  ] as const)('%s are refused by name', async (_, extra, sides, message) => {
    const more = extra.map((name) => port(name, 'float32', ['batch', 6]));
    await install(createUnet(port('timestep', 'float32', []), [...sides], [...more]));
    await expect(loadImageModel(folder, cpu)).rejects.toMatchObject({
      code: 'model-broken',
      message: expect.stringMatching(message) as string,
    });
  });

  test('a file that was fused for a graphics card is refused with the reason', async () => {
    const fused = createUnet(port('timestep', 'float32', []));
    await install({
      ...fused,
      nodes: [
        ...fused.nodes.slice(0, -1),
        {
          operator: 'GroupNorm',
          domain: MICROSOFT_DOMAIN,
          inputs: ['product', 'count', 'count'],
          output: 'out_sample',
          attributes: { groups: 1, activation: 0 },
        },
      ],
    });
    await expect(loadImageModel(folder, cpu)).rejects.toMatchObject({
      code: 'model-broken',
      message: expect.stringMatching(/unet\/model\.onnx.*operators.*"cpu" cannot run/) as string,
    });
  });

  test('numbers that are none are an error, not a black picture', async () => {
    const root = (input: string, output: string, channels: number): OnnxGraph => ({
      inputs: [port(input, 'float32', ['batch', 4, 'h', 'w'])],
      outputs: [port(output, 'float32', ['batch', channels, 'h', 'w'])],
      nodes: [{ operator: 'Sqrt', inputs: [input], output }],
    });
    await install(root('latent_sample', 'sample', 4), 'vae_decoder');
    const model = await loadImageModel(folder, cpu);
    const latents = { data: new Float32Array(256).fill(-1), shape: [1, 4, 8, 8] };
    await expect(model.decode(latents)).rejects.toMatchObject({
      code: 'model-broken',
      message: expect.stringContaining('vae_decoder/model.onnx') as string,
    });
    await model.dispose();
  });
});

test('a provider whose libraries are missing is named, with the remedy', async () => {
  await expect(loadImageModel(tinyModelFolder, { provider: 'cuda' })).rejects.toMatchObject({
    code: 'not-ready',
    message: expect.stringMatching(/"cuda".*"cpu"/) as string,
  });
});
