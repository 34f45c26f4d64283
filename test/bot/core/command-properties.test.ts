/** What holds for every command, not only for those somebody thought of. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CommandError } from '../../../bot/core/command-error.ts';
import { formatCommand } from '../../../bot/core/format-command.ts';
import { parseCommand } from '../../../bot/core/parse-command.ts';
import { anyRequest, anyText } from '../../fakes/command-arbitrary.ts';

const parse = (text: string) => parseCommand(text, { defaultCount: 4 }).request;

/** What a person is told about the text; any error that is none of the parser's own passes through. */
function readSentence(text: string): string {
  try {
    return `Draw ${JSON.stringify(parse(text).prompt)}.`;
  } catch (error) {
    if (error instanceof CommandError) return error.message;
    throw error;
  }
}

describe('always', () => {
  test('a formatted request is parsed to the same request', () => {
    fc.assert(
      fc.property(anyRequest, fc.constantFrom(undefined, 1, 4), (original, defaultCount) => {
        const command = formatCommand(original, { defaultCount });
        expect(parseCommand(command, { defaultCount: defaultCount ?? 2 }).request).toEqual(
          original,
        );
      }),
      { numRuns: 500 },
    );
  });

  test('any text is a request or one sentence', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.string({ unit: 'binary', maxLength: 200 })), (text) => {
        expect(readSentence(text)).toMatch(/^[^\n]+[.?]$/);
      }),
      { numRuns: 1_000 },
    );
  });

  test('words that are no flags are never lost, nor their order', () => {
    const word = fc
      .stringMatching(/^[\p{L}\d,.!?'"-]{1,10}$/u)
      .filter((text) => !text.startsWith('--'));
    const flags = ['--seed 7', '--ar 3:2', '--steps 20'];
    fc.assert(
      fc.property(
        fc
          .array(word, { minLength: 1, maxLength: 12 })
          .filter((words) => !words.join('').includes('"')),
        fc.array(fc.nat(12), { maxLength: 3 }),
        (words, places) => {
          const typed = [...words];
          for (const [index, place] of places.entries()) typed.splice(place, 0, flags[index] ?? '');
          expect(parse(typed.join(' ')).prompt).toBe(words.join(' '));
        },
      ),
    );
  });

  test('even the nastiest long text is read quickly', () => {
    const startedAtMs = performance.now();
    for (const piece of ['"\\', ' "', '("', '—a ', '--', '"a" ', 'a=']) {
      readSentence(piece.repeat(Math.floor(20_000 / piece.length)));
    }
    expect(performance.now() - startedAtMs).toBeLessThan(2_000);
  });
});
