/** One text encoder: token ids to hidden states and, where the graph gives it, one vector for the whole text. */
import { GenerationError } from '#contract/generation-error.ts';
import type { TextStageLayout } from '../../models/families.ts';
import type { EncodedText, Tensor, TextStage } from '../pipeline/ports.ts';
import type { Tokenizer } from '../prompt/tokenizer.ts';
import type { Graph } from './graph.ts';
import { applyLayerNorm, fitLayerNorm } from './layer-norm.ts';
import type { LayerNorm } from './layer-norm.ts';
import { createRecentResults } from './recent-results.ts';

/** The empty prompt comes back in every job; rerolls and variations repeat the rest. */
const REMEMBERED_PROMPTS_MAX = 32;

const IDS_INPUT = 'input_ids';
/** Some exporters ask for one; the networks were trained on texts whose padding is seen, so it is all ones. */
const MASK_INPUT = 'attention_mask';
const LAYER_OUTPUT = /^hidden_states\.(\d+)$/;

/** Throws a GenerationError `model-broken` when the graph is no text encoder of a known kind. */
export function createTextStage(
  graph: Graph,
  tokenizer: Tokenizer,
  layout: TextStageLayout,
): TextStage {
  checkInputs(graph);
  const outputs = findOutputs(graph, layout);
  const remembered = createRecentResults<EncodedText>(REMEMBERED_PROMPTS_MAX);
  const readLayer = createLayerReader(graph, outputs);

  const run = async (ids: readonly number[], clipSkip: number): Promise<EncodedText> => {
    const shape = [1, ids.length];
    const feeds = {
      [IDS_INPUT]: { data: Float32Array.from(ids), shape },
      ...(graph.inputs.has(MASK_INPUT)
        ? { [MASK_INPUT]: { data: new Float32Array(ids.length).fill(1), shape } }
        : {}),
    };
    const { hiddenStates, others } = await readLayer(feeds, clipSkip);
    return {
      hiddenStates,
      pooled: outputs.pooled === undefined ? undefined : others[outputs.pooled],
    };
  };

  return {
    tokenizer,
    async encode(ids, clipSkip) {
      const key = `${clipSkip}: ${ids.join(' ')}`;
      const { hiddenStates, pooled } = await remembered.recall(key, () => run(ids, clipSkip));
      return { hiddenStates: copyOf(hiddenStates), pooled: pooled && copyOf(pooled) };
    },
  };
}

const copyOf = ({ data, shape }: Tensor): Tensor => ({ data: data.slice(), shape });

function checkInputs(graph: Graph): void {
  const extra = [...graph.inputs.keys()].filter(
    (name) => name !== IDS_INPUT && name !== MASK_INPUT,
  );
  if (graph.inputs.has(IDS_INPUT) && extra.length === 0) return;
  throw notAnEncoder(graph, `it should take ${IDS_INPUT} alone`);
}

function notAnEncoder(graph: Graph, reason: string): GenerationError {
  return new GenerationError(
    'model-broken',
    `${graph.file} is not a text encoder that is known here: ${reason}.`,
  );
}

interface TextOutputs {
  /** What the family takes. */
  main: string;
  /** Layers by their number, where the graph gives them: 0 = embeddings. */
  layers: ReadonlyMap<number, string>;
  /** Number of the layer that `main` is, or is made of. */
  mainLayer: number;
  /** `main` went through the final layer norm, which single layers have not. */
  isNormalised: boolean;
  pooled: string | undefined;
}

function findOutputs(graph: Graph, layout: TextStageLayout): TextOutputs {
  const names = [...graph.outputs.keys()];
  const layers = new Map(
    names.flatMap((name) => {
      const number = LAYER_OUTPUT.exec(name)?.[1];
      return number === undefined ? [] : [[Number(number), name] as const];
    }),
  );
  const lastLayer = Math.max(-1, ...layers.keys());
  const ranked = (rank: number) =>
    names.filter((name) => graph.outputs.get(name)?.dimensions.length === rank);
  const known = (candidates: readonly string[]) =>
    candidates.find((name) => graph.outputs.has(name));
  const pooled = known(['text_embeds', 'pooler_output']) ?? ranked(2)[0];
  if (layout.hiddenState === 'penultimate') {
    const main = layers.get(lastLayer - 1) ?? known(['hidden_states']);
    if (main === undefined) {
      throw notAnEncoder(
        graph,
        'it gives no hidden_states, of which this family takes the last but one',
      );
    }
    return { main, layers, mainLayer: lastLayer - 1, isNormalised: false, pooled };
  }
  const plain = ranked(3).filter((name) => !LAYER_OUTPUT.test(name));
  const main = known(['last_hidden_state']) ?? plain[0];
  if (main === undefined) throw notAnEncoder(graph, 'it should give last_hidden_state');
  return { main, layers, mainLayer: lastLayer, isNormalised: true, pooled };
}

type Feeds = Parameters<Graph['run']>[0];

/** Reads the family's layer, or one before it. */
function createLayerReader(graph: Graph, outputs: TextOutputs) {
  const { main, layers, mainLayer, isNormalised, pooled } = outputs;
  const others = pooled === undefined ? [] : [pooled];
  let norm: LayerNorm | undefined;
  return async (feeds: Feeds, clipSkip: number) => {
    if (clipSkip === 0) {
      const given = await graph.runForAll(feeds, [main, ...others]);
      return { hiddenStates: given[main] as Tensor, others: given };
    }
    const wanted = layers.get(mainLayer - clipSkip);
    const last = layers.get(mainLayer);
    if (wanted === undefined || last === undefined) throw cannotSkip(graph, clipSkip, layers.size);
    const given = await graph.runForAll(feeds, [main, wanted, last, ...others]);
    const layer = given[wanted] as Tensor;
    if (!isNormalised) return { hiddenStates: layer, others: given };
    // The weights of the final norm are inside the graph; what it does to the last layer gives them away.
    norm ??= fitLayerNorm(given[last] as Tensor, given[main] as Tensor);
    return { hiddenStates: applyLayerNorm(norm, layer), others: given };
  };
}

function cannotSkip(graph: Graph, clipSkip: number, layers: number): GenerationError {
  const reason =
    layers === 0
      ? 'does not give its single layers'
      : `has no layer ${clipSkip} before the one that is used`;
  return new GenerationError(
    'invalid-request',
    `Clip skip ${clipSkip} cannot be done with this model, ${graph.file} ${reason}; leave it out or choose a smaller one.`,
  );
}
