/** A request back into the command that parses to it again. */
import type { CommandRequest, PromptWalk } from './command-draft.ts';
import { formatBorders, formatMask, formatPan } from './picture-flag-values.ts';
import { formatPictureId } from './picture-id.ts';
import { toPictureId } from './picture-source.ts';
import { quoteText, readTokens } from './command-tokens.ts';

export interface FormatCommandOptions {
  /** This many pictures need no flag; without it `--count` is always written. */
  defaultCount?: number | undefined;
  /** The request is the first picture of this walk. */
  walk?: PromptWalk | undefined;
}

/** `parseCommand(formatCommand(r))` equals r for every request without control characters or a blank prompt. */
export function formatCommand(request: CommandRequest, options: FormatCommandOptions = {}): string {
  const { negativePrompt } = request;
  const flags = [
    ...toDrawingFlags(request, options),
    ...toPictureFlags(request),
    ...toWalkFlags(options.walk),
    // Last, since a list without quotes reaches up to the next flag.
    ['no', negativePrompt === '' ? undefined : formatText(negativePrompt)] as WrittenFlag,
  ];
  const written = flags
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => (value === '' ? ` --${name}` : ` --${name} ${value}`));
  return formatText(request.prompt) + written.join('');
}

/** An empty value belongs to a flag that has none. */
type WrittenFlag = [name: string, value: string | number | undefined];

function toDrawingFlags(
  request: CommandRequest,
  { defaultCount, walk }: FormatCommandOptions,
): WrittenFlag[] {
  const { size, variations } = request;
  const isUsualCount = request.count === defaultCount || walk !== undefined;
  return [
    ['ar', size.kind === 'aspect' ? `${size.width}:${size.height}` : undefined],
    ['size', size.kind === 'pixels' ? `${size.widthPx}x${size.heightPx}` : undefined],
    ['count', isUsualCount ? undefined : request.count],
    ['seed', request.seed],
    ['steps', request.steps],
    ['cfg', request.guidanceScale],
    ['rescale', request.guidanceRescale],
    ['eta', request.eta],
    ['s-churn', request.sChurn],
    ['s-noise', request.sNoise],
    ['prompt-weighting', request.promptWeighting],
    ['clip-skip', request.clipSkip],
    ['sampler', request.sampler],
    ['spacing', request.spacing],
    ['model', request.modelId],
    ['style', request.style],
    ['variation', variations?.map(({ seed, strength }) => `${seed}:${strength}`).join(',')],
  ];
}

function toPictureFlags(request: CommandRequest): WrittenFlag[] {
  const { startImage, inpaint, outpaint } = request;
  const picture = startImage && toPictureId(startImage);
  // A mask of every value is written where it can be; without its picture it would be refused.
  if (startImage !== undefined && picture === undefined) return [];
  return [
    ['image', picture && formatPictureId(picture)],
    ['strength', request.strength],
    ['mask', inpaint && formatMask(inpaint.mask)],
    ['area', inpaint?.area === 'only-masked' ? inpaint.area : undefined],
    ['feather', inpaint?.featherPx],
    ['padding', inpaint?.paddingPx],
    ['zoom', outpaint?.kind === 'zoom' ? outpaint.factor : undefined],
    ['pan', outpaint?.kind === 'pan' ? formatPan(outpaint) : undefined],
    ['extend', outpaint?.kind === 'borders' ? formatBorders(outpaint) : undefined],
    ['tile', request.tile ? '' : undefined],
  ];
}

function toWalkFlags(walk: PromptWalk | undefined): WrittenFlag[] {
  if (walk === undefined) return [];
  return [
    ['frames', walk.frames],
    ['fps', walk.framesPerSecond],
    ['to', formatText(walk.toPrompt)],
  ];
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
