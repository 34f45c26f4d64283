/** A command while it is read: what its flags said, before it is a request. */
import type {
  GenerateRequest,
  SamplerId,
  SpacingId,
  Variation,
} from '#contract/generation-request.ts';

/** A request as typed: the seed may be left to chance, everything else is fixed. */
export type CommandRequest = Omit<GenerateRequest, 'seed'> & { seed?: number | undefined };

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
  count?: number;
  sampler?: SamplerId;
  /** From the sampler's name, as in `DPM++ 2M Karras`. */
  samplerSpacing?: SpacingId;
  spacing?: SpacingId;
  modelId?: string;
  style?: string;
  variations?: Variation[];
  isPrivate?: boolean;
}
