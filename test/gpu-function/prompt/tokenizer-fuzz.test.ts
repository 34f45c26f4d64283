/** Tokenizer folders that are cut, altered or something else: ids for every place, or one sentence that names the file. */
import { GenerationError } from '#contract/generation-error.ts';
import * as fc from 'fast-check';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readTokenizer } from '../../../gpu-function/prompt/read-tokenizer.ts';
import { tinyModelFolder } from '../../fixture-paths.ts';

const POSITIONS = 77;
const source = join(tinyModelFolder, 'tokenizer');
const files = (await readdir(source)).filter((name) => /\.(json|txt)$/.test(name));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tokenizer-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Cut off, a piece taken out, a piece put in, or a whole other text. */
const alteration = fc.oneof(
  fc.double({ min: 0, max: 1, noNaN: true }).map((place) => ({ from: place, to: 1, text: '' })),
  fc.record({
    from: fc.double({ min: 0, max: 1, noNaN: true }),
    to: fc.double({ min: 0, max: 1, noNaN: true }),
    text: fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.constantFrom('', '"', '-1', '1e400', '{}', '[]', 'null', '\n', '\n\n a b c\n'),
    ),
  }),
  fc.jsonValue().map((value) => ({ from: 0, to: 1, text: JSON.stringify(value) })),
);

async function outcomeOf(prompt: string): Promise<string> {
  try {
    const tokenizer = await readTokenizer(folder, POSITIONS);
    const { ids } = tokenizer.tokenize(prompt);
    return ids.every((id) => Number.isInteger(id) && id >= 0) ? `${ids.length} ids` : 'not ids';
  } catch (error) {
    if (!(error instanceof GenerationError)) throw error;
    return error.message;
  }
}

test('a damaged file gives ids or a sentence', { timeout: 60_000 }, async () => {
  const property = fc.asyncProperty(
    fc.constantFrom(...files),
    alteration,
    fc.string({ unit: 'grapheme', maxLength: 60 }),
    async (name, { from, to, text }, prompt) => {
      await cp(source, folder, { recursive: true, force: true });
      const whole = await readFile(join(source, name), 'utf8');
      const [start = 0, end = 0] = [from, to]
        .map((place) => Math.floor(place * whole.length))
        .toSorted((a, b) => a - b);
      await writeFile(join(folder, name), whole.slice(0, start) + text + whole.slice(end));
      expect(await outcomeOf(prompt)).toMatch(/^\d{1,2} ids$|^[^\n]{20,400}[.]$/);
    },
  );
  await expect(fc.assert(property, { numRuns: 120, seed: 21 })).resolves.toBeUndefined();
});
