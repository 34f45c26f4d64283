/** "Did you mean": suggestions for mistyped names, the same wherever a name is refused. */

/** Insertions, deletions, replacements and swaps of neighbours that turn one text into the other. */
function editDistance(from: string, to: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwap = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      const replaced = (previous[column - 1] ?? 0) + (isSame ? 0 : 1);
      const swapped = isSwap ? (beforePrevious[column - 2] ?? Infinity) + 1 : Infinity;
      const removed = (previous[column] ?? 0) + 1;
      const added = (current[column - 1] ?? 0) + 1;
      current.push(Math.min(replaced, swapped, removed, added));
    }
    [beforePrevious, previous] = [previous, current];
  }
  return previous[to.length] ?? 0;
}

/** Names longer than this are no typing mistakes, and comparing them would cost time for nothing. */
const COMPARED_CHARACTERS = 60;

/** The candidate that was most likely meant, or undefined when none is near (more than a third of it wrong). */
export function nearestName(typed: string, candidates: readonly string[]): string | undefined {
  const text = typed.slice(0, COMPARED_CHARACTERS).toLowerCase();
  let best: { name: string; distance: number } | undefined;
  for (const name of candidates) {
    const lower = name.toLowerCase();
    const begun = text.length >= 2 && lower.startsWith(text);
    const distance = begun ? 0.5 : editDistance(text, lower);
    const isNear = distance <= Math.max(1, Math.floor(Math.max(text.length, lower.length) / 3));
    if (isNear && distance < text.length && distance < (best?.distance ?? Infinity)) {
      best = { name, distance };
    }
  }
  return best?.name;
}

/** The end of an error: the name that was probably meant, and all there are. */
export function suggestFrom(typed: string, candidates: readonly string[]): string {
  const nearest = nearestName(typed, candidates);
  const list = candidates.length === 0 ? '' : ` Available: ${candidates.join(', ')}.`;
  return nearest === undefined ? list : ` Did you mean ${nearest}?${list}`;
}
