/** "Did you mean": the known id that is fewest edits away. */

/** Undefined when nothing is near: more than a third of the longer word would have to change. */
export function findNearestId(typed: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((id) => ({ id, edits: countEdits(typed.toLowerCase(), id.toLowerCase()) }))
    .filter(({ id, edits }) => edits <= Math.max(id.length, typed.length) / 3)
    .sort((a, b) => a.edits - b.edits);
  return ranked[0]?.id ?? known.find((id) => typed.length > 2 && id.includes(typed.toLowerCase()));
}

/** Levenshtein distance, one row at a time. */
function countEdits(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1];
      current.push(
        Math.min(
          (previous[column] ?? 0) + 1,
          (current[column - 1] ?? 0) + 1,
          (previous[column - 1] ?? 0) + (isSame ? 0 : 1),
        ),
      );
    }
    previous = current;
  }
  return previous[to.length] ?? 0;
}
