/** The models in memory, within a budget: the least recently used leaves first. */
import type { ImageModel } from '../pipeline/ports.ts';

export interface LoadedModels {
  /** The model of this folder, from now on the most recently used; undefined where it is not in memory. */
  use(folder: string): ImageModel | undefined;
  /** Lets others go until a model of this size fits, or none is left. */
  makeRoomFor(sizeBytes: number): Promise<void>;
  add(loaded: LoadedModel): void;
  /** Used last. */
  latestId(): string | undefined;
  closeAll(): Promise<void>;
}

interface LoadedModel {
  id: string;
  folder: string;
  sizeBytes: number;
  model: ImageModel;
}

export function createLoadedModels(bytesMax: number): LoadedModels {
  /** Least recently used first. */
  let loaded: LoadedModel[] = [];
  const sumBytes = () => loaded.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return {
    use(folder) {
      const known = loaded.find((entry) => entry.folder === folder);
      if (known === undefined) return undefined;
      loaded = [...loaded.filter((other) => other !== known), known];
      return known.model;
    },
    async makeRoomFor(sizeBytes) {
      while (loaded.length > 0 && sumBytes() + sizeBytes > bytesMax) {
        await loaded.shift()?.model.dispose();
      }
    },
    add: (entry) => void loaded.push(entry),
    latestId: () => loaded.at(-1)?.id,
    async closeAll() {
      const leaving = loaded;
      loaded = [];
      await Promise.all(leaving.map(({ model }) => model.dispose()));
    },
  };
}
