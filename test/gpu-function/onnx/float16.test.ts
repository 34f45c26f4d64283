/** Half precision is converted as IEEE 754 says, for every pattern there is. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromFloat16, toFloat16 } from '../../../gpu-function/onnx/float16.ts';

const PATTERNS = Uint16Array.from({ length: 0x10000 }, (_, pattern) => pattern);
/** Node's own half precision, which is the reference here, came with version 24. */
const HAS_FLOAT16 = 'f16round' in Math;
const isNaNPattern = (pattern: number) => (pattern & 0x7fff) > 0x7c00;

test.runIf(HAS_FLOAT16)('all 65,536 patterns have their value, and come back', () => {
  const values = fromFloat16(PATTERNS);
  // The reference: Node's own view of the same bits, where it has one.
  const view = new DataView(new ArrayBuffer(2));
  for (const pattern of PATTERNS) {
    view.setUint16(0, pattern);
    expect(Object.is(values[pattern], view.getFloat16(0))).toBe(true);
  }
  const back = toFloat16(values);
  const changed = PATTERNS.filter(
    (pattern) =>
      back[pattern] !== pattern && !(isNaNPattern(pattern) && isNaNPattern(back[pattern] ?? 0)),
  );
  expect([...changed]).toEqual([]);
});

test('between any two neighbours the nearer is taken, and the even one in the middle', () => {
  const values = fromFloat16(PATTERNS);
  const inputs: number[] = [];
  const expected: number[] = [];
  for (let pattern = 0; pattern < 0x7bff; pattern++) {
    const lower = values[pattern] ?? 0;
    const upper = values[pattern + 1] ?? 0;
    const middle = (lower + upper) / 2;
    inputs.push(middle, Math.fround(middle * (1 + 2 ** -23)), Math.fround(middle * (1 - 2 ** -24)));
    expected.push(pattern % 2 === 0 ? pattern : pattern + 1, pattern + 1, pattern);
  }
  const halves = toFloat16(Float32Array.from(inputs));
  const negative = toFloat16(Float32Array.from(inputs, (value) => -value));
  expect([...halves]).toEqual(expected);
  expect([...negative]).toEqual(expected.map((pattern) => pattern | 0x8000));
});

test.runIf(HAS_FLOAT16)('any float32 is rounded as Node rounds it', () => {
  fc.assert(
    fc.property(fc.float(), (value) => {
      const [half = 0] = toFloat16(Float32Array.of(value));
      expect(Object.is(fromFloat16(Uint16Array.of(half))[0], Math.f16round(value))).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test('too large is infinite, NaN stays NaN', () => {
  const halves = toFloat16(Float32Array.of(65_519.99, 65_520, -1e30, Infinity, Number.NaN));
  expect([...halves]).toEqual([0x7bff, 0x7c00, 0xfc00, 0x7c00, 0x7e00]);
});

test('a part of a larger array is converted by itself', () => {
  const whole = Float32Array.of(1, 2, 3, 4);
  expect([...toFloat16(whole.subarray(1, 3))]).toEqual([0x4000, 0x4200]);
});
