/**
 * Makes ONNX files of two models that npm packages carry, and compares each with a plain evaluation of its layers:
 *
 *   npm pack @upscalerjs/esrgan-slim@1.0.0 && tar xzf upscalerjs-esrgan-slim-1.0.0.tgz
 *   node models/training/tfjs/main.ts esrgan-slim-4x package model.onnx
 *
 *   npm pack nsfwjs@4.3.0 && tar xzf nsfwjs-4.3.0.tgz
 *   node models/training/tfjs/main.ts nsfwjs package model.onnx
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openGraph } from '../../../gpu-function/onnx/graph.ts';
import { convertLayers, type ConversionOptions } from './convert-layers.ts';
import { evaluateLayers } from './evaluate-layers.ts';
import { parseLayersModel, type LayersModel } from './layers-model.ts';
import { writeOnnx } from './write-onnx.ts';

interface Source {
  read(packageFolder: string): Promise<LayersModel>;
  options: ConversionOptions;
  /** Sides of the picture that is compared. */
  probe: { height: number; width: number };
}

const picture = (name: string) => ({
  name,
  dimensions: ['batch', 3, 'height', 'width'],
});

function esrganSlim(factor: 2 | 4): Source {
  return {
    async read(folder) {
      const part = join(folder, 'models', `x${factor}`);
      const json: unknown = JSON.parse(await readFile(join(part, 'model.json'), 'utf8'));
      return parseLayersModel(json, await readFile(join(part, 'group1-shard1of1.bin')));
    },
    options: {
      inputScale: 255,
      input: picture('image'),
      output: {
        name: 'enlarged',
        dimensions: ['batch', 3, 'enlarged_height', 'enlarged_width'],
        isPicture: true,
      },
      // The last sum makes the bytes: in float16 it would round to an eighth of a level.
      float32Layers: new Set(['SR']),
      documentation: `ESRGAN slim x${factor} of @upscalerjs/esrgan-slim 1.0.0, (c) 2022 Kevin Scott, MIT licence`,
    },
    probe: { height: 12, width: 17 },
  };
}

const SOURCES: Readonly<Record<string, Source>> = {
  'esrgan-slim-2x': esrganSlim(2),
  'esrgan-slim-4x': esrganSlim(4),
  nsfwjs: {
    async read(folder) {
      const require = createRequire(join(resolve(folder), 'package.json'));
      const load = (file: string): unknown => require(`./dist/models/mobilenet_v2/${file}`);
      const shard = Buffer.from(String(load('group1-shard1of1.min.js')), 'base64');
      return parseLayersModel(load('model.min.js'), shard);
    },
    options: {
      inputScale: 1,
      input: { name: 'image', dimensions: ['batch', 3, 224, 224] },
      output: { name: 'probabilities', dimensions: ['batch', 5], isPicture: false },
      float32Layers: new Set(['dense_3']),
      documentation:
        'MobileNet v2 of nsfwjs 4.3.0, (c) 2019 Infinite Red, Inc., MIT licence; drawing, hentai, neutral, porn, sexy',
    },
    probe: { height: 224, width: 224 },
  },
};

const [name = '', folder = '.', target = 'model.onnx'] = process.argv.slice(2);
const source = SOURCES[name];
if (source === undefined) {
  throw new Error(`The first argument is one of ${Object.keys(SOURCES).join(', ')}`);
}
const model = await source.read(folder);
await writeFile(target, writeOnnx(convertLayers(model, source.options)));
const float32 = writeOnnx(convertLayers(model, { ...source.options, isFloat32: true }));
process.stdout.write(
  `${target} float16 ${await readFile(target).then((file) => file.length)} bytes\n`,
);
process.stdout.write(
  `${JSON.stringify(await compare(source, model, { float32, mixed: await readFile(target) }))}\n`,
);

/** Largest differences from the plain evaluation, in the output's own unit: 1 is all of the range. */
async function compare(
  { options, probe }: Source,
  model: LayersModel,
  files: Readonly<Record<string, Uint8Array>>,
): Promise<Record<string, number>> {
  const { height, width } = probe;
  const places = height * width;
  // A smooth picture with an edge in it, channels last.
  const pixels = Float32Array.from({ length: places * 3 }, (_, index) => {
    const [pixel, channel] = [Math.floor(index / 3), index % 3];
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    return (0.5 + 0.3 * Math.sin(x / 2 + channel) + (y > height / 2 ? 0.2 : -0.2)) % 1;
  });
  const data = Float64Array.from(pixels, (value) => value * options.inputScale);
  const expected = evaluateLayers(model, { height, width, channels: 3, data });
  const planar = Float32Array.from({ length: places * 3 }, (_, index) => {
    return pixels[(index % places) * 3 + Math.floor(index / places)] ?? 0;
  });
  const differences: Record<string, number> = {};
  for (const [precision, file] of Object.entries(files)) {
    const output = await run(file, { data: planar, shape: [1, 3, height, width] }, options);
    const scale = options.output.isPicture ? options.inputScale : 1;
    const plane = output.length / expected.channels;
    let largest = 0;
    for (const [index, value] of output.entries()) {
      const wanted = expected.data[(index % plane) * expected.channels + Math.floor(index / plane)];
      largest = Math.max(largest, Math.abs(value - (wanted ?? Infinity) / scale));
    }
    differences[precision] = largest;
  }
  return differences;
}

async function run(
  file: Uint8Array,
  image: { data: Float32Array; shape: number[] },
  { output }: ConversionOptions,
): Promise<Float32Array> {
  const folder = await mkdtemp(join(tmpdir(), 'layers-'));
  await writeFile(join(folder, 'model.onnx'), file);
  const graph = await openGraph(folder, 'model.onnx', { provider: 'cpu' });
  const { data } = await graph.run({ image }, output.name);
  await graph.close();
  await rm(folder, { recursive: true });
  return data;
}
