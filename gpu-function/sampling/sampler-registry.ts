/** Every sampler: its function and its kind of table. A new sampler is one file and one line here. */
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
  run: Sampler;
  levels: LevelFamily;
}

export const SAMPLERS: Record<SamplerId, SamplerEntry> = {
  ddpm: { run: sampleDdpm, levels: DDPM_LEVELS },
  ddim: { run: sampleDdim, levels: DDIM_LEVELS },
  euler: { run: sampleEuler, levels: SIGMA_LEVELS },
  'euler-ancestral': { run: sampleEulerAncestral, levels: SIGMA_LEVELS },
  'dpmpp-2m': { run: sampleDpmpp2m, levels: SOLVER_LEVELS },
};
