/** `npm run models -- remove ID`: takes a pulled package away, and what a pull that was cut has left of it. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { formatBytes, toDiskError } from '../fetch/disk-error.ts';
import { modelIdSchema } from '../manifest.ts';
import { lockPackage } from '../pull/package-lock.ts';
import { incomingFolder } from '../pull/pull-package.ts';
import { describePackage, unknownModel, type FoundPackage } from '../store.ts';
import { CommandMistake } from '../command-mistake.ts';
import { EXIT, type Answer } from './answer.ts';

/** Throws GenerationError `model-unknown`, CommandMistake for a model that is not in the folder, FetchError. */
export async function removeModel(
  id: string,
  found: readonly FoundPackage[],
  modelsFolder: string,
): Promise<Answer> {
  const knownIds = found.map((entry) => entry.id);
  if (!modelIdSchema.safeParse(id).success) throw unknownModel(id, knownIds);
  const entry = found.find((one) => one.id === id);
  const isInside = entry !== undefined && dirname(resolve(entry.folder)) === resolve(modelsFolder);
  const rest = incomingFolder(modelsFolder, id);
  if (!isInside && !existsSync(rest)) {
    if (entry === undefined) throw unknownModel(id, knownIds);
    throw new CommandMistake(
      `"${id}" is not in the folder of pulled models, and is left where it is; take its folder away yourself.`,
    );
  }
  const release = await lockPackage(join(modelsFolder, `.${id}.lock`), id);
  try {
    if (isInside) await rm(entry.folder, { recursive: true });
    await rm(rest, { recursive: true, force: true });
  } catch (error) {
    throw toDiskError(error, id);
  } finally {
    await release();
  }
  const freed = isInside ? ` (${formatBytes(describePackage(entry).sizeBytes)})` : '';
  return { exitCode: EXIT.ok, json: { id, status: 'removed' }, text: `Removed ${id}${freed}.` };
}
