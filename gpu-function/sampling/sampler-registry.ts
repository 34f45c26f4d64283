/** Every sampler: its function, its kind of table, its name for people. A new sampler is one file and one line here. */
import type { SamplerId } from '#contract/generation-request.ts';
import type { LevelFamily } from './levels/level-table.ts';
import { SIGMA_LEVELS } from './levels/sigma-levels.ts';
import { SOLVER_LEVELS } from './levels/solver-levels.ts';
import { DDIM_LEVELS, DDPM_LEVELS } from './levels/trained-levels.ts';
import type { Sampler } from './sampler.ts';
import { sampleDdim } from './samplers/ddim.ts';
import { sampleDdpm } from './samplers/ddpm.ts';
import { sampleDpmpp2m } from './samplers/dpmpp-2m.ts';
import { sampleEulerAncestral } from './samplers/euler-ancestral.ts';
import { sampleEuler } from './samplers/euler.ts';

export interface SamplerEntry {
  title: string;
  run: Sampler;
  levels: LevelFamily;
}

export const SAMPLERS: Record<SamplerId, SamplerEntry> = {
  ddpm: { title: 'DDPM', run: sampleDdpm, levels: DDPM_LEVELS },
  ddim: { title: 'DDIM', run: sampleDdim, levels: DDIM_LEVELS },
  euler: { title: 'Euler', run: sampleEuler, levels: SIGMA_LEVELS },
  'euler-ancestral': { title: 'Euler ancestral', run: sampleEulerAncestral, levels: SIGMA_LEVELS },
  'dpmpp-2m': { title: 'DPM++ 2M', run: sampleDpmpp2m, levels: SOLVER_LEVELS },
};
