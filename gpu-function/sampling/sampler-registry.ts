/** Every sampler: its method, the reference's class whose settings it reads, its spacings. A new one is a file and a line. */
import type { SamplerId, SpacingId } from '#contract/generation-request.ts';
import type { CreateSampler, SamplerOptions } from './sampler.ts';
import type { SchedulerKeys } from './scheduler-config.ts';
import { createDdim } from './samplers/ddim.ts';
import { createDdpm } from './samplers/ddpm.ts';
import { createDeis } from './samplers/deis.ts';
import { createDpm2Ancestral } from './samplers/dpm2-ancestral.ts';
import { createDpm2 } from './samplers/dpm2.ts';
import { createDpmpp2sAncestral } from './samplers/dpmpp-2s-ancestral.ts';
import { createDpmppMultistep } from './samplers/dpmpp-multistep.ts';
import { createDpmppSde } from './samplers/dpmpp-sde.ts';
import { createDpmppSinglestep } from './samplers/dpmpp-singlestep.ts';
import { createEdmDpmpp2m } from './samplers/edm-dpmpp-2m.ts';
import { createEdmEuler } from './samplers/edm-euler.ts';
import { createEulerAncestral } from './samplers/euler-ancestral.ts';
import { createEuler } from './samplers/euler.ts';
import { createFlowMatchEuler } from './samplers/flow-match-euler.ts';
import { createHeun } from './samplers/heun.ts';
import { createIpndm } from './samplers/ipndm.ts';
import { createLcm } from './samplers/lcm.ts';
import { createLms } from './samplers/lms.ts';
import { createPndm } from './samplers/pndm.ts';
import { createSaSolver } from './samplers/sa-solver.ts';
import { createTcd } from './samplers/tcd.ts';
import { createUnipc } from './samplers/unipc.ts';

export interface SamplerEntry {
  create: CreateSampler;
  /** The class of diffusers whose defaults fill in what a package leaves out. */
  className: string;
  spacings: readonly SpacingId[];
  /** Of the timesteps, where neither the person nor the package says one. */
  timestepSpacing: 'leading' | 'linspace';
  /** Settings that a person may give it. */
  options: readonly (keyof SamplerOptions)[];
  /** Whether it can draw with a model that predicts a flow. */
  followsFlows?: boolean;
  /** What it makes of settings that were written for its relatives. */
  adapt?(keys: SchedulerKeys): Partial<SchedulerKeys>;
}

const PLAIN = ['leading', 'trailing', 'linspace', 'sgm-uniform'] as const;
const SPREAD = ['karras', 'exponential', 'beta'] as const;

const WHOLE = { spacings: PLAIN, timestepSpacing: 'leading', options: [] } as const;
const SIGMAS = { spacings: [...PLAIN, ...SPREAD], timestepSpacing: 'linspace' } as const;
const SOLVER = { ...SIGMAS, options: [], followsFlows: true } as const;
const MULTISTEP = {
  create: createDpmppMultistep,
  className: 'DPMSolverMultistepScheduler',
  spacings: [...PLAIN, ...SPREAD, 'lu'],
  timestepSpacing: 'linspace',
  options: [],
  followsFlows: true,
} as const satisfies SamplerEntry;
const DISTILLED = { spacings: ['leading'], timestepSpacing: 'leading' } as const;
const EDM = { spacings: ['karras', 'exponential'], timestepSpacing: 'linspace' } as const;
const CHURN = ['sChurn', 'sTmin', 'sTmax', 'sNoise'] as const;
const ANCESTRAL = ['eta', 'sNoise'] as const;

export const SAMPLERS: Record<SamplerId, SamplerEntry> = {
  ddpm: { ...WHOLE, create: createDdpm, className: 'DDPMScheduler' },
  ddim: {
    ...WHOLE,
    create: createDdim,
    className: 'DDIMScheduler',
    options: ['eta', 'usesClippedOutput'],
  },
  pndm: {
    ...WHOLE,
    spacings: ['leading', 'trailing', 'linspace'],
    create: createPndm,
    className: 'PNDMScheduler',
  },
  lms: { ...SIGMAS, create: createLms, className: 'LMSDiscreteScheduler', options: ['order'] },
  euler: { ...SIGMAS, create: createEuler, className: 'EulerDiscreteScheduler', options: CHURN },
  'euler-ancestral': {
    ...SIGMAS,
    create: createEulerAncestral,
    className: 'EulerAncestralDiscreteScheduler',
    options: ANCESTRAL,
  },
  heun: { ...SIGMAS, create: createHeun, className: 'HeunDiscreteScheduler', options: [] },
  dpm2: { ...SIGMAS, create: createDpm2, className: 'KDPM2DiscreteScheduler', options: [] },
  'dpm2-ancestral': {
    ...SIGMAS,
    create: createDpm2Ancestral,
    className: 'KDPM2AncestralDiscreteScheduler',
    options: ANCESTRAL,
  },
  'dpmpp-2m': { ...MULTISTEP, adapt: (keys) => withAlgorithm(keys, 'dpmsolver++', false) },
  'dpmpp-2m-sde': { ...MULTISTEP, adapt: (keys) => withAlgorithm(keys, 'sde-dpmsolver++', true) },
  'dpmpp-3m-sde': {
    ...MULTISTEP,
    adapt: () => ({ algorithm_type: 'sde-dpmsolver++', solver_order: 3 }),
  },
  'dpmpp-2s-ancestral': {
    ...SIGMAS,
    create: createDpmpp2sAncestral,
    className: 'EulerAncestralDiscreteScheduler',
    options: ANCESTRAL,
  },
  'dpmpp-singlestep': {
    ...SOLVER,
    create: createDpmppSinglestep,
    className: 'DPMSolverSinglestepScheduler',
  },
  'dpmpp-sde': {
    ...SIGMAS,
    create: createDpmppSde,
    className: 'DPMSolverSDEScheduler',
    options: ANCESTRAL,
  },
  unipc: { ...SOLVER, create: createUnipc, className: 'UniPCMultistepScheduler' },
  deis: { ...SOLVER, create: createDeis, className: 'DEISMultistepScheduler' },
  lcm: { ...DISTILLED, create: createLcm, className: 'LCMScheduler', options: [] },
  tcd: { ...DISTILLED, create: createTcd, className: 'TCDScheduler', options: ['eta'] },
  'flow-match-euler': {
    spacings: ['linspace', ...SPREAD],
    timestepSpacing: 'linspace',
    create: createFlowMatchEuler,
    className: 'FlowMatchEulerDiscreteScheduler',
    options: [],
    followsFlows: true,
  },
  'edm-euler': { ...EDM, create: createEdmEuler, className: 'EDMEulerScheduler', options: CHURN },
  'edm-dpmpp-2m': {
    ...EDM,
    create: createEdmDpmpp2m,
    className: 'EDMDPMSolverMultistepScheduler',
    options: [],
  },
  ipndm: {
    spacings: ['linspace'],
    timestepSpacing: 'linspace',
    create: createIpndm,
    className: 'IPNDMScheduler',
    options: [],
  },
  'sa-solver': { ...SOLVER, create: createSaSolver, className: 'SASolverScheduler' },
};

/** The package's algorithm where it is of the wanted kind, otherwise the usual one of that kind. */
function withAlgorithm(
  { algorithm_type: given }: SchedulerKeys,
  usual: SchedulerKeys['algorithm_type'],
  isStochastic: boolean,
): Partial<SchedulerKeys> {
  return { algorithm_type: given.startsWith('sde-') === isStochastic ? given : usual };
}
