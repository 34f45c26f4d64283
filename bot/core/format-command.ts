/** A request back into the command that parses to it again. */
import type { CommandRequest } from './command-draft.ts';
import { quoteText, readTokens } from './command-tokens.ts';

export interface FormatCommandOptions {
  /** This many pictures need no flag; without it `--count` is always written. */
  defaultCount?: number | undefined;
}

/** `parseCommand(formatCommand(r))` equals r for every request without control characters or a blank prompt. */
export function formatCommand(request: CommandRequest, options: FormatCommandOptions = {}): string {
  const { size, variations, negativePrompt } = request;
  const flags: [name: string, value: string | number | undefined][] = [
    ['ar', size.kind === 'aspect' ? `${size.width}:${size.height}` : undefined],
    ['size', size.kind === 'pixels' ? `${size.widthPx}x${size.heightPx}` : undefined],
    ['count', request.count === options.defaultCount ? undefined : request.count],
    ['seed', request.seed],
    ['steps', request.steps],
    ['cfg', request.guidanceScale],
    ['rescale', request.guidanceRescale],
    ['sampler', request.sampler],
    ['spacing', request.spacing],
    ['model', request.modelId],
    ['style', request.style],
    ['variation', variations?.map(({ seed, strength }) => `${seed}:${strength}`).join(',')],
    // Last, since a list without quotes reaches up to the next flag.
    ['no', negativePrompt === '' ? undefined : formatText(negativePrompt)],
  ];
  const written = flags
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` --${name} ${value}`);
  return formatText(request.prompt) + written.join('');
}

/** The text as it is where that reads back the same; between quotes where it would not. */
function formatText(text: string): string {
  // Every long dash before a word counts as a flag here: quoting once too often does no harm.
  const tokens = readTokens(text, () => true);
  const isPlain = tokens.every((token) => token.kind === 'word' && !token.isUnclosed);
  const [first] = tokens;
  const isProtected = first?.kind === 'word' && first.quoted !== undefined;
  const words = tokens.map((token) => (token.kind === 'word' ? token.text : ''));
  return isPlain && !isProtected && words.join(' ') === text ? text : quoteText(text);
}
