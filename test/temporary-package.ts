/** A copy of the tiny model that a test may break, in a folder of its own. */
import { cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tinyFloat16ModelFolder } from './fixture-paths.ts';

export interface TemporaryPackages {
  /** What MODEL_DIR would name. */
  folder: string;
  /** Copies the tiny float16 model under an id, and returns its folder. */
  add(id: string): Promise<string>;
  remove(): Promise<void>;
}

export async function createTemporaryPackages(): Promise<TemporaryPackages> {
  const folder = await mkdtemp(join(tmpdir(), 'models-'));
  return {
    folder,
    async add(id) {
      await cp(tinyFloat16ModelFolder, join(folder, id), { recursive: true });
      return join(folder, id);
    },
    remove: () => rm(folder, { recursive: true }),
  };
}

export async function cutFile(file: string, sizeBytes: number): Promise<void> {
  await truncate(file, sizeBytes);
}

/** Changes some keys of a JSON file. */
export async function changeJson(file: string, changes: object): Promise<void> {
  const content = JSON.parse(await readFile(file, 'utf8')) as object;
  await writeFile(file, JSON.stringify({ ...content, ...changes }));
}
