/** The fit behind preview maps finds what the data was made from. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLeastSquares } from '../../models/least-squares.ts';

const coefficient = fc.double({ min: -5, max: 5, noNaN: true });

test('coefficients that made the observations are found again', () => {
  fc.assert(
    fc.property(fc.array(coefficient, { minLength: 6, maxLength: 6 }), (values) => {
      const rows = [values.slice(0, 3), values.slice(3)];
      const fit = createLeastSquares(3, 2);
      for (let index = 0; index < 20; index++) {
        const inputs = [Math.sin(index), Math.cos(index * 2.7), 1];
        fit.add(
          inputs,
          rows.map((row) => row.reduce((sum, factor, at) => sum + factor * (inputs[at] ?? 0), 0)),
        );
      }
      for (const [index, row] of fit.solve().entries()) {
        for (const [at, value] of row.entries())
          expect(value).toBeCloseTo(rows[index]?.[at] ?? 0, 8);
      }
    }),
  );
});

test('between observations that disagree the mean is taken', () => {
  const fit = createLeastSquares(1, 1);
  for (const output of [1, 2, 6]) fit.add([1], [output]);
  expect(fit.solve()).toEqual([[3]]);
});

test('too few observations are refused', () => {
  const fit = createLeastSquares(2, 1);
  fit.add([1, 0], [1]);
  expect(() => fit.solve()).toThrow(RangeError);
});
