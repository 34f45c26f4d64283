/** What is offered while a person types, and the help text. */
import { describe, expect, test } from 'vitest';
import { completeCommand } from '../../../bot/core/complete-command.ts';
import { FLAGS } from '../../../bot/core/flags.ts';
import { formatHelp } from '../../../bot/core/format-help.ts';
import { TEST_MODEL } from '../../fakes/fake-backend.ts';

/** The text with the cursor at `|`. */
function complete(typed: string) {
  const cursor = typed.indexOf('|');
  return completeCommand(typed.replace('|', ''), cursor, [TEST_MODEL]);
}
const labels = (typed: string) => complete(typed).map(({ label }) => label);

describe('offers', () => {
  test('all flags after two dashes, and after a long one', () => {
    expect(labels('a cat --|')).toEqual(FLAGS.map(({ name }) => `--${name}`));
    expect(labels('a cat —|')).toEqual(FLAGS.map(({ name }) => `--${name}`));
  });

  test('flags by their beginning or that of an alias', () => {
    expect(labels('a cat --s|')).toEqual([
      '--size',
      '--seed',
      '--steps',
      '--cfg',
      '--sampler',
      '--spacing',
      '--s-churn',
      '--s-noise',
      '--style',
      '--strength',
    ]);
    expect(labels('a cat --gui|')).toEqual(['--cfg', '--rescale']);
  });

  test('no flag that is there already, but --no again', () => {
    expect(labels('a cat --seed 7 --se|')).toEqual([]);
    expect(labels('a cat --no text --n|')).toEqual(['--count', '--no']);
  });

  test.each([
    ['a cat --ar |', '3:2'],
    ['a cat --model t|', 'tiny'],
    ['a cat --style |', '3D'],
    ['a cat --sampler eul|', 'euler-ancestral'],
    ['a cat --spacing=ka|', 'karras'],
    ['a cat —count |', '4'],
  ])('values in %j', (typed, value) => {
    expect(labels(typed)).toContain(value);
  });

  test('nothing inside the words of the prompt', () => {
    for (const typed of [
      '|',
      'a ca|',
      'a cat |',
      'a cat --seed 7 |',
      'a cat --xyz |',
      'a well-kn|',
    ]) {
      expect(complete(typed)).toEqual([]);
    }
  });

  test('replace what was typed from their place to the cursor', () => {
    const text = 'a cat --st and more';
    const cursor = 'a cat --st'.length;
    const steps = completeCommand(text, cursor, []).find(({ label }) => label === '--steps');
    if (steps === undefined) throw new Error('no offer');
    expect(text.slice(0, steps.from) + steps.insertText + text.slice(cursor)).toBe(
      'a cat --steps  and more',
    );
    const [value] = complete('a cat --model=t|');
    expect(value).toMatchObject({ from: 'a cat --model='.length, insertText: 'tiny ' });
  });
});

test('help has one line for every flag, with its example', () => {
  const lines = formatHelp().split('\n');
  for (const { name, example } of FLAGS) {
    const line = lines.filter((text) => text.startsWith(`--${name} `));
    expect(line).toHaveLength(1);
    expect(line[0]).toContain(example);
  }
});
