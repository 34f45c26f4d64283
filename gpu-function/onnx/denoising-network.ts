/** The U-Net's dialect: which inputs it has, of which types and ranks, and one call of it. */
import { GenerationError } from '#contract/generation-error.ts';
import type { ModelFamily } from '../../models/families.ts';
import type { NetworkCall, Tensor } from '../pipeline/ports.ts';
import { isFiniteData } from '../sampling/finite-data.ts';
import type { Feed, Graph, GraphValue } from './graph.ts';

export interface DenoisingNetwork {
  /** Latent sides where the graph takes one size only. */
  fixedLatentSize: { width: number; height: number } | undefined;
  /** Whether timesteps are integers in this graph. */
  roundsTimesteps: boolean;
  predict(call: NetworkCall): Promise<Tensor>;
}

/** Throws a GenerationError `model-broken` that names what the graph wants and is not given. */
export function createDenoisingNetwork(
  graph: Graph,
  family: ModelFamily,
  latentChannels: number,
): DenoisingNetwork {
  const sample = requireInput(graph, 'sample');
  const timestep = requireInput(graph, 'timestep');
  for (const name of family.conditioningInputs) requireInput(graph, name);
  const known = new Set(['sample', 'timestep', ...family.conditioningInputs]);
  const unknown = [...graph.inputs.keys()].filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new GenerationError(
      'model-broken',
      `${graph.file} also wants ${unknown.join(', ')}, which a ${family.name} model is not given here; choose a plain text to image package.`,
    );
  }
  checkSample(graph, sample, latentChannels);
  const output = graph.outputs.has('out_sample')
    ? 'out_sample'
    : (graph.outputs.keys().next().value ?? 'out_sample');
  const roundsTimesteps = timestep.type === 'int64' || timestep.type === 'int32';
  return {
    roundsTimesteps,
    fixedLatentSize: readFixedSize(sample),
    async predict(call) {
      const prediction = await graph.run(
        {
          sample: call.sample,
          timestep: toTimestepFeed(
            { sample, timestep },
            roundsTimesteps ? Math.round(call.timestep) : call.timestep,
            call.sample.shape[0] ?? 1,
          ),
          encoder_hidden_states: call.promptEmbedding,
        },
        output,
      );
      refuseNotFinite(prediction, graph.file);
      return prediction;
    },
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

function checkSample(graph: Graph, sample: GraphValue, latentChannels: number): void {
  const [batch, channels] = sample.dimensions;
  if (typeof batch === 'number') {
    throw new GenerationError(
      'model-broken',
      `${graph.file} takes batches of exactly ${batch}; export it with a free batch size.`,
    );
  }
  if (typeof channels === 'number' && channels !== latentChannels) {
    throw new GenerationError(
      'model-broken',
      `${graph.file} takes ${channels} channels where the VAE has ${latentChannels}; a package for inpainting cannot draw from words alone.`,
    );
  }
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
