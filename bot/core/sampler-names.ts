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

/** What stays after `normalize` of every name that diffusers, WebUI and ComfyUI users write. docs/samplers.md lists them. */
const ALIASES: Record<SamplerId, readonly string[]> = {
  ddpm: ['ddpm'],
  ddim: ['ddim'],
  pndm: ['pndm', 'plms', 'pseudolinearmultistep'],
  lms: ['lms', 'lmsdiscrete'],
  euler: ['euler', 'eulerdiscrete'],
  'euler-ancestral': ['eulera', 'eulerancestral', 'eulerancestraldiscrete'],
  heun: ['heun', 'heundiscrete'],
  dpm2: ['dpm2', 'kdpm2', 'kdpm2discrete'],
  'dpm2-ancestral': ['dpm2a', 'dpm2ancestral', 'kdpm2ancestral', 'kdpm2ancestraldiscrete'],
  'dpmpp-2m': [
    'dpmpp2m',
    'dpmsolvermultistep',
    'dpmsolverpp',
    'dpmsolverpp2m',
    'dpmpp2mmultistep',
    'dpmsolver',
    'dpmpp',
  ],
  'dpmpp-2m-sde': ['dpmpp2msde', 'dpmpp2msdegpu', 'sdedpmsolverpp', 'sdedpmsolvermultistep'],
  'dpmpp-3m-sde': ['dpmpp3msde', 'dpmpp3msdegpu'],
  'dpmpp-2s-ancestral': ['dpmpp2sa', 'dpmpp2sancestral'],
  'dpmpp-singlestep': ['dpmppsinglestep', 'dpmsolversinglestep', 'dpmpp2s', 'dpmpp3s'],
  'dpmpp-sde': ['dpmppsde', 'dpmppsdegpu', 'dpmsolversde'],
  unipc: ['unipc', 'unipcbh2', 'unipcmultistep'],
  deis: ['deis', 'deismultistep'],
  lcm: ['lcm'],
  tcd: ['tcd'],
  'flow-match-euler': ['flowmatcheuler', 'flowmatcheulerdiscrete'],
  'edm-euler': ['edmeuler'],
  'edm-dpmpp-2m': ['edmdpmpp2m', 'edmdpmsolvermultistep'],
  ipndm: ['ipndm'],
  'sa-solver': ['sasolver'],
};

/** The same for spacings: WebUI writes them behind the sampler (`DPM++ 2M Karras`), ComfyUI beside it. */
const SPACING_ALIASES: Record<SpacingId, readonly string[]> = {
  leading: ['leading', 'ddimuniform'],
  trailing: ['trailing', 'simple'],
  linspace: ['linspace', 'uniform', 'normal'],
  karras: ['karras'],
  exponential: ['exponential', 'exp'],
  beta: ['beta'],
  'sgm-uniform': ['sgmuniform'],
  lu: ['lu', 'lulambdas'],
};
/** Names of spacings that may stand behind a sampler's; others (`uniform`, `normal`) are words of their own. */
const SUFFIXES: readonly SpacingId[] = ['karras', 'exponential', 'sgm-uniform', 'beta', 'trailing'];

function normalize(name: string): string {
  return name
    .toLowerCase()
    .replace(/^(k|sample)[_-]/, '')
    .replaceAll('++', 'pp')
    .replaceAll(/[\s_-]/g, '')
    .replace(/(scheduler|sampler)$/, '');
}

/** The sampler that a name means: `DPM++ 2M Karras`, `dpmpp_2m`, `DPMSolverMultistepScheduler`, `k_euler_a`. */
export function parseSamplerName(name: string): SamplerChoice | undefined {
  const compact = normalize(name);
  const plain = samplerOf(compact);
  if (plain !== undefined) return { sampler: plain };
  for (const spacing of SUFFIXES) {
    const suffix = normalize(spacing);
    const sampler = compact.endsWith(suffix)
      ? samplerOf(normalize(compact.slice(0, -suffix.length)))
      : undefined;
    if (sampler !== undefined) return { sampler, spacing };
  }
  return undefined;
}

function samplerOf(compact: string): SamplerId | undefined {
  return SAMPLER_IDS.find((id) => normalize(id) === compact || ALIASES[id].includes(compact));
}

export function parseSpacingName(name: string): SpacingId | undefined {
  const compact = normalize(name.trim());
  return SPACING_IDS.find((id) => SPACING_ALIASES[id].includes(compact));
}
