/** Runs a whole sampling loop and writes down what happened in it. */
import { planSampling, type SamplingRequest } from '../../gpu-function/sampling/plan-sampling.ts';
import type { SamplingPlan } from '../../gpu-function/sampling/sampling-plan.ts';

export interface LoopRequest {
  request: SamplingRequest;
  toStart(plan: SamplingPlan): Float32Array;
  callNetwork(sample: Float32Array, timestep: number, call: number): Float32Array;
  /** Noise of the draw with this number, from 0. */
  drawNoise(draw: number): Float32Array;
}

export interface LoopRecord {
  plan: SamplingPlan;
  start: Float32Array;
  final: Float32Array;
  steps: { latents: Float32Array; denoised: Float32Array }[];
  /** How many arrays of noise the sampler asked for. */
  draws: number;
}

export async function replayLoop(loop: LoopRequest): Promise<LoopRecord> {
  const plan = planSampling(loop.request);
  const start = loop.toStart(plan);
  const steps: LoopRecord['steps'] = [];
  let calls = 0;
  let draws = 0;
  const final = await plan.sample({
    start,
    callNetwork: async (sample, timestep) => loop.callNetwork(sample, timestep, calls++),
    drawNoise: () => loop.drawNoise(draws++),
    onStep: ({ latents, denoised }) => {
      steps.push({ latents: latents.slice(), denoised: denoised.slice() });
    },
  });
  return { plan, start, final, steps, draws };
}
