/**
 * What the reference's scheduler classes assume where a scheduler_config.json is silent (their defaults differ),
 * and which built sampler draws for each. https://huggingface.co/docs/diffusers/api/schedulers/overview
 */
import type { SamplerId } from '#contract/generation-request.ts';
import type { SchedulerConfig } from './scheduler-config.ts';

export interface SchedulerClass {
  sampler: SamplerId;
  /** Whether the sampler above is this very method, or only its nearest relative. */
  isBuilt: boolean;
  betas: Pick<SchedulerConfig, 'beta_start' | 'beta_end' | 'beta_schedule'>;
  /** The class's own spacing where no key says one. */
  spacing: 'leading' | 'linspace';
  clipsSample: boolean;
  endsClean: boolean;
}

const LINEAR = { beta_start: 0.0001, beta_end: 0.02, beta_schedule: 'linear' } as const;
const NARROW_LINEAR = { beta_start: 0.00085, beta_end: 0.012, beta_schedule: 'linear' } as const;
const NARROW_SCALED = { ...NARROW_LINEAR, beta_schedule: 'scaled_linear' } as const;

const ON_TIMESTEPS = { spacing: 'leading', clipsSample: false, endsClean: true } as const;
const ON_SIGMAS = { spacing: 'linspace', clipsSample: false, endsClean: true } as const;

const CLASSES: Readonly<Record<string, SchedulerClass>> = {
  DDPMScheduler: {
    ...ON_TIMESTEPS,
    sampler: 'ddpm',
    isBuilt: true,
    betas: LINEAR,
    clipsSample: true,
  },
  DDIMScheduler: {
    ...ON_TIMESTEPS,
    sampler: 'ddim',
    isBuilt: true,
    betas: LINEAR,
    clipsSample: true,
  },
  EulerDiscreteScheduler: { ...ON_SIGMAS, sampler: 'euler', isBuilt: true, betas: LINEAR },
  EulerAncestralDiscreteScheduler: {
    ...ON_SIGMAS,
    sampler: 'euler-ancestral',
    isBuilt: true,
    betas: LINEAR,
  },
  DPMSolverMultistepScheduler: {
    ...ON_SIGMAS,
    sampler: 'dpmpp-2m',
    isBuilt: true,
    betas: LINEAR,
  },
  PNDMScheduler: {
    ...ON_TIMESTEPS,
    sampler: 'ddim',
    isBuilt: false,
    betas: LINEAR,
    endsClean: false,
  },
  LCMScheduler: { ...ON_TIMESTEPS, sampler: 'ddim', isBuilt: false, betas: NARROW_SCALED },
  TCDScheduler: { ...ON_TIMESTEPS, sampler: 'ddim', isBuilt: false, betas: NARROW_SCALED },
  LMSDiscreteScheduler: { ...ON_SIGMAS, sampler: 'euler', isBuilt: false, betas: LINEAR },
  HeunDiscreteScheduler: { ...ON_SIGMAS, sampler: 'euler', isBuilt: false, betas: NARROW_LINEAR },
  KDPM2DiscreteScheduler: { ...ON_SIGMAS, sampler: 'euler', isBuilt: false, betas: NARROW_LINEAR },
  KDPM2AncestralDiscreteScheduler: {
    ...ON_SIGMAS,
    sampler: 'euler-ancestral',
    isBuilt: false,
    betas: NARROW_LINEAR,
  },
  DPMSolverSDEScheduler: {
    ...ON_SIGMAS,
    sampler: 'dpmpp-2m',
    isBuilt: false,
    betas: NARROW_LINEAR,
  },
  DPMSolverSinglestepScheduler: {
    ...ON_SIGMAS,
    sampler: 'dpmpp-2m',
    isBuilt: false,
    betas: LINEAR,
  },
  DEISMultistepScheduler: { ...ON_SIGMAS, sampler: 'dpmpp-2m', isBuilt: false, betas: LINEAR },
  UniPCMultistepScheduler: { ...ON_SIGMAS, sampler: 'dpmpp-2m', isBuilt: false, betas: LINEAR },
};

const UNKNOWN: SchedulerClass = {
  ...ON_TIMESTEPS,
  sampler: 'ddim',
  isBuilt: false,
  betas: LINEAR,
};

export function schedulerClass(className: string): SchedulerClass {
  return Object.hasOwn(CLASSES, className) ? (CLASSES[className] ?? UNKNOWN) : UNKNOWN;
}
