/** A full loop in the manner of diffusers' own test-suite. */
import { addNoise } from '../../gpu-function/sampling/forward-process.ts';
import type { Sampler } from '../../gpu-function/sampling/sampler.ts';
import { publishedTestModel, publishedTestSample, TEST_SAMPLE_LENGTH } from './reference-noise.ts';
import { replayLoop, type LoopRecord, type LoopRequest } from './replay-loop.ts';

export interface PublishedLoop {
  sampler: Sampler;
  /** Only the last calls are made, from the test sample with the reversed one as noise. All of them when left out. */
  noisedCalls?: number | undefined;
  /** Where the plain sample's loop begins, 0 when left out. */
  firstCall?: number | undefined;
  /** Values of the test sample: 768, or 96 in the tests of one dimension. */
  length?: number | undefined;
  drawNoise(call: number): Float32Array;
  /** Nearly all of those tests hand the scaled sample to the network and to `step` as well. */
  scaling?: LoopRequest['scaling'] | undefined;
}

export function replayPublishedLoop(loop: PublishedLoop): LoopRecord {
  const { sampler, noisedCalls, length = TEST_SAMPLE_LENGTH } = loop;
  const firstCall =
    noisedCalls === undefined ? (loop.firstCall ?? 0) : sampler.timesteps.length - noisedCalls;
  // The one test that does not scale at all begins with the sample as it is.
  const noiseScale = loop.scaling === 'none' ? 1 : sampler.initialNoiseScale;
  const plain = publishedTestSample(false, length).map((value) => value * noiseScale);
  const level = sampler.noiseLevels[firstCall];
  const isNoised = noisedCalls !== undefined && level !== undefined;
  return replayLoop({
    sampler,
    firstCall,
    start: isNoised ? addNoise(plain, publishedTestSample(true, length), level) : plain,
    pictures: 4,
    callNetwork: publishedTestModel,
    drawNoise: (call) => loop.drawNoise(call),
    scaling: loop.scaling ?? 'kept',
  });
}
