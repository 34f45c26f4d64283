/** A TensorFlow.js layers model (Keras topology and weights): what stands in model.json and its binary shards. */
import * as z from 'zod';

const configSchema = z.looseObject({ name: z.string() });
const layerSchema = z.object({
  class_name: z.string(),
  config: configSchema,
  /** Of one call of the layer: [layer, node, tensor, arguments] for each of its inputs. */
  inbound_nodes: z.array(z.array(z.tuple([z.string(), z.number(), z.number()]).rest(z.unknown()))),
});
export type Layer = z.infer<typeof layerSchema>;

const weightSchema = z.object({
  name: z.string(),
  shape: z.array(z.int()),
  dtype: z.literal('float32'),
  quantization: z
    .object({ min: z.number(), scale: z.number(), dtype: z.literal('uint8') })
    .optional(),
});
const modelSchema = z.object({
  modelTopology: z.object({
    model_config: z.object({ config: z.object({ layers: z.array(layerSchema) }) }),
  }),
  weightsManifest: z.array(z.object({ weights: z.array(weightSchema) })),
});

export interface Weight {
  shape: readonly number[];
  data: Float32Array;
}

export interface LayersModel {
  /** In an order in which each comes after its inputs. The last one is the model's output. */
  layers: readonly Layer[];
  /** `layer/kernel`, `layer/bias`, `layer/gamma` and so on. */
  weights: ReadonlyMap<string, Weight>;
}

/** @param shards the bytes of all shards, one after the other */
export function parseLayersModel(json: unknown, shards: Uint8Array): LayersModel {
  const model = modelSchema.parse(json);
  const weights = new Map<string, Weight>();
  let at = 0;
  for (const { name, shape, quantization } of model.weightsManifest.flatMap(
    (group) => group.weights,
  )) {
    const length = shape.reduce((product, side) => product * side, 1);
    // A copy of its own, since a Buffer's slice would be a view of all shards at any offset.
    const bytes = Uint8Array.from(
      shards.subarray(at, at + length * (quantization === undefined ? 4 : 1)),
    );
    at += bytes.length;
    const data =
      quantization === undefined
        ? new Float32Array(bytes.buffer)
        : Float32Array.from(bytes, (level) => level * quantization.scale + quantization.min);
    weights.set(name, { shape, data });
  }
  if (at !== shards.length) throw new Error(`${shards.length - at} bytes of weights are left over`);
  return { layers: model.modelTopology.model_config.config.layers, weights };
}

export function inputsOf(layer: Layer): string[] {
  return (layer.inbound_nodes[0] ?? []).map(([name]) => name);
}

export function weightOf(model: LayersModel, layer: Layer, part: string): Weight {
  const weight = model.weights.get(`${layer.config.name}/${part}`);
  if (weight === undefined) throw new Error(`${layer.config.name} has no ${part}`);
  return weight;
}

const pairSchema = z.tuple([z.int(), z.int()]);

/** What a convolution or a pooling says of itself. */
export function readWindow({ config }: Layer) {
  return z
    .object({
      strides: pairSchema,
      padding: z.enum(['same', 'valid']),
      kernel_size: pairSchema.optional(),
      pool_size: pairSchema.optional(),
      use_bias: z.boolean().default(false),
      dilation_rate: z.tuple([z.literal(1), z.literal(1)]).default([1, 1]),
    })
    .parse(config);
}

const activationSchema = z.enum(['linear', 'relu', 'softmax']);
export type Activation = z.infer<typeof activationSchema> | 'relu6';

export function readActivation({ class_name: className, config }: Layer): Activation {
  if (className !== 'ReLU') return activationSchema.parse(config['activation'] ?? 'linear');
  const limit = z.union([z.literal(6), z.null(), z.undefined()]).parse(config['max_value']);
  return limit === 6 ? 'relu6' : 'relu';
}

/** [[top, bottom], [left, right]] */
export function readPadding({ config }: Layer) {
  return z.tuple([pairSchema, pairSchema]).parse(config['padding']);
}

export function readUpsampling({ config }: Layer) {
  return z
    .object({ size: pairSchema, interpolation: z.literal('nearest').default('nearest') })
    .parse(config).size;
}

/** Of a batch normalisation: what its input is multiplied by, and what is added, for each channel. */
export function readNormalisation(model: LayersModel, layer: Layer) {
  const epsilon = z.number().parse(layer.config['epsilon']);
  const read = (part: string) => weightOf(model, layer, part).data;
  const [gamma, beta, mean] = [read('gamma'), read('beta'), read('moving_mean')];
  const factors = Float64Array.from(
    read('moving_variance'),
    (variance, at) => (gamma[at] ?? 0) / Math.sqrt(variance + epsilon),
  );
  const shifts = factors.map((factor, at) => (beta[at] ?? 0) - factor * (mean[at] ?? 0));
  return { factors, shifts };
}
