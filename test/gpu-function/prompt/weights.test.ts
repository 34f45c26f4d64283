/** The languages of weights in prompts: what people of WebUI and ComfyUI write means the same here. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseComfyuiWeights } from '../../../gpu-function/prompt/parse-comfyui-weights.ts';
import { parseWebuiWeights } from '../../../gpu-function/prompt/parse-webui-weights.ts';
import type { PromptPart } from '../../../gpu-function/prompt/prompt-part.ts';

const short = (parts: readonly PromptPart[]) =>
  parts.map((part) =>
    part.kind === 'break' ? 'BREAK' : [part.text, Number(part.weight.toFixed(4))],
  );

describe('WebUI', () => {
  // The first nine stand in the documentation of WebUI's own parser.
  test.each<[string, (readonly [string, number] | 'BREAK')[]]>([
    ['normal text', [['normal text', 1]]],
    [
      'an (important) word',
      [
        ['an ', 1],
        ['important', 1.1],
        [' word', 1],
      ],
    ],
    ['(unbalanced', [['unbalanced', 1.1]]],
    [String.raw`\(literal\]`, [['(literal]', 1]]],
    ['(unnecessary)(parens)', [['unnecessaryparens', 1.1]]],
    [
      'a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).',
      [
        ['a ', 1],
        ['house', 1.573],
        [' ', 1.1],
        ['on', 1],
        [' a ', 1.1],
        ['hill', 0.55],
        [', sun, ', 1.1],
        ['sky', 1.4641],
        ['.', 1.1],
      ],
    ],
    ['[[weak]]', [['weak', 0.8264]]],
    ['(a:1.2', [['a:1.2', 1.1]]],
    ['a:1.2)', [['a:1.2)', 1]]],
    ['(a: .5 )', [['a', 0.5]]],
    ['(a:-1)', [['a', -1]]],
    ['(a:99)', [['a', 10]]],
    ['a BREAK b', [['a', 1], 'BREAK', ['b', 1]]],
    ['BREAKFAST', [['BREAKFAST', 1]]],
    ['(a BREAK b:2)', [['a', 2], 'BREAK', ['b', 2]]],
    [String.raw`a \\ b`, [[String.raw`a \ b`, 1]]],
    [
      ':) (:',
      [
        [':) ', 1],
        [':', 1.1],
      ],
    ],
    ['', []],
  ])('%s', (text, expected) => {
    expect(short(parseWebuiWeights(text))).toEqual(expected);
  });
});

describe('ComfyUI', () => {
  test.each<[string, (readonly [string, number])[]]>([
    ['normal text', [['normal text', 1]]],
    [
      'an (important) word',
      [
        ['an ', 1],
        ['important', 1.1],
        [' word', 1],
      ],
    ],
    ['((x))', [['x', 1.21]]],
    [
      '(a (b:1.5) c:0.8)',
      [
        ['a ', 0.8],
        ['b', 1.5],
        [' c', 0.8],
      ],
    ],
    [String.raw`\(literal\)`, [['(literal)', 1]]],
    ['[weak] BREAK', [['[weak] BREAK', 1]]],
    ['(unbalanced', [['(unbalanced', 1]]],
    ['(a:b)', [['a:b', 1.1]]],
    ['(:1.2)', [[':1.2', 1.1]]],
  ])('%s', (text, expected) => {
    expect(short(parseComfyuiWeights(text))).toEqual(expected);
  });
});

describe('any text', () => {
  const hostile = fc
    .array(
      fc.constantFrom(
        '(',
        ')',
        '[',
        ']',
        ':',
        '\\',
        '1.2',
        '-',
        'BREAK',
        ' ',
        'a',
        '🍎',
        '\n',
        '\u0000',
      ),
      {
        maxLength: 400,
      },
    )
    .map((pieces) => pieces.join(''));

  test.each([
    ['WebUI', parseWebuiWeights],
    ['ComfyUI', parseComfyuiWeights],
  ])('%s never throws, and weights stay numbers in range', (_name, parse) => {
    fc.assert(
      fc.property(fc.oneof(hostile, fc.string({ unit: 'binary', maxLength: 300 })), (text) => {
        for (const part of parse(text)) {
          const weight = part.kind === 'text' ? part.weight : 1;
          expect(Math.abs(weight)).toBeLessThanOrEqual(10);
        }
      }),
      { numRuns: 300, seed: 5 },
    );
  });

  test.each([
    ['WebUI', parseWebuiWeights],
    ['ComfyUI', parseComfyuiWeights],
  ])('%s leaves a text without its signs as it is', (_name, parse) => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 100 }), (text) => {
        fc.pre(!/[\\()[\]]|BREAK/.test(text));
        expect(parse(text)).toEqual([{ kind: 'text', text, weight: 1 }]);
      }),
      { seed: 6 },
    );
  });

  test.each([
    ['WebUI', parseWebuiWeights],
    ['ComfyUI', parseComfyuiWeights],
  ])('%s reads the worst of 2,000 characters at once', (_name, parse) => {
    const started = performance.now();
    for (const sign of ['(', ')', '[', ':', '\\', '(a:', '((a)', '(:1)', ' BREAK']) {
      parse(sign.repeat(2_000).slice(0, 2_000));
    }
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
