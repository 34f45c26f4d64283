/** The samplers and spacings that there are, and how they are written. */

/** Samplers by the names of the papers' authors; every alias a person may type maps to one of these. */
export const SAMPLER_IDS = [
  'ddpm',
  'ddim',
  'pndm',
  'lms',
  'euler',
  'euler-ancestral',
  'heun',
  'dpm2',
  'dpm2-ancestral',
  'dpmpp-2m',
  'dpmpp-2m-sde',
  'dpmpp-3m-sde',
  'dpmpp-2s-ancestral',
  'dpmpp-singlestep',
  'dpmpp-sde',
  'unipc',
  'deis',
  'lcm',
  'tcd',
  'flow-match-euler',
  'edm-euler',
  'edm-dpmpp-2m',
  'ipndm',
  'sa-solver',
] as const;
export type SamplerId = (typeof SAMPLER_IDS)[number];

/** As the WebUI writes them where it has them: in its recipes, on cards, in messages. */
export const SAMPLER_LABELS: Readonly<Record<SamplerId, string>> = {
  ddpm: 'DDPM',
  ddim: 'DDIM',
  pndm: 'PLMS',
  lms: 'LMS',
  euler: 'Euler',
  'euler-ancestral': 'Euler a',
  heun: 'Heun',
  dpm2: 'DPM2',
  'dpm2-ancestral': 'DPM2 a',
  'dpmpp-2m': 'DPM++ 2M',
  'dpmpp-2m-sde': 'DPM++ 2M SDE',
  'dpmpp-3m-sde': 'DPM++ 3M SDE',
  'dpmpp-2s-ancestral': 'DPM++ 2S a',
  'dpmpp-singlestep': 'DPM++ singlestep',
  'dpmpp-sde': 'DPM++ SDE',
  unipc: 'UniPC',
  deis: 'DEIS',
  lcm: 'LCM',
  tcd: 'TCD',
  'flow-match-euler': 'Flow match Euler',
  'edm-euler': 'EDM Euler',
  'edm-dpmpp-2m': 'EDM DPM++ 2M',
  ipndm: 'iPNDM',
  'sa-solver': 'SA-Solver',
};

/** How the timesteps or sigmas of a run are spread over the trained schedule. */
export const SPACING_IDS = [
  'leading',
  'trailing',
  'linspace',
  'karras',
  'exponential',
  'beta',
  'sgm-uniform',
  'lu',
] as const;
export type SpacingId = (typeof SPACING_IDS)[number];

/** How weights in prompts are read: with WebUI's or ComfyUI's rule, or not at all, as diffusers does. */
export const PROMPT_WEIGHTINGS = ['webui', 'comfyui', 'none'] as const;
export type PromptWeighting = (typeof PROMPT_WEIGHTINGS)[number];
