/**
 * Packages that are known to suit the engine, with what their cards say and the settings their makers advise. Sizes are of
 * the files that are fetched, as the hub listed them in 2026.
 */
import type { ModelDefaults } from '#contract/model-description.ts';
import { knownLicence, type Licence } from './pull/licences.ts';

export interface CatalogEntry {
  /** Short name: typed after pull and after --model. */
  id: string;
  name: string;
  description: string;
  /** On the hub. */
  repository: string;
  /** Branch, tag or commit. */
  revision: string;
  family: 'SD 1.x' | 'SD 2.x' | 'SDXL' | 'LCM' | 'SD Turbo' | 'SDXL Turbo';
  precision: 'float16' | 'float32';
  /** About. */
  sizeBytes: number;
  licence: Licence;
  /** Fused for one kind of hardware: `cuda` runs on no processor. */
  runsOn: 'anything' | 'cuda';
  /** For whoever says nothing else, and only where the package itself is silent. */
  defaults: ModelDefaults;
}

const openRail = knownLicence('creativeml-openrail-m');
const openRailPlus = knownLicence('openrail++');
const nonCommercial = knownLicence('sai-nc-community');

const usual = { guidanceRescale: 0, sampler: 'dpmpp-2m', spacing: 'karras' } as const;
/** Distilled networks: few steps, no guidance, started from the noisiest level. */
const turbo = {
  steps: 4,
  guidanceScale: 0,
  guidanceRescale: 0,
  sampler: 'euler',
  spacing: 'trailing',
} as const;
/** Luo et al. 2023: the guidance is what the network was told while it was distilled. */
const consistency = {
  steps: 4,
  guidanceScale: 8.5,
  guidanceRescale: 0,
  sampler: 'lcm',
  spacing: 'leading',
} as const;
const small = { widthPx: 512, heightPx: 512 } as const;
const large = { widthPx: 1_024, heightPx: 1_024 } as const;

export const CATALOG: readonly CatalogEntry[] = [
  {
    id: 'sd15',
    name: 'Stable Diffusion 1.5',
    description: 'The classic at half precision; the best first model.',
    repository: 'nmkd/stable-diffusion-1.5-onnx-fp16',
    revision: 'main',
    family: 'SD 1.x',
    precision: 'float16',
    sizeBytes: 2.14e9,
    licence: openRail,
    runsOn: 'anything',
    defaults: { ...usual, ...small, steps: 25, guidanceScale: 7.5 },
  },
  {
    id: 'sd15-float32',
    name: 'Stable Diffusion 1.5, full precision',
    description: 'The same at full precision, for processors.',
    repository: 'onnx-community/stable-diffusion-v1-5-ONNX',
    revision: 'main',
    family: 'SD 1.x',
    precision: 'float32',
    sizeBytes: 4.27e9,
    licence: openRail,
    runsOn: 'anything',
    defaults: { ...usual, ...small, steps: 25, guidanceScale: 7.5 },
  },
  {
    id: 'sd21-base',
    name: 'Stable Diffusion 2.1 base',
    description: 'The second generation at 512 pixels.',
    repository: 'aislamov/stable-diffusion-2-1-base-onnx',
    revision: 'fp16',
    family: 'SD 2.x',
    precision: 'float16',
    sizeBytes: 2.6e9,
    licence: openRailPlus,
    runsOn: 'anything',
    defaults: { ...usual, ...small, steps: 25, guidanceScale: 7.5 },
  },
  {
    id: 'lcm-dreamshaper',
    name: 'LCM Dreamshaper 7',
    description: 'Pictures in four steps, and commercial use is allowed.',
    repository: 'SimianLuo/LCM_Dreamshaper_v7',
    revision: 'main',
    family: 'LCM',
    precision: 'float32',
    sizeBytes: 4.27e9,
    licence: knownLicence('mit'),
    runsOn: 'anything',
    defaults: { ...consistency, ...small },
  },
  {
    id: 'lcm-dreamshaper-float16',
    name: 'LCM Dreamshaper 7, half precision',
    description: 'The same at half the size.',
    repository: 'aislamov/lcm-dreamshaper-v7-onnx',
    revision: 'main',
    family: 'LCM',
    precision: 'float16',
    sizeBytes: 2.06e9,
    licence: { name: 'see its card', commercialUse: 'unknown' },
    runsOn: 'anything',
    defaults: { ...consistency, ...small },
  },
  {
    id: 'sd-turbo',
    name: 'SD-Turbo',
    description: 'One to four steps, fused for CUDA.',
    repository: 'tlwu/sd-turbo-onnxruntime',
    revision: 'main',
    family: 'SD Turbo',
    precision: 'float16',
    sizeBytes: 2.58e9,
    licence: nonCommercial,
    runsOn: 'cuda',
    defaults: { ...turbo, ...small },
  },
  {
    id: 'sdxl-base',
    name: 'Stable Diffusion XL 1.0',
    description: 'Large pictures at half precision, fused for CUDA.',
    repository: 'tlwu/stable-diffusion-xl-base-1.0-onnxruntime',
    revision: 'main',
    family: 'SDXL',
    precision: 'float16',
    sizeBytes: 7e9,
    licence: openRailPlus,
    runsOn: 'cuda',
    defaults: { ...usual, ...large, steps: 25, guidanceScale: 5 },
  },
  {
    id: 'sdxl-base-float32',
    name: 'Stable Diffusion XL 1.0, full precision',
    description: "The maker's own export.",
    repository: 'stabilityai/stable-diffusion-xl-base-1.0',
    revision: 'main',
    family: 'SDXL',
    precision: 'float32',
    sizeBytes: 13.9e9,
    licence: openRailPlus,
    runsOn: 'anything',
    defaults: { ...usual, ...large, steps: 25, guidanceScale: 5 },
  },
  {
    id: 'sdxl-turbo',
    name: 'SDXL-Turbo',
    description: 'One to four steps at half precision, fused for CUDA.',
    repository: 'tlwu/sdxl-turbo-onnxruntime',
    revision: 'main',
    family: 'SDXL Turbo',
    precision: 'float16',
    sizeBytes: 7e9,
    licence: nonCommercial,
    runsOn: 'cuda',
    defaults: { ...turbo, ...small },
  },
  {
    id: 'sdxl-turbo-float32',
    name: 'SDXL-Turbo, full precision',
    description: "The maker's own export.",
    repository: 'stabilityai/sdxl-turbo',
    revision: 'main',
    family: 'SDXL Turbo',
    precision: 'float32',
    sizeBytes: 13.9e9,
    licence: nonCommercial,
    runsOn: 'anything',
    defaults: { ...turbo, ...small },
  },
];
