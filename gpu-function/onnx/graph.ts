/** One ONNX file: opened, asked for its inputs and outputs, run with float32 or whole numbers on the outside. */
import { GenerationError } from '#contract/generation-error.ts';
import { join } from 'node:path';
import type { Tensor } from '../pipeline/ports.ts';
import { fromFloat16, toFloat16 } from './float16.ts';
import { InferenceSession, RuntimeTensor } from './runtime.ts';
import { toRunError, toLoadError } from './runtime-error.ts';
import { toSessionOptions } from './session-options.ts';
import type { RuntimeOptions } from './session-options.ts';

const VALUE_TYPES = ['float32', 'float16', 'float64', 'int64', 'int32'] as const;
type GraphValueType = (typeof VALUE_TYPES)[number];

export interface GraphValue {
  name: string;
  type: GraphValueType;
  /** A number where the side is fixed, else the exporter's name for it. */
  dimensions: readonly (number | string)[];
}

/** Numbers for an input, in whatever type it wants; whole where it wants integers. */
export interface Feed {
  data: Float32Array;
  shape: readonly number[];
}

export interface Graph {
  /** Path below the package's folder, for messages. */
  readonly file: string;
  readonly inputs: ReadonlyMap<string, GraphValue>;
  readonly outputs: ReadonlyMap<string, GraphValue>;
  /** The named output as float32, in an array of its own. `feeds` are by input name. */
  run(feeds: Readonly<Record<string, Feed>>, output: string): Promise<Tensor>;
  /** Several outputs of one run, by name. */
  runForAll<Name extends string>(
    feeds: Readonly<Record<string, Feed>>,
    outputs: readonly Name[],
  ): Promise<Record<Name, Tensor>>;
  /** Milliseconds spent inside the runtime so far. */
  runtimeMs(): number;
  close(): Promise<void>;
}

/** Throws a GenerationError `model-broken` that names the file, or `not-ready` for a provider that is not there. */
export async function openGraph(
  folder: string,
  file: string,
  options: RuntimeOptions,
): Promise<Graph> {
  const session = await InferenceSession.create(
    join(folder, file),
    toSessionOptions(options),
  ).catch((cause: unknown) => {
    throw toLoadError(file, options.provider, cause);
  });
  try {
    return createGraph(session, file);
  } catch (thrown) {
    await session.release();
    throw thrown;
  }
}

function createGraph(session: InferenceSession, file: string): Graph {
  const inputs = describeValues(session.inputMetadata, file);
  const outputs = describeValues(session.outputMetadata, file);
  let runtimeMs = 0;
  const runForAll = async <Name extends string>(
    feeds: Readonly<Record<string, Feed>>,
    names: readonly Name[],
  ) => {
    const tensors = Object.fromEntries(
      Object.entries(feeds).map(([name, feed]) => [
        name,
        toRuntimeTensor(inputs.get(name)?.type ?? 'float32', feed),
      ]),
    );
    const startedMs = performance.now();
    const results = await session.run(tensors, [...names]).catch((cause: unknown) => {
      throw toRunError(file, cause);
    });
    runtimeMs += performance.now() - startedMs;
    const given = names.map((name) => [name, fromRuntimeTensor(file, results[name])]);
    return Object.fromEntries(given) as Record<Name, Tensor>;
  };
  return {
    file,
    inputs,
    outputs,
    runtimeMs: () => runtimeMs,
    close: () => session.release(),
    run: async (feeds, output) => (await runForAll(feeds, [output]))[output] as Tensor,
    runForAll,
  };
}

function describeValues(
  metadata: readonly InferenceSession.ValueMetadata[],
  file: string,
): Map<string, GraphValue> {
  return new Map(
    metadata.map((value) => {
      const type = value.isTensor ? VALUE_TYPES.find((known) => known === value.type) : undefined;
      if (!value.isTensor || type === undefined) {
        const found = value.isTensor ? value.type : 'no tensor';
        throw new GenerationError(
          'model-broken',
          `${file} has "${value.name}" of a type that is not supported (${found}); export it with float32 or float16.`,
        );
      }
      return [value.name, { name: value.name, type, dimensions: value.shape }];
    }),
  );
}

function toRuntimeTensor(type: GraphValueType, { data, shape }: Feed): RuntimeTensor {
  switch (type) {
    case 'float32':
      return new RuntimeTensor('float32', data, shape);
    case 'float16':
      return new RuntimeTensor('float16', toFloat16(data), shape);
    case 'float64':
      return new RuntimeTensor('float64', Float64Array.from(data), shape);
    case 'int32':
      return new RuntimeTensor('int32', Int32Array.from(data), shape);
    case 'int64':
      return new RuntimeTensor('int64', BigInt64Array.from(data, BigInt), shape);
  }
}

function fromRuntimeTensor(file: string, tensor: RuntimeTensor | undefined): Tensor {
  if (tensor === undefined) throw new GenerationError('model-broken', `${file} gave no output.`);
  const { data, dims } = tensor;
  if (data instanceof Float32Array) return { data, shape: dims };
  if (data instanceof Uint16Array) return { data: fromFloat16(data), shape: dims };
  throw new GenerationError(
    'model-broken',
    `${file} gave ${tensor.type} where numbers are wanted; export it with float32 or float16.`,
  );
}
