/** Remembers which packages could not be opened, for the list of models: only the runtime sees that a graph is cut. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelPackage } from '../../models/read-package.ts';

export interface LoadProblems {
  remember(modelPackage: ModelPackage, message: string): Promise<void>;
  forget(modelPackage: ModelPackage): void;
  /** The sentence, as long as no file of the package has changed since. */
  find(modelPackage: ModelPackage): Promise<string | undefined>;
}

export function createLoadProblems(): LoadProblems {
  const problems = new Map<string, { message: string; changedMs: number }>();
  return {
    async remember(modelPackage, message) {
      const changedMs = await lastChangeMs(modelPackage);
      problems.set(modelPackage.folder, { message, changedMs });
    },
    forget: ({ folder }) => void problems.delete(folder),
    async find(modelPackage) {
      const problem = problems.get(modelPackage.folder);
      if (problem === undefined) return undefined;
      const isSame = problem.changedMs === (await lastChangeMs(modelPackage));
      return isSame ? problem.message : undefined;
    },
  };
}

/** When the newest of the package's files was written; 0 when one has gone. */
async function lastChangeMs({ folder, files }: ModelPackage): Promise<number> {
  const facts = await Promise.all(
    files.map((file) => stat(join(folder, file)).catch(() => undefined)),
  );
  return Math.max(...facts.map((fact) => fact?.mtimeMs ?? 0));
}
