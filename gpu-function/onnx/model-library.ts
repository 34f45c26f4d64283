/** The models on disk, one of them in memory at a time. */
import { GenerationError, toGenerationError } from '#contract/generation-error.ts';
import {
  chooseDefaultId,
  describePackage,
  findPackages,
  unknownModel,
} from '../../models/store.ts';
import type { FoundPackage } from '../../models/store.ts';
import type { ImageModel, ModelLibrary } from '../pipeline/ports.ts';
import { loadImageModel } from './image-model.ts';
import { createLoadProblems } from './load-problems.ts';
import type { RuntimeOptions } from './session-options.ts';

export interface ModelLibraryOptions extends RuntimeOptions {
  /** Searched in this order; see modelFolders. */
  folders: readonly string[];
  /** The model for requests that name none; the built-in one when left out. */
  defaultModelId?: string | undefined;
}

export function createModelLibrary(options: ModelLibraryOptions): ModelLibrary {
  let loaded: { id: string; folder: string; model: ImageModel } | undefined;
  const problems = createLoadProblems();
  const inTurn = createTurns();

  const close = async () => {
    const { model } = loaded ?? {};
    loaded = undefined;
    await model?.dispose();
  };

  const load = async (entry: Extract<FoundPackage, { status: 'usable' }>) => {
    try {
      const model = await loadImageModel(entry.folder, options);
      problems.forget(entry.modelPackage);
      return model;
    } catch (thrown) {
      const error = toGenerationError(thrown);
      if (error.code === 'model-broken') await problems.remember(entry.modelPackage, error.message);
      throw namingModel(entry.id, error);
    }
  };

  const open = async (modelId: string | undefined, onLoad?: () => void): Promise<ImageModel> => {
    const found = await findPackages(options.folders);
    const id = modelId ?? chooseDefaultId(found, options.defaultModelId);
    const entry = found.find((candidate) => candidate.id === id);
    if (entry === undefined) throw unknownModel(id, listUsableIds(found));
    if (loaded?.id === entry.id && loaded.folder === entry.folder) return loaded.model;
    if (entry.status === 'broken') throw namingModel(entry.id, entry.error);
    onLoad?.();
    await close();
    const model = await load(entry);
    loaded = { id: entry.id, folder: entry.folder, model };
    return model;
  };

  const describe = async (entry: FoundPackage) => {
    const description = describePackage(entry);
    if (entry.status === 'broken') return description;
    const problem = await problems.find(entry.modelPackage);
    return problem === undefined ? description : { ...description, problem };
  };

  return {
    async list() {
      const found = await findPackages(options.folders);
      const defaultId = chooseDefaultId(found, options.defaultModelId);
      const descriptions = await Promise.all(found.map(describe));
      return descriptions.map((model) => ({ ...model, isDefault: model.id === defaultId }));
    },
    open: (modelId, onLoad) => inTurn(() => open(modelId, onLoad)),
    loadedModelId: () => loaded?.id,
    close: () => inTurn(close),
  };
}

/** Runs actions one after the other, in the order they were asked for; a failed one holds up none. */
function createTurns() {
  let last: Promise<unknown> = Promise.resolve();
  return <Result>(action: () => Promise<Result>): Promise<Result> => {
    const result = last.then(action);
    last = result.catch(() => undefined);
    return result;
  };
}

const listUsableIds = (found: readonly FoundPackage[]) =>
  found.filter((entry) => entry.status === 'usable').map((entry) => entry.id);

/** The same error for somebody who sees only the id that they asked for. */
function namingModel(id: string, error: GenerationError): GenerationError {
  if (error.code !== 'model-broken') return error;
  return new GenerationError('model-broken', `The model "${id}" cannot be used: ${error.message}`, {
    cause: error,
  });
}
