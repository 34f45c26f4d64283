/** A command while it is read: what its flags said, before it is a request. */
import type {
  ClipFormat,
  GenerateRequest,
  PromptWeighting,
  SamplerId,
  SpacingId,
  Variation,
} from '#contract/generation-request.ts';
import type { Inpaint, Mask, Outpaint } from '#contract/picture-editing.ts';
import type { PictureId } from './picture-id.ts';

/** A request as typed: the seed may be left to chance, everything else is fixed. */
export type CommandRequest = Omit<GenerateRequest, 'seed'> & { seed?: number | undefined };

/** A walk between two prompts, beside the request of its first picture. */
export interface PromptWalk {
  toPrompt: string;
  frames?: number | undefined;
  framesPerSecond?: number | undefined;
}

/** The values of the flags that were given. */
export interface FlagValues {
  aspect?: { width: number; height: number };
  size?: { widthPx: number; heightPx: number };
  widthPx?: number;
  heightPx?: number;
  negativePrompt?: string;
  seed?: number;
  steps?: number;
  guidanceScale?: number;
  guidanceRescale?: number;
  eta?: number;
  sChurn?: number;
  sNoise?: number;
  clipSkip?: number;
  promptWeighting?: PromptWeighting;
  count?: number;
  sampler?: SamplerId;
  /** From the sampler's name, as in `DPM++ 2M Karras`. */
  samplerSpacing?: SpacingId;
  spacing?: SpacingId;
  modelId?: string;
  style?: string;
  variations?: Variation[];
  isPrivate?: boolean;
  startImage?: PictureId;
  strength?: number;
  mask?: Mask;
  area?: Inpaint['area'];
  featherPx?: number;
  paddingPx?: number;
  zoom?: number;
  pan?: Extract<Outpaint, { kind: 'pan' }>;
  borders?: Extract<Outpaint, { kind: 'borders' }>;
  tile?: boolean;
  clip?: ClipFormat;
  /** How many jobs the command makes. */
  repeat?: number;
  /** The far end of a prompt walk. */
  toPrompt?: string;
  frames?: number;
  framesPerSecond?: number;
}
