/** Ordinary least squares for a handful of unknowns, by the normal equations in double precision. */

export interface LeastSquares {
  /** One observation: the inputs and what they should add up to, once for each output. */
  add(inputs: readonly number[], outputs: readonly number[]): void;
  /** One row of coefficients for each output. Throws a RangeError when the inputs do not determine them. */
  solve(): number[][];
}

export function createLeastSquares(inputCount: number, outputCount: number): LeastSquares {
  const products = Array.from({ length: inputCount }, () => new Float64Array(inputCount));
  const targets = Array.from({ length: outputCount }, () => new Float64Array(inputCount));
  const addScaled = (row: Float64Array, factor: number, inputs: readonly number[]) => {
    for (const [index, input] of inputs.entries()) row[index] = (row[index] ?? 0) + factor * input;
  };
  return {
    add(inputs, outputs) {
      for (const [index, row] of products.entries()) addScaled(row, inputs[index] ?? 0, inputs);
      for (const [index, row] of targets.entries()) addScaled(row, outputs[index] ?? 0, inputs);
    },
    solve: () => targets.map((target) => solveLinear(products, target)),
  };
}

/** Gaussian elimination with partial pivoting. */
function solveLinear(matrix: readonly Float64Array[], target: Float64Array): number[] {
  const size = target.length;
  const rows = matrix.map((row, index) => [...row, target[index] ?? 0]);
  for (let column = 0; column < size; column++) {
    const magnitude = (row: number[] | undefined) => Math.abs(row?.[column] ?? 0);
    let pivotIndex = column;
    for (let index = column + 1; index < size; index++) {
      if (magnitude(rows[index]) > magnitude(rows[pivotIndex])) pivotIndex = index;
    }
    const pivot = rows[pivotIndex] ?? [];
    if (magnitude(pivot) === 0)
      throw new RangeError('the observations do not determine the factors');
    rows[pivotIndex] = rows[column] ?? [];
    rows[column] = pivot;
    for (const [index, row] of rows.entries()) {
      if (index !== column) eliminate(row, pivot, column);
    }
  }
  return rows.map((row, index) => (row[size] ?? 0) / (row[index] ?? 1));
}

function eliminate(row: number[], pivot: readonly number[], column: number): void {
  const factor = (row[column] ?? 0) / (pivot[column] ?? 1);
  for (const [index, value] of pivot.entries()) row[index] = (row[index] ?? 0) - factor * value;
}
