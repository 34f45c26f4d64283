/** What cannot be drawn is refused in one sentence, and a start from a picture begins later. */
import { describe, expect, test } from 'vitest';
import { parseSchedulerConfig } from '../../../gpu-function/sampling/parse-scheduler-config.ts';
import { planSampling } from '../../../gpu-function/sampling/plan-sampling.ts';

const scheduler = parseSchedulerConfig({ _class_name: 'DDIMScheduler', clip_sample: false });

describe('a refusal names the value and the remedy', () => {
  test.each([0, -1, 1_001, 2.5, Number.NaN, Number.POSITIVE_INFINITY])('%d steps', (steps) => {
    expect(() => planSampling({ scheduler, sampler: 'ddim', steps })).toThrow(
      expect.objectContaining({
        code: 'sampler-unsupported',
        message: `This model draws in 1 to 1000 steps, not ${steps}; choose a whole number in between.`,
      }),
    );
  });

  test.each(['ddim', 'ddpm'] as const)('Karras spacing for %s', (sampler) => {
    expect(() => planSampling({ scheduler, sampler, spacing: 'karras', steps: 10 })).toThrow(
      /no karras spacing; choose leading, trailing, linspace/,
    );
  });

  test('eta outside 0..1, or for a sampler that has none', () => {
    const plan = (sampler: 'ddim' | 'euler', eta: number) =>
      planSampling({ scheduler, sampler, steps: 10, eta });
    expect(() => plan('ddim', 1.5)).toThrow(/eta of 1\.5/);
    expect(() => plan('ddim', Number.NaN)).toThrow(/eta of NaN/);
    expect(() => plan('euler', 0.5)).toThrow(/Euler takes no eta/);
    expect(plan('euler', 0).timesteps).toHaveLength(10);
  });

  test('noise prediction at pure noise, for the samplers that begin there', () => {
    const zeroSnr = { ...scheduler, rescale_betas_zero_snr: true };
    const plan = (sampler: 'ddim' | 'euler') =>
      planSampling({ scheduler: zeroSnr, sampler, spacing: 'trailing', steps: 10 });
    expect(() => plan('ddim')).toThrow(/choose the sampler euler/);
    expect(plan('euler').initialNoiseScale).toBeCloseTo(4_096, 0);
  });

  test('a variance that the network was to learn', () => {
    const learned = { ...scheduler, variance_type: 'learned_range' };
    expect(() => planSampling({ scheduler: learned, sampler: 'ddpm', steps: 10 })).toThrow(
      /learned_range/,
    );
    expect(planSampling({ scheduler: learned, sampler: 'ddim', steps: 10 }).sampler).toBe('ddim');
  });

  test('betas so small that there is no noise to take away', () => {
    const silent = { ...scheduler, beta_start: 1e-12, beta_end: 1e-12 };
    expect(() => planSampling({ scheduler: silent, sampler: 'euler', steps: 10 })).toThrow(
      expect.objectContaining({ code: 'model-broken' }),
    );
  });

  test('more leading steps than DPM++ can take', () => {
    const plan = (steps: number) =>
      planSampling({ scheduler, sampler: 'dpmpp-2m', spacing: 'leading', steps });
    expect(() => plan(1_000)).toThrow(/at most 999 steps of this model, not 1000/);
    expect(plan(999).timesteps).toHaveLength(999);
  });
});

describe('a start from a picture', () => {
  const plan = (strength: number | undefined, steps = 50) =>
    planSampling({ scheduler, sampler: 'ddim', steps, strength });

  test('runs the last int(steps · strength) steps', () => {
    const all = plan(undefined).timesteps;
    expect(plan(1).timesteps).toEqual(all);
    expect(plan(0.58).timesteps).toEqual(all.slice(-28));
    expect(plan(0.58).startLevel).toEqual(
      planSampling({ scheduler, sampler: 'ddim', steps: 50, strength: 0.5601 }).startLevel,
    );
  });

  test('is refused where nothing would be left to do, or out of range', () => {
    expect(() => plan(0.01)).toThrow(/strength of 0\.01 leaves none of 50 steps/);
    expect(() => plan(1.5)).toThrow(/strength of 1\.5 is out of range/);
    expect(() => plan(Number.NaN)).toThrow(/strength of NaN is out of range/);
  });
});
