/** Small systems of linear equations. */

/** Gauss with partial pivoting; NaN where the matrix is singular. @param matrix rows, left as they are */
export function solveLinear(
  matrix: readonly (readonly number[])[],
  vector: readonly number[],
): number[] {
  const rows = matrix.map((row, index) => [...row, vector[index] ?? 0]);
  const size = rows.length;
  for (let column = 0; column < size; column++) {
    const pivot = pivotRow(rows, column);
    [rows[column], rows[pivot]] = [rows[pivot] ?? [], rows[column] ?? []];
    for (let row = column + 1; row < size; row++) eliminate(rows, row, column);
  }
  const solution = Array.from({ length: size }, () => 0);
  for (let row = size - 1; row >= 0; row--) {
    const values = rows[row] ?? [];
    const known = solution.reduce(
      (sum, value, index) => sum + (index > row ? (values[index] ?? 0) * value : 0),
      0,
    );
    solution[row] = ((values[size] ?? 0) - known) / (values[row] ?? 0);
  }
  return solution;
}

function pivotRow(rows: readonly (readonly number[])[], column: number): number {
  let best = column;
  for (let row = column + 1; row < rows.length; row++) {
    if (Math.abs(rows[row]?.[column] ?? 0) > Math.abs(rows[best]?.[column] ?? 0)) best = row;
  }
  return best;
}

function eliminate(rows: number[][], row: number, column: number): void {
  const from = rows[column] ?? [];
  const factor = (rows[row]?.[column] ?? 0) / (from[column] ?? 0);
  rows[row] = (rows[row] ?? []).map((value, index) => value - factor * (from[index] ?? 0));
}
