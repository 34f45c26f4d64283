/** What a person types after `npm run imagine --` reaches the one parser as a chat would send it. */
import { describe, expect, test } from 'vitest';
import { parseCommand } from '../../../../bot/core/parse-command.ts';
import { parseArguments } from '../../../../bot/platforms/terminal/parse.ts';

function commandOf(...argv: string[]) {
  const parsed = parseArguments(argv);
  if (parsed.kind === 'refused') throw new Error(parsed.message);
  return parseCommand(parsed.options.commandText, { defaultCount: 1 }).request;
}

describe('arguments', () => {
  test('a quoted prompt with flags beside it', () => {
    expect(commandOf('a red apple', '--seed', '7')).toMatchObject({
      prompt: 'a red apple',
      seed: 7,
    });
  });
  test('words without quotes', () => {
    expect(commandOf('a', 'red', 'apple', '--seed=7')).toMatchObject({
      prompt: 'a red apple',
      seed: 7,
    });
  });
  test('a whole command between one pair of quotes, as copied from a chat', () => {
    expect(commandOf('a red apple --seed 7 --ar 3:2')).toMatchObject({
      prompt: 'a red apple',
      seed: 7,
      size: { kind: 'aspect', width: 3, height: 2 },
    });
  });
  test('a value with blanks that the shell took the quotes from', () => {
    expect(
      commandOf('a cat', '--sampler', 'dpm++ 2m karras', '--no', 'text, people'),
    ).toMatchObject({
      prompt: 'a cat',
      sampler: 'dpmpp-2m',
      spacing: 'karras',
      negativePrompt: 'text, people',
    });
  });
  test("the terminal's own flags are not part of the command", () => {
    const parsed = parseArguments(['a cat', '--out', 'cat.png', '--json', '-q', '--preview=off']);
    expect(parsed).toEqual({
      kind: 'options',
      options: {
        commandText: 'a cat',
        outPath: 'cat.png',
        recipePath: undefined,
        imagePath: undefined,
        maskPath: undefined,
        isJson: true,
        isQuiet: true,
        isHelp: false,
        preview: 'off',
      },
    });
  });
  test.each([
    [['--out'], /--out needs a value/],
    [['a cat', '--preview', 'hologram'], /--preview hologram is unknown: use auto, off, blocks/],
  ])('%j is refused in one sentence', (argv, sentence) => {
    expect(parseArguments(argv)).toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(sentence),
    });
  });
});

test('--image and --mask are files, but edges and cells of a mask stay words', () => {
  const files = parseArguments(['a pear', '--image', 'apple.png', '--mask=mask.png']);
  expect(files).toMatchObject({
    kind: 'options',
    options: { imagePath: 'apple.png', maskPath: 'mask.png', commandText: 'a pear' },
  });
  const cells = parseArguments(['a pear', '--image', 'apple.png', '--mask', '4x4:5,6']);
  expect(cells).toMatchObject({
    options: { maskPath: undefined, commandText: 'a pear --mask 4x4:5,6' },
  });
});
