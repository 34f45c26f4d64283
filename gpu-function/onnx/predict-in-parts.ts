/** A batch through the network at once, or in parts where the memory would not hold it. The numbers are the same. */
import { GenerationError } from '#contract/generation-error.ts';
import type { Conditioning, NetworkCall, Tensor } from '../pipeline/ports.ts';
import { chooseRows } from './choose-rows.ts';

type Predict = (call: NetworkCall) => Promise<Tensor>;

export interface PartLimits {
  availableBytes: number;
  /** Of a graph that takes batches of one size only. */
  fixedRows: number | undefined;
}

export async function predictInParts(
  call: NetworkCall,
  { availableBytes, fixedRows }: PartLimits,
  predict: Predict,
): Promise<Tensor> {
  const [rows = 0, , height = 0, width = 0] = call.sample.shape;
  if (fixedRows !== undefined) return predictFixed(call, fixedRows, predict);
  const fitting = chooseRows(rows, height * width, availableBytes);
  if (fitting < rows) return predictParts(call, fitting, predict);
  try {
    return await predict(call);
  } catch (error) {
    const isTooLarge = error instanceof GenerationError && error.code === 'out-of-memory';
    if (!isTooLarge || rows === 1) throw error;
    return predictParts(call, 1, predict);
  }
}

/** `size` rows at a time, fewer the last time. */
async function predictParts(call: NetworkCall, size: number, predict: Predict): Promise<Tensor> {
  const [rows = 0] = call.sample.shape;
  const whole: Tensor = {
    data: new Float32Array(call.sample.data.length),
    shape: call.sample.shape,
  };
  for (let first = 0; first < rows; first += size) {
    const part = await predict(takeRows(call, first, Math.min(rows, first + size)));
    whole.data.set(part.data, (first * whole.data.length) / rows);
  }
  return whole;
}

/** `size` rows at a time; the last part is filled up with its last row, whose answers are thrown away. */
async function predictFixed(call: NetworkCall, size: number, predict: Predict): Promise<Tensor> {
  const [rows = 0] = call.sample.shape;
  if (rows === size) return predict(call);
  return predictParts(call, size, async (part) => {
    const [own = 0] = part.sample.shape;
    if (own === size) return predict(part);
    const { data, shape } = await predict(takeRows(part, 0, size));
    return { data: data.subarray(0, (data.length * own) / size), shape: [own, ...shape.slice(1)] };
  });
}

/** Rows from `first` to before `end`; beyond the last one it is repeated. */
function takeRows(call: NetworkCall, first: number, end: number): NetworkCall {
  const take = ({ data, shape: [rows = 1, ...rest] }: Tensor): Tensor => {
    const length = data.length / rows;
    const shape = [end - first, ...rest];
    if (end <= rows) return { data: data.subarray(first * length, end * length), shape };
    const filled = new Float32Array((end - first) * length);
    for (let row = first; row < end; row++) {
      const from = Math.min(row, rows - 1) * length;
      filled.set(data.subarray(from, from + length), (row - first) * length);
    }
    return { data: filled, shape };
  };
  const takeOptional = (tensor: Tensor | undefined) =>
    tensor === undefined ? undefined : take(tensor);
  const { promptEmbedding, pooledEmbedding, timeIds, guidanceEmbedding } = call.conditioning;
  const conditioning: Conditioning = {
    promptEmbedding: take(promptEmbedding),
    pooledEmbedding: takeOptional(pooledEmbedding),
    timeIds: takeOptional(timeIds),
    guidanceEmbedding: takeOptional(guidanceEmbedding),
  };
  return {
    sample: take(call.sample),
    timestep: call.timestep,
    conditioning,
    extraChannels: takeOptional(call.extraChannels),
  };
}
