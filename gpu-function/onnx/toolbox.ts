/** Upscalers and picture raters on disk, opened in ONNX Runtime when they are first wanted. */
import { GenerationError } from '#contract/generation-error.ts';
import type { UpscalerDescription } from '#contract/health.ts';
import { nearestName } from '#contract/nearest-name.ts';
import {
  findRaters,
  findUpscalers,
  HELPER_GRAPH,
  type RaterPackage,
  type UpscalerPackage,
} from '../../models/helpers.ts';
import type { PictureRater, Toolbox, Upscaler } from '../pipeline/ports.ts';
import { refuseNotFinite } from './denoising-network.ts';
import { openGraph, type Graph } from './graph.ts';
import type { RuntimeOptions } from './session-options.ts';

export interface ToolboxOptions extends RuntimeOptions {
  /** Searched in this order: a person's own packages come before the built-in ones. */
  folders: readonly string[];
}

export function createToolbox(options: ToolboxOptions): Toolbox {
  const graphs = new Map<string, Promise<Graph>>();
  const open = (folder: string): Promise<Graph> => {
    const opened =
      graphs.get(folder) ??
      openGraph(folder, HELPER_GRAPH, options).catch((error: unknown) => {
        // Not remembered: the next try may find the memory that this one lacked.
        graphs.delete(folder);
        throw error;
      });
    graphs.set(folder, opened);
    return opened;
  };
  const findRater = async () => (await findRaters(options.folders))[0];
  return {
    listUpscalers: async () => (await findUpscalers(options.folders)).map(describeUpscaler),
    async openUpscaler(id) {
      const found = await findUpscalers(options.folders);
      const chosen = id === undefined ? found[0] : found.find((upscaler) => upscaler.id === id);
      if (chosen !== undefined) return createUpscaler(chosen, await open(chosen.folder));
      if (id === undefined) return undefined;
      throw unknownUpscaler(id, ['lanczos', ...found.map((upscaler) => upscaler.id)]);
    },
    hasRater: async () => (await findRater()) !== undefined,
    async openRater() {
      const found = await findRater();
      return found && createRater(found, await open(found.folder));
    },
    async close() {
      const opened = await Promise.allSettled(graphs.values());
      graphs.clear();
      const open = opened.flatMap((graph) => (graph.status === 'fulfilled' ? [graph.value] : []));
      await Promise.all(open.map((graph) => graph.close()));
    },
  };
}

function describeUpscaler({ id, manifest }: UpscalerPackage): UpscalerDescription {
  return {
    id,
    name: manifest.name ?? id,
    licence: manifest.licence ?? 'not stated: see where the package comes from',
    nativeFactor: manifest.nativeFactor,
  };
}

function createUpscaler(found: UpscalerPackage, graph: Graph): Upscaler {
  const [input, output] = portsOf(graph);
  const [, channels, height, width] = graph.inputs.get(input)?.dimensions ?? [];
  if (typeof channels === 'number' && channels !== 3) {
    throw new GenerationError(
      'model-broken',
      `The upscaler ${found.id} takes pictures of ${channels} channels; choose one for RGB.`,
    );
  }
  return {
    description: describeUpscaler(found),
    fixedInput:
      typeof height === 'number' && typeof width === 'number'
        ? { widthPx: width, heightPx: height }
        : undefined,
    async enlarge(picture) {
      const enlarged = await graph.run({ [input]: picture }, output);
      refuseNotFinite(enlarged, `${found.id}/${graph.file}`);
      return enlarged;
    },
    runtimeMs: () => graph.runtimeMs(),
  };
}

function createRater({ manifest, id }: RaterPackage, graph: Graph): PictureRater {
  const [input, output] = portsOf(graph);
  return {
    sidePx: manifest.sidePx,
    async rate(picture) {
      const probabilities = await graph.run({ [input]: picture }, output);
      refuseNotFinite(probabilities, `${id}/${graph.file}`);
      const sum = manifest.unsafeOutputs.reduce(
        (total, index) => total + (probabilities.data[index] ?? 0),
        0,
      );
      return Math.min(1, Math.max(0, sum));
    },
  };
}

function portsOf(graph: Graph): [input: string, output: string] {
  const [input = 'image'] = graph.inputs.keys();
  const [output = 'output'] = graph.outputs.keys();
  return [input, output];
}

function unknownUpscaler(id: string, knownIds: readonly string[]): GenerationError {
  const nearest = nearestName(id, knownIds);
  const remedy =
    nearest === undefined ? `choose one of: ${knownIds.join(', ')}.` : `did you mean "${nearest}"?`;
  return new GenerationError('upscaler-unknown', `There is no upscaler "${id}"; ${remedy}`);
}
