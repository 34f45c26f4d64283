/** Configurations that Python wrote are read, though they are not quite JSON. */
import { expect, test } from 'vitest';
import { parsePythonJson } from '../../models/python-json.ts';

test('numbers that JSON lacks become words, and text that holds them stays', () => {
  const text =
    '{"lambda_min_clipped": -Infinity, "a": [NaN, Infinity, 1], "b": "-Infinity \\" NaN"}';
  expect(parsePythonJson(text)).toEqual({
    lambda_min_clipped: '-Infinity',
    a: ['NaN', 'Infinity', 1],
    b: '-Infinity " NaN',
  });
});

test('what is not JSON either way is refused', () => {
  expect(() => parsePythonJson('{"a": }')).toThrow(SyntaxError);
});
