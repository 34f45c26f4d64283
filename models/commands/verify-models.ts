/** `npm run models -- verify [ID]`: whether every file is as its manifest says. */
import { unknownModel, type FoundPackage } from '../store.ts';
import { toTable } from '../text-table.ts';
import { verifyPackage } from '../verify-package.ts';
import { EXIT, type Answer } from './answer.ts';

/** All models without an id. Throws GenerationError `model-unknown`. */
export async function verifyModels(
  found: readonly FoundPackage[],
  id: string | undefined,
): Promise<Answer> {
  const chosen = id === undefined ? found : found.filter((entry) => entry.id === id);
  if (id !== undefined && chosen.length === 0) {
    throw unknownModel(
      id,
      found.map((entry) => entry.id),
    );
  }
  const verifications = [];
  for (const entry of chosen) verifications.push(await verifyPackage(entry));
  const rows = verifications.map((one) => [
    one.id,
    one.status,
    String(one.filesChecked),
    one.status === 'unproven' ? 'it has no manifest to compare with' : one.problems.join(' '),
  ]);
  return {
    exitCode: verifications.some((one) => one.status === 'broken') ? EXIT.failed : EXIT.ok,
    json: verifications,
    text: toTable(['ID', 'STATE', 'FILES', 'REMARK'], rows),
  };
}
