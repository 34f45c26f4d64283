/** Samplers as people write them in diffusers, WebUI and ComfyUI, mapped to the contract's names. */
import {
  SAMPLER_IDS,
  SPACING_IDS,
  type SamplerId,
  type SpacingId,
} from '#contract/generation-request.ts';

export interface SamplerChoice {
  sampler: SamplerId;
  /** Only when the name says so, as in `DPM++ 2M Karras`. */
  spacing?: SpacingId | undefined;
}

/** What stays of each known name after `normalize`. */
const ALIASES: Record<SamplerId, readonly string[]> = {
  ddpm: ['ddpm'],
  ddim: ['ddim'],
  euler: ['euler', 'eulerdiscrete'],
  'euler-ancestral': ['eulera', 'eulerancestral', 'eulerancestraldiscrete'],
  'dpmpp-2m': ['dpmpp2m', 'dpmsolvermultistep', 'dpmsolverpp', 'dpmsolverpp2m', 'dpmpp2mmultistep'],
};

function normalize(name: string): string {
  return name
    .toLowerCase()
    .replace(/^k[_-]/, '')
    .replaceAll('++', 'pp')
    .replaceAll(/[\s_-]/g, '')
    .replace(/(scheduler|sampler)$/, '');
}

/** The sampler that a name means: `DPM++ 2M Karras`, `dpmpp_2m`, `DPMSolverMultistepScheduler`, `k_euler_a`. */
export function parseSamplerName(name: string): SamplerChoice | undefined {
  const compact = normalize(name);
  const isKarras = compact.endsWith('karras');
  const base = normalize(isKarras ? compact.slice(0, -'karras'.length) : compact);
  const sampler = SAMPLER_IDS.find((id) => ALIASES[id].includes(base));
  if (sampler === undefined) return undefined;
  return isKarras ? { sampler, spacing: 'karras' } : { sampler };
}

export function parseSpacingName(name: string): SpacingId | undefined {
  return SPACING_IDS.find((id) => id === name.trim().toLowerCase());
}
