/** The models on disk; as many in memory as fit into a budget, the least recently used leaving first. */
import { GenerationError, toGenerationError } from '#contract/generation-error.ts';
import { totalmem } from 'node:os';
import { isNonCommercial } from '../../models/read-licence.ts';
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
import { createLoadedModels } from './loaded-models.ts';
import type { RuntimeOptions } from './session-options.ts';

export interface ModelLibraryOptions extends RuntimeOptions {
  /** Searched in this order; see modelFolders. */
  folders: readonly string[];
  /** The model for requests that name none; the built-in one when left out. */
  defaultModelId?: string | undefined;
  /**
   * Bytes of the packages' files that may be in memory at the same time; a third of the machine's memory when left out.
   * A model that is larger than this is loaded alone. float16 files take twice their size on a processor.
   */
  memoryBytesMax?: number | undefined;
  /** Models whose licence forbids to earn money with them may be used. */
  allowsNonCommercial?: boolean | undefined;
}

type UsablePackage = Extract<FoundPackage, { status: 'usable' }>;

const MEMORY_SHARE = 1 / 3;

export function createModelLibrary(options: ModelLibraryOptions): ModelLibrary {
  const { allowsNonCommercial = false, memoryBytesMax = totalmem() * MEMORY_SHARE } = options;
  const loaded = createLoadedModels(memoryBytesMax);
  const problems = createLoadProblems();
  const inTurn = createTurns();

  const load = async (entry: UsablePackage) => {
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
    const known = loaded.use(entry.folder);
    if (known !== undefined) return known;
    if (entry.status === 'broken') throw namingModel(entry.id, entry.error);
    const refusal = findRefusal(entry, allowsNonCommercial);
    if (refusal !== undefined) throw namingModel(entry.id, refusal);
    onLoad?.();
    const { sizeBytes } = entry.modelPackage.description;
    await loaded.makeRoomFor(sizeBytes);
    const model = await load(entry);
    loaded.add({ id: entry.id, folder: entry.folder, sizeBytes, model });
    return model;
  };

  const describe = async (entry: FoundPackage) => {
    const description = describePackage(entry);
    if (entry.status === 'broken') return description;
    const problem =
      findRefusal(entry, allowsNonCommercial)?.message ?? (await problems.find(entry.modelPackage));
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
    loadedModelId: () => loaded.latestId(),
    close: () => inTurn(() => loaded.closeAll()),
  };
}

/** Why a package that is whole may not be used. */
function findRefusal(
  { modelPackage }: UsablePackage,
  allowsNonCommercial: boolean,
): GenerationError | undefined {
  const { licence } = modelPackage.description;
  if (allowsNonCommercial || !isNonCommercial(licence)) return undefined;
  return new GenerationError(
    'model-broken',
    `The licence (${licence}) forbids commercial use; set NON_COMMERCIAL_MODELS to "allow" if yours is none, or choose another model.`,
  );
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
