/** Runs a sampling loop call by call, as the reference's classes are used, and writes down what happened in it. */
import type { Sampler } from '../../gpu-function/sampling/sampler.ts';

export interface LoopRequest {
  sampler: Sampler;
  firstCall: number;
  start: Float32Array;
  pictures: number;
  callNetwork(scaledSample: Float32Array, timestep: number, call: number): Float32Array;
  /** The next noise that this call asks for; calls count from the loop's beginning. */
  drawNoise(call: number): Float32Array;
  /** `kept`: the step begins from the scaled sample as well; `none`: the network sees the sample as it is. */
  scaling?: 'usual' | 'kept' | 'none';
}

export interface LoopRecord {
  start: Float32Array;
  final: Float32Array;
  /** One a network call. */
  calls: { timestep: number; latents: Float32Array; denoised: Float32Array }[];
  /** How many arrays of noise the sampler asked for. */
  draws: number;
}

export function replayLoop(loop: LoopRequest): LoopRecord {
  const { sampler, firstCall, start, scaling = 'usual' } = loop;
  const run = sampler.start(firstCall);
  const calls: LoopRecord['calls'] = [];
  let sample = start;
  let draws = 0;
  for (const [call, timestep] of sampler.timesteps.slice(firstCall).entries()) {
    const scale = scaling === 'none' ? 1 : sampler.inputScale(firstCall + call, call === 0);
    const scaled = sample.map((value) => value * scale);
    const output = loop.callNetwork(scaled, timestep, call);
    const result = run.step({
      output,
      sample: scaling === 'kept' ? scaled : sample,
      pictures: loop.pictures,
      drawNoise: () => {
        draws++;
        return loop.drawNoise(call);
      },
    });
    ({ sample } = result);
    calls.push({ timestep, latents: sample, denoised: result.denoised });
  }
  return { start, final: sample, calls, draws };
}
