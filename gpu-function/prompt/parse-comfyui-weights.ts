/**
 * Weights as ComfyUI reads them: `(x:1.2)` sets the weight, whatever stands around it, `(x)` multiplies by 1.1, `\(` is a
 * bracket itself. Square brackets and BREAK are ordinary text. https://github.com/comfyanonymous/ComfyUI
 */
import { limitWeight, mergeParts, type PromptPart } from './prompt-part.ts';

const FACTOR = 1.1;
/** Deeper brackets are text: nobody means them, and each level costs a call. */
const DEPTH_MAX = 64;
const NUMBER = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i;

/** Stand for escaped brackets while the others are read; no keyboard types them. */
const OPENING = '\u0001';
const CLOSING = '\u0002';

export function parseComfyuiWeights(text: string): PromptPart[] {
  const hidden = text.replaceAll(String.raw`\(`, OPENING).replaceAll(String.raw`\)`, CLOSING);
  const parts = readLevel(hidden, 1, 0);
  return mergeParts(
    parts.map((part) =>
      part.kind === 'text'
        ? { ...part, text: part.text.replaceAll(OPENING, '(').replaceAll(CLOSING, ')') }
        : part,
    ),
  );
}

function readLevel(text: string, weight: number, depth: number): PromptPart[] {
  if (depth > DEPTH_MAX) return [{ kind: 'text', text, weight }];
  return splitGroups(text).flatMap((group): PromptPart[] => {
    const isBracketed = group.length >= 2 && group.startsWith('(') && group.endsWith(')');
    if (!isBracketed) return [{ kind: 'text', text: group, weight }];
    const inner = group.slice(1, -1);
    const colon = inner.lastIndexOf(':');
    const written = inner.slice(colon + 1);
    return colon > 0 && NUMBER.test(written)
      ? readLevel(inner.slice(0, colon), limitWeight(Number(written)), depth + 1)
      : readLevel(inner, limitWeight(weight * FACTOR), depth + 1);
  });
}

/** Bracketed groups of the outermost level and what stands between them. */
function splitGroups(text: string): string[] {
  const groups: string[] = [];
  let start = 0;
  let depth = 0;
  const cut = (end: number) => {
    if (end > start) groups.push(text.slice(start, end));
    start = end;
  };
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '(') {
      if (depth === 0) cut(at);
      depth++;
    } else if (text[at] === ')') {
      depth--;
      if (depth === 0) cut(at + 1);
    }
  }
  cut(text.length);
  return groups;
}
