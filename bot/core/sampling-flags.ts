/** Flags of the way from noise to picture: steps, guidance, sampler and how it draws, and how the words are read. */
import { PROMPT_WEIGHTINGS, SAMPLER_IDS, SPACING_IDS } from '#contract/generation-request.ts';
import { LIMITS } from '#contract/limits.ts';
import { suggestFrom } from '#contract/nearest-name.ts';
import { CommandError } from './command-error.ts';
import { fixed, flag, numberFlag, type Flag } from './flag.ts';
import { showValue } from './flag-values.ts';
import { parseSamplerName, parseSpacingName } from './sampler-names.ts';

export const samplingFlags: readonly Flag[] = [
  numberFlag({
    name: 'steps',
    description: 'Denoising steps: more take longer and add detail',
    example: '--steps 20',
    choices: fixed('10', '20', '30', '50'),
    limits: LIMITS.steps,
    isWhole: true,
    toValues: (steps) => ({ steps }),
  }),
  numberFlag({
    name: 'cfg',
    aliases: ['guidance', 'scale', 'cfg-scale', 'guidance-scale'],
    description: 'Guidance: how closely the picture follows the words',
    example: '--cfg 7.5',
    choices: fixed('3', '5', '7.5', '10'),
    limits: LIMITS.guidanceScale,
    isWhole: false,
    toValues: (guidanceScale) => ({ guidanceScale }),
  }),
  numberFlag({
    name: 'rescale',
    aliases: ['guidance-rescale'],
    description: 'Guidance rescale: tames colours that strong guidance burns out',
    example: '--rescale 0.7',
    choices: fixed('0', '0.5', '0.7'),
    limits: LIMITS.guidanceRescale,
    isWhole: false,
    toValues: (guidanceRescale) => ({ guidanceRescale }),
  }),
  flag({
    name: 'sampler',
    aliases: ['scheduler'],
    valueHint: 'name',
    description: 'The way from noise to picture',
    example: '--sampler "dpm++ 2m karras"',
    extent: 'sampler',
    choices: fixed(...SAMPLER_IDS),
    read: (value, written) => {
      const choice = parseSamplerName(value);
      if (choice === undefined) {
        throw new CommandError(
          `${written} ${showValue(value)} is unknown.${suggestFrom(value, SAMPLER_IDS)}`,
        );
      }
      const { sampler, spacing } = choice;
      return spacing === undefined ? { sampler } : { sampler, samplerSpacing: spacing };
    },
  }),
  flag({
    name: 'spacing',
    valueHint: 'name',
    description: 'How the steps are spread over the noise levels',
    example: '--spacing karras',
    choices: fixed(...SPACING_IDS),
    read: (value, written) => {
      const spacing = parseSpacingName(value);
      if (spacing !== undefined) return { spacing };
      throw new CommandError(
        `${written} ${showValue(value)} is unknown.${suggestFrom(value, SPACING_IDS)}`,
      );
    },
  }),
  numberFlag({
    name: 'eta',
    description: 'Share of the noise that each step of DDIM, TCD or an ancestral sampler renews',
    example: '--eta 0.5',
    choices: fixed('0', '0.5', '1'),
    limits: LIMITS.eta,
    isWhole: false,
    toValues: (eta) => ({ eta }),
  }),
  numberFlag({
    name: 's-churn',
    aliases: ['churn'],
    description: 'Noise that Euler stirs in over the whole run',
    example: '--s-churn 10',
    limits: LIMITS.sChurn,
    isWhole: false,
    toValues: (sChurn) => ({ sChurn }),
  }),
  numberFlag({
    name: 's-noise',
    description: 'Factor for the noise that steps add',
    example: '--s-noise 1',
    limits: LIMITS.sNoise,
    isWhole: false,
    toValues: (sNoise) => ({ sNoise }),
  }),
  numberFlag({
    name: 'clip-skip',
    aliases: ['clipskip'],
    description:
      'Layer of the text encoder, counted from its end: 1 as trained, 2 for many anime models',
    example: '--clip-skip 2',
    choices: fixed('1', '2'),
    limits: LIMITS.clipSkip,
    isWhole: true,
    toValues: (clipSkip) => ({ clipSkip }),
  }),
  flag({
    name: 'prompt-weighting',
    aliases: ['weighting', 'emphasis'],
    valueHint: 'rule',
    description: 'How (weights:1.2) in prompts act: as in WebUI, as in ComfyUI, or not at all',
    example: '--prompt-weighting comfyui',
    choices: fixed(...PROMPT_WEIGHTINGS),
    read: (value, written) => {
      const wanted = value.trim().toLowerCase();
      const promptWeighting = PROMPT_WEIGHTINGS.find((rule) => rule === wanted);
      if (promptWeighting !== undefined) return { promptWeighting };
      throw new CommandError(
        `${written} ${showValue(value)} is unknown.${suggestFrom(value, PROMPT_WEIGHTINGS)}`,
      );
    },
  }),
];
