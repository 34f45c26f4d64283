/** Complete settings for tests that look at one stage. */
import type { Settings } from '#contract/generation-result.ts';

export function createSettings(changes: Partial<Settings> = {}): Settings {
  return {
    modelId: 'arithmetic',
    modelDigest: '0123456789abcdef',
    prompt: 'a red apple',
    negativePrompt: '',
    widthPx: 32,
    heightPx: 32,
    seed: 7,
    count: 1,
    steps: 6,
    guidanceScale: 3,
    guidanceRescale: 0,
    sampler: 'ddim',
    spacing: 'leading',
    ...changes,
  };
}
