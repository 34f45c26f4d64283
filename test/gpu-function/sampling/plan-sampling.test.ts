/** What cannot be drawn is refused in one sentence, and a start from a picture begins later. */
import { describe, expect, test } from 'vitest';
import { defaultSampler } from '../../../gpu-function/sampling/default-sampler.ts';
import { parseSchedulerConfig } from '../../../gpu-function/sampling/parse-scheduler-config.ts';
import { planSampling } from '../../../gpu-function/sampling/plan-sampling.ts';

const parse = (given: object = {}) =>
  parseSchedulerConfig({ _class_name: 'DDIMScheduler', clip_sample: false, ...given });
const scheduler = parse();

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

  test.each([
    ['heun', { sChurn: 5 }, /Heun takes no s_churn; choose Euler or EDM Euler/],
    ['ddim', { sNoise: 0.5 }, /DDIM takes no s_noise; choose Euler/],
    ['euler', { sChurn: -1 }, /s_churn of -1 is out of range; choose 0 to 1000/],
  ] as const)('%s with %j', (sampler, options, message) => {
    expect(() => planSampling({ scheduler, sampler, steps: 10, ...options })).toThrow(message);
  });

  test.each([
    [
      'DPMSolverMultistepScheduler',
      { algorithm_type: 'dpmsolver' },
      /"algorithm_type" to dpmsolver/,
    ],
    [
      'DPMSolverMultistepScheduler',
      { algorithm_type: 'sde-dpmsolver', solver_order: 3, final_sigmas_type: 'sigma_min' },
      /"solver_order" to 3/,
    ],
    ['DPMSolverSinglestepScheduler', { solver_order: 4 }, /"solver_order" to 4/],
    ['DEISMultistepScheduler', { solver_order: 4 }, /"solver_order" to 4/],
    ['UniPCMultistepScheduler', { solver_p: {} }, /"solver_p"/],
    ['SASolverScheduler', { tau_func: 'f' }, /"tau_func"/],
    ['EDMEulerScheduler', { prediction_type: 'sample' }, /"prediction_type" to sample/],
    [
      'FlowMatchEulerDiscreteScheduler',
      { use_dynamic_shifting: true },
      /"use_dynamic_shifting" to true/,
    ],
  ])('%s with %j', async (className, given, message) => {
    const asked = parseSchedulerConfig({ _class_name: className, ...given });
    const { sampler } = defaultSampler(asked);
    const draw = async () => {
      const plan = planSampling({ scheduler: asked, sampler, steps: 10 });
      await plan.sample({
        start: new Float32Array(1),
        callNetwork: async (sample) => sample,
        drawNoise: () => new Float32Array(1),
        onStep: () => undefined,
      });
    };
    await expect(draw()).rejects.toThrow(message);
  });

  test('a flow under a sampler for noise, and the other way round', () => {
    const flow = parseSchedulerConfig({ _class_name: 'FlowMatchEulerDiscreteScheduler' });
    const plan = (config: typeof flow, sampler: 'euler' | 'flow-match-euler' | 'dpmpp-2m') =>
      planSampling({ scheduler: config, sampler, steps: 10 });
    expect(() => plan(flow, 'euler')).toThrow(/predicts a flow; choose the sampler flow-match/);
    expect(() => plan(scheduler, 'flow-match-euler')).toThrow(/needs a model that predicts a flow/);
    expect(plan(flow, 'dpmpp-2m').timesteps).toHaveLength(10);
  });

  test('noise prediction at pure noise, for the samplers that begin there', () => {
    const zeroSnr = parse({ rescale_betas_zero_snr: true });
    const plan = (sampler: 'ddim' | 'euler') =>
      planSampling({ scheduler: zeroSnr, sampler, spacing: 'trailing', steps: 10 });
    expect(() => plan('ddim')).toThrow(/choose the sampler euler/);
    expect(plan('euler').initialNoiseScale).toBeCloseTo(4_096, 0);
  });

  test('a variance that the network was to learn', () => {
    const learned = parse({ variance_type: 'learned_range' });
    expect(() => planSampling({ scheduler: learned, sampler: 'ddpm', steps: 10 })).toThrow(
      /learned_range/,
    );
    expect(planSampling({ scheduler: learned, sampler: 'ddim', steps: 10 }).sampler).toBe('ddim');
  });

  test('betas so small that there is no noise to take away', () => {
    const silent = parse({ beta_start: 1e-12, beta_end: 1e-12 });
    expect(() => planSampling({ scheduler: silent, sampler: 'euler', steps: 10 })).toThrow(
      expect.objectContaining({ code: 'model-broken' }),
    );
  });

  test('more leading steps than DPM++ can take', () => {
    const plan = (steps: number) =>
      planSampling({ scheduler, sampler: 'dpmpp-2m', spacing: 'leading', steps });
    expect(() => plan(1_000)).toThrow(
      /at most 999 steps of this model with this sampler, not 1000/,
    );
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

  test('leaves out the first int(n - n · strength) steps of a flow', () => {
    const flow = parseSchedulerConfig({ _class_name: 'FlowMatchEulerDiscreteScheduler' });
    const count = (strength: number) =>
      planSampling({ scheduler: flow, sampler: 'flow-match-euler', steps: 50, strength }).timesteps
        .length;
    expect(count(0.58)).toBe(29);
    expect(plan(0.58).timesteps).toHaveLength(28);
  });

  test('runs all steps of a shorter schedule where LCM is asked to', () => {
    const lcm = parseSchedulerConfig({ _class_name: 'LCMScheduler' });
    const lcmPlan = (strengthRule?: 'schedule') =>
      planSampling({ scheduler: lcm, sampler: 'lcm', steps: 4, strength: 0.5, strengthRule });
    expect(lcmPlan().timesteps).toEqual([499, 259]);
    expect(lcmPlan('schedule').timesteps).toEqual([499, 379, 259, 139]);
  });

  test('is refused where nothing would be left to do, or out of range', () => {
    expect(() => plan(0.01)).toThrow(/strength of 0\.01 leaves none of 50 steps/);
    expect(() => plan(1.5)).toThrow(/strength of 1\.5 is out of range/);
    expect(() => plan(Number.NaN)).toThrow(/strength of NaN is out of range/);
  });
});
