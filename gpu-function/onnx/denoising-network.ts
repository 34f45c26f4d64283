/** The U-Net's dialect: which inputs it has, of which types and ranks, and one call of it. */
import { GenerationError } from '#contract/generation-error.ts';
import type { ModelFamily } from '../../models/families.ts';
import type { Conditioning, NetworkCall, Tensor } from '../pipeline/ports.ts';
import { isFiniteData } from '../sampling/finite-data.ts';
import type { Feed, Graph, GraphValue } from './graph.ts';
import { predictInParts } from './predict-in-parts.ts';

export interface DenoisingNetwork {
  /** Latent sides where the graph takes one size only. */
  fixedLatentSize: { width: number; height: number } | undefined;
  /** Whether timesteps are integers in this graph. */
  roundsTimesteps: boolean;
  /** It takes mask and masked picture behind the sample's channels. */
  isInpainting: boolean;
  /** It takes texts of one length only. */
  hasFixedPromptLength: boolean;
  /** Width of the guidance embedding that it takes; none where it takes none. */
  guidanceEmbeddingWidth: number | undefined;
  predict(call: NetworkCall): Promise<Tensor>;
}

/** What the package's configuration says of the network, for graphs whose sides are free. */
export interface NetworkFacts {
  family: ModelFamily;
  latentChannels: number;
  inputChannels: number | undefined;
  guidanceEmbeddingWidth: number | undefined;
  /** Memory that is free now. */
  availableBytes(): number;
}

const GUIDANCE_INPUT = 'timestep_cond';
/** What every published Latent Consistency model has. */
const GUIDANCE_WIDTH_DEFAULT = 256;

/** Where each conditioning input's numbers come from. */
const CONDITIONING_SOURCES: Readonly<Record<string, keyof Conditioning>> = {
  encoder_hidden_states: 'promptEmbedding',
  text_embeds: 'pooledEmbedding',
  time_ids: 'timeIds',
  [GUIDANCE_INPUT]: 'guidanceEmbedding',
};

/** Throws a GenerationError `model-broken` that names what the graph wants and is not given. */
export function createDenoisingNetwork(graph: Graph, facts: NetworkFacts): DenoisingNetwork {
  const { family, latentChannels } = facts;
  const sample = requireInput(graph, 'sample');
  const timestep = requireInput(graph, 'timestep');
  const conditioningInputs = findConditioningInputs(graph, family);
  const isInpainting = readsMask(graph, sample, facts);
  const output = graph.outputs.has('out_sample')
    ? 'out_sample'
    : (graph.outputs.keys().next().value ?? 'out_sample');
  const [batch] = sample.dimensions;
  const fixedRows = typeof batch === 'number' ? batch : undefined;
  const roundsTimesteps = timestep.type === 'int64' || timestep.type === 'int32';
  const predict = async (call: NetworkCall) => {
    const feeds: Record<string, Feed> = {
      sample: isInpainting ? joinChannels(call, latentChannels) : call.sample,
      timestep: toTimestepFeed(
        { sample, timestep },
        roundsTimesteps ? Math.round(call.timestep) : call.timestep,
        call.sample.shape[0] ?? 1,
      ),
    };
    for (const [name, source] of conditioningInputs) {
      const value = call.conditioning[source];
      if (value === undefined) throw new RangeError(`the network was called without ${source}`);
      feeds[name] = value;
    }
    const prediction = await graph.run(feeds, output);
    refuseNotFinite(prediction, graph.file);
    return prediction;
  };
  const guidanceSide = graph.inputs.get(GUIDANCE_INPUT)?.dimensions.at(-1);
  return {
    roundsTimesteps,
    isInpainting,
    fixedLatentSize: readFixedSize(sample),
    hasFixedPromptLength:
      typeof graph.inputs.get('encoder_hidden_states')?.dimensions[1] === 'number',
    guidanceEmbeddingWidth:
      guidanceSide === undefined
        ? undefined
        : typeof guidanceSide === 'number'
          ? guidanceSide
          : (facts.guidanceEmbeddingWidth ?? GUIDANCE_WIDTH_DEFAULT),
    predict: (call) =>
      predictInParts(call, { fixedRows, availableBytes: facts.availableBytes() }, predict),
  };
}

/** Throws when a tensor holds NaN or infinity: the picture would be black. */
export function refuseNotFinite(tensor: Tensor, file: string): void {
  if (isFiniteData(tensor.data)) return;
  throw new GenerationError(
    'model-broken',
    `${file} gave values that are not numbers, as float16 files do that overflow; choose a float32 package or one with a corrected ${file}.`,
  );
}

function requireInput(graph: Graph, name: string): GraphValue {
  const input = graph.inputs.get(name);
  if (input !== undefined) return input;
  throw new GenerationError(
    'model-broken',
    `${graph.file} has no input "${name}" but ${[...graph.inputs.keys()].join(', ')}; it is not a U-Net that is known here.`,
  );
}

function findConditioningInputs(
  graph: Graph,
  family: ModelFamily,
): (readonly [string, keyof Conditioning])[] {
  for (const name of family.conditioningInputs) requireInput(graph, name);
  const fed = [...graph.inputs.keys()].filter((name) => name !== 'sample' && name !== 'timestep');
  const known = new Set<string>([...family.conditioningInputs, GUIDANCE_INPUT]);
  const unknown = fed.filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new GenerationError(
      'model-broken',
      `${graph.file} also wants ${unknown.join(', ')}, which a ${family.name} model is not given here; choose a plain text to image package.`,
    );
  }
  return fed.flatMap((name) => {
    const source = CONDITIONING_SOURCES[name];
    return source === undefined ? [] : [[name, source] as const];
  });
}

/** Whether the network takes a mask and a masked picture; throws for channels that are neither this nor plain. */
function readsMask(
  graph: Graph,
  sample: GraphValue,
  { latentChannels, inputChannels }: NetworkFacts,
): boolean {
  const [, side] = sample.dimensions;
  const channels = typeof side === 'number' ? side : (inputChannels ?? latentChannels);
  if (channels === latentChannels) return false;
  if (channels === 2 * latentChannels + 1) return true;
  throw new GenerationError(
    'model-broken',
    `${graph.file} takes ${channels} channels where the VAE has ${latentChannels}; a model that draws from words takes ${latentChannels}, one for inpainting ${2 * latentChannels + 1}.`,
  );
}

/** Sample, mask and masked picture of each row, one behind the other. */
function joinChannels({ sample, extraChannels }: NetworkCall, latentChannels: number): Feed {
  if (extraChannels === undefined) {
    throw new GenerationError(
      'invalid-request',
      'This model only fills in parts of a picture; give it a picture and a mask, or choose another model.',
    );
  }
  const [rows = 0, , height = 0, width = 0] = sample.shape;
  const own = sample.data.length / rows;
  const extra = extraChannels.data.length / rows;
  const data = new Float32Array(rows * (own + extra));
  for (let row = 0; row < rows; row++) {
    data.set(sample.data.subarray(row * own, (row + 1) * own), row * (own + extra));
    data.set(
      extraChannels.data.subarray(row * extra, (row + 1) * extra),
      row * (own + extra) + own,
    );
  }
  return { data, shape: [rows, 2 * latentChannels + 1, height, width] };
}

function readFixedSize(sample: GraphValue): { width: number; height: number } | undefined {
  const [, , height, width] = sample.dimensions;
  return typeof height === 'number' && typeof width === 'number' ? { width, height } : undefined;
}

/** A scalar, one value, or one a picture: the exporters disagree, and the rank and the side's name tell. */
function toTimestepFeed(
  inputs: { sample: GraphValue; timestep: GraphValue },
  timestep: number,
  batch: number,
): Feed {
  const [side] = inputs.timestep.dimensions;
  if (side === undefined) return { data: Float32Array.of(timestep), shape: [] };
  const isPerPicture = typeof side === 'string' && side === inputs.sample.dimensions[0];
  const length = isPerPicture ? batch : 1;
  return { data: new Float32Array(length).fill(timestep), shape: [length] };
}
