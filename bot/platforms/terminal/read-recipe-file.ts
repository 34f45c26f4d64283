/** A picture's recipe as the command that draws it again. */
import { readFile, stat } from 'node:fs/promises';
import { readPngTexts } from '#contract/png-text.ts';
import { readRecipe } from '#contract/recipe.ts';
import { formatCommand } from '../../core/format-command.ts';
import { TERMINAL_LIMITS } from './limits.ts';

export type RecipeFile =
  | { kind: 'command'; commandText: string }
  | { kind: 'refused'; message: string };

export async function readRecipeFile(path: string): Promise<RecipeFile> {
  try {
    const facts = await stat(path);
    // A device or a pipe has no size, and may never end.
    if (!facts.isFile()) return { kind: 'refused', message: `${path} is not a file.` };
    const { size } = facts;
    if (size > TERMINAL_LIMITS.recipeFileBytes) {
      return { kind: 'refused', message: `${path} has ${size} bytes; that is no picture of ours.` };
    }
    const request = readRecipe(readPngTexts(await readFile(path)));
    if (request === undefined) {
      return {
        kind: 'refused',
        message: `${path} holds no recipe; use a PNG file that this program or a WebUI made and nobody re-encoded.`,
      };
    }
    return { kind: 'command', commandText: formatCommand(request, { defaultCount: 1 }) };
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
    const reason = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`;
    return { kind: 'refused', message: `${path} cannot be used as a recipe: ${reason}.` };
  }
}
