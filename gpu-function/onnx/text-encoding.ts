/** The text stage: token ids to embeddings, remembering the last few prompts. */
import { GenerationError } from '#contract/generation-error.ts';
import type { Tensor } from '../pipeline/ports.ts';
import type { Graph } from './graph.ts';

/** The empty prompt comes back in every job; rerolls and variations repeat the rest. */
const REMEMBERED_PROMPTS_MAX = 32;

const IDS_INPUT = 'input_ids';
const EMBEDDING_OUTPUT = 'last_hidden_state';

/** [batch, tokens, width] for a batch of id lists of one length. */
export type TextEncoding = (ids: readonly (readonly number[])[]) => Promise<Tensor>;

/** Throws a GenerationError `model-broken` when the graph is no text encoder of a known kind. */
export function createTextEncoding(graph: Graph): TextEncoding {
  const extra = [...graph.inputs.keys()].filter((name) => name !== IDS_INPUT);
  if (!graph.inputs.has(IDS_INPUT) || extra.length > 0 || !graph.outputs.has(EMBEDDING_OUTPUT)) {
    throw new GenerationError(
      'model-broken',
      `${graph.file} is not a text encoder that is known here: it should take ${IDS_INPUT} alone and give ${EMBEDDING_OUTPUT}.`,
    );
  }
  const remembered = new Map<string, Tensor>();

  // One list at a time: a prompt's numbers then cannot depend on what else is in the batch.
  const encode = async (ids: readonly number[]): Promise<Tensor> => {
    const key = ids.join(' ');
    const embedding =
      remembered.get(key) ??
      (await graph.run(
        { [IDS_INPUT]: { data: Float32Array.from(ids), shape: [1, ids.length] } },
        EMBEDDING_OUTPUT,
      ));
    remembered.delete(key);
    remembered.set(key, embedding);
    const oldest = remembered.keys().next();
    if (remembered.size > REMEMBERED_PROMPTS_MAX && !oldest.done) remembered.delete(oldest.value);
    return embedding;
  };

  return async (idLists) => {
    const embeddings: Tensor[] = [];
    for (const ids of idLists) embeddings.push(await encode(ids));
    return joinBatch(embeddings);
  };
}

/** Tensors [1, ...] of one shape as one [batch, ...]; the array is always a new one. */
function joinBatch(tensors: readonly Tensor[]): Tensor {
  const [first] = tensors;
  if (first === undefined) throw new RangeError('an empty batch cannot be encoded');
  const data = new Float32Array(first.data.length * tensors.length);
  for (const [index, tensor] of tensors.entries()) {
    data.set(tensor.data, index * first.data.length);
  }
  return { data, shape: [tensors.length, ...first.shape.slice(1)] };
}
