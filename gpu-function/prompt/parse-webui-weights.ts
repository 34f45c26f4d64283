/**
 * Weights as Stable Diffusion WebUI reads them: `(x)` is 1.1 times as strong, `((x))` 1.21 times, `(x:1.2)` as said, `[x]`
 * 1.1 times as weak, `\(` a bracket itself, `BREAK` a new chunk. Brackets that are not closed reach to the end.
 * https://github.com/AUTOMATIC1111/stable-diffusion-webui/wiki/Features#attentionemphasis
 */
import { limitWeight, mergeParts, type PromptPart } from './prompt-part.ts';

const ROUND_FACTOR = 1.1;
const SQUARE_FACTOR = 1 / 1.1;

/** An escaped sign, a bracket, a weight with the bracket that ends it, or a run of anything else. */
const TOKEN = /\\[()[\]\\]|\\|[([\])]|:\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*\)|[^\\()[\]:]+|:/g;
const BREAK = /\s*\bBREAK\b\s*/;

export function parseWebuiWeights(text: string): PromptPart[] {
  const parts: PromptPart[] = [];
  const open = { '(': [] as number[], '[': [] as number[] };
  const multiply = (start: number, factor: number) => {
    for (const part of parts.slice(start)) {
      if (part.kind === 'text') part.weight = limitWeight(part.weight * factor);
    }
  };
  const close = (bracket: '(' | '[', factor: number): boolean => {
    const start = open[bracket].pop();
    if (start === undefined) return false;
    multiply(start, factor);
    return true;
  };
  for (const [token, weight] of text.matchAll(TOKEN)) {
    if (token.length === 2 && token.startsWith('\\')) addText(parts, token.slice(1));
    else if (token === '(' || token === '[') open[token].push(parts.length);
    else if (weight !== undefined && close('(', Number(weight))) continue;
    else if (token === ')' && close('(', ROUND_FACTOR)) continue;
    else if (token === ']' && close('[', SQUARE_FACTOR)) continue;
    else addWithBreaks(parts, token);
  }
  for (const start of open['(']) multiply(start, ROUND_FACTOR);
  for (const start of open['[']) multiply(start, SQUARE_FACTOR);
  return mergeParts(parts);
}

function addText(parts: PromptPart[], text: string): void {
  parts.push({ kind: 'text', text, weight: 1 });
}

function addWithBreaks(parts: PromptPart[], text: string): void {
  for (const [index, piece] of text.split(BREAK).entries()) {
    if (index > 0) parts.push({ kind: 'break' });
    addText(parts, piece);
  }
}
