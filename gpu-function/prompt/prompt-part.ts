/** What a prompt is made of once its weights are read. */

export type PromptPart =
  | {
      kind: 'text';
      text: string;
      /** 1 = as it stands; more draws it more strongly. */
      weight: number;
    }
  /** What follows begins a new chunk. */
  | { kind: 'break' };

/** Farther from 1 nothing but noise is drawn; keeps a typing error from breaking the arithmetic. */
const WEIGHT_MAX = 10;

export function limitWeight(weight: number): number {
  return Math.min(Math.max(weight, -WEIGHT_MAX), WEIGHT_MAX);
}

/** Neighbours of one weight become one text, so that a word is not torn; empty texts go. */
export function mergeParts(parts: readonly PromptPart[]): PromptPart[] {
  const merged: PromptPart[] = [];
  for (const part of parts) {
    const last = merged.at(-1);
    if (part.kind === 'text' && last?.kind === 'text' && last.weight === part.weight) {
      last.text += part.text;
    } else if (part.kind === 'break' || part.text !== '') {
      merged.push({ ...part });
    }
  }
  return merged;
}
