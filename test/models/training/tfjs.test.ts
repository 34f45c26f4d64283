/** A layers model of every known layer, converted to ONNX, gives what a plain evaluation of its layers gives. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openGraph } from '../../../gpu-function/onnx/graph.ts';
import { convertLayers } from '../../../models/training/tfjs/convert-layers.ts';
import { evaluateLayers } from '../../../models/training/tfjs/evaluate-layers.ts';
import { parseLayersModel } from '../../../models/training/tfjs/layers-model.ts';
import { writeOnnx } from '../../../models/training/tfjs/write-onnx.ts';
import { makeTemporaryFolder } from '../../fakes/temporary-folder.ts';

const folder = makeTemporaryFolder();

const convolution = { strides: [1, 1], padding: 'same', activation: 'linear', use_bias: true };
const layer = (className: string, name: string, inputs: string[], config: object = {}) => ({
  class_name: className,
  config: { name, ...config },
  inbound_nodes: inputs.length === 0 ? [] : [inputs.map((input) => [input, 0, 0, {}])],
});
const LAYERS = [
  layer('InputLayer', 'in', []),
  layer('ZeroPadding2D', 'pad', ['in'], {
    padding: [
      [0, 1],
      [0, 1],
    ],
  }),
  layer('Conv2D', 'first', ['pad'], {
    ...convolution,
    strides: [2, 2],
    padding: 'valid',
    use_bias: false,
  }),
  layer('BatchNormalization', 'norm', ['first'], { epsilon: 0.001 }),
  layer('ReLU', 'relu6', ['norm'], { max_value: 6 }),
  layer('DepthwiseConv2D', 'depth', ['relu6'], { ...convolution, use_bias: false }),
  layer('Activation', 'relu', ['depth'], { activation: 'relu' }),
  layer('Concatenate', 'both', ['relu6', 'relu'], { axis: 3 }),
  layer('Conv2D', 'mix', ['both'], convolution),
  layer('Add', 'sum', ['mix', 'relu']),
  layer('UpSampling2D', 'up', ['sum'], { size: [2, 2], interpolation: 'nearest' }),
  layer('AveragePooling2D', 'pool', ['up'], {
    pool_size: [8, 8],
    strides: [8, 8],
    padding: 'valid',
  }),
  layer('Flatten', 'flat', ['pool']),
  layer('Dropout', 'drop', ['flat']),
  layer('Dense', 'dense', ['drop'], { activation: 'softmax', use_bias: true }),
];
const WEIGHTS: [name: string, shape: number[]][] = [
  ['first/kernel', [3, 3, 3, 4]],
  ...['gamma', 'beta', 'moving_mean', 'moving_variance'].map((part): [string, number[]] => [
    `norm/${part}`,
    [4],
  ]),
  ['depth/depthwise_kernel', [3, 3, 4, 1]],
  ['mix/kernel', [1, 1, 8, 4]],
  ['mix/bias', [4]],
  ['dense/kernel', [4, 5]],
  ['dense/bias', [5]],
];

test('every layer, with quantised weights, a folded norm and padding before a stride', async () => {
  const quantization = { min: 0.1, scale: 0.003, dtype: 'uint8' };
  const weights = WEIGHTS.map(([name, shape]) => ({ name, shape, dtype: 'float32', quantization }));
  const count = WEIGHTS.reduce((sum, [, shape]) => sum + shape.reduce((a, b) => a * b, 1), 0);
  const model = parseLayersModel(
    {
      modelTopology: { model_config: { config: { layers: LAYERS } } },
      weightsManifest: [{ weights }],
    },
    Uint8Array.from({ length: count }, (_, at) => (at * 73) % 256),
  );
  const side = 8;
  const pixels = Float64Array.from({ length: side * side * 3 }, (_, at) => Math.sin(at) / 2 + 0.5);
  const expected = evaluateLayers(model, { height: side, width: side, channels: 3, data: pixels });
  const planar = Float32Array.from(pixels, (_, at) => {
    return pixels[(at % (side * side)) * 3 + Math.floor(at / (side * side))] ?? 0;
  });
  for (const [isFloat32, tolerance] of [
    [true, 1e-6],
    [false, 2e-3],
  ] as const) {
    const file = writeOnnx(
      convertLayers(model, {
        inputScale: 1,
        input: { name: 'image', dimensions: ['batch', 3, side, side] },
        output: { name: 'probabilities', dimensions: ['batch', 5], isPicture: false },
        float32Layers: new Set(['dense']),
        isFloat32,
        documentation: 'a test',
      }),
    );
    const name = `${isFloat32}.onnx`;
    await writeFile(join(folder, name), file);
    const graph = await openGraph(folder, name, { provider: 'cpu' });
    const { data } = await graph.run(
      { image: { data: planar, shape: [1, 3, side, side] } },
      'probabilities',
    );
    await graph.close();
    expect(data).toHaveLength(5);
    for (const [at, value] of data.entries()) {
      expect(Math.abs(value - (expected.data[at] ?? 0))).toBeLessThan(tolerance);
    }
  }
});
