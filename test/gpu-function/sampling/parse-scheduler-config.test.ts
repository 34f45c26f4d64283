/** A package's scheduler_config.json: what it leaves out is filled in by its class, what is wrong is named. */
import { describe, expect, test } from 'vitest';
import { defaultSampler, defaultSpacing } from '../../../gpu-function/sampling/default-sampler.ts';
import { parseSchedulerConfig } from '../../../gpu-function/sampling/parse-scheduler-config.ts';

const parse = (className: string, given: object = {}) =>
  parseSchedulerConfig({ _class_name: className, ...given });

describe('what a file leaves out', () => {
  test.each([
    ['DDPMScheduler', 0.0001, 'linear', true],
    ['DDIMScheduler', 0.0001, 'linear', true],
    ['PNDMScheduler', 0.0001, 'linear', false],
    ['EulerDiscreteScheduler', 0.0001, 'linear', false],
    ['HeunDiscreteScheduler', 0.00085, 'linear', false],
    ['LCMScheduler', 0.00085, 'scaled_linear', false],
  ])('%s begins at beta %d, %s, clips: %s', (className, start, schedule, clips) => {
    expect(parse(className)).toMatchObject({
      num_train_timesteps: 1_000,
      beta_start: start,
      beta_schedule: schedule,
      clip_sample: clips,
      prediction_type: 'epsilon',
      steps_offset: 0,
      rescale_betas_zero_snr: false,
    });
  });

  test('null counts as left out', () => {
    const config = parse('DDIMScheduler', { trained_betas: null, prediction_type: null });
    expect(config).toMatchObject({ prediction_type: 'epsilon' });
    expect(config.trained_betas).toBeUndefined();
  });

  test("Stable Diffusion 1.5's own file, with all its other keys, is read", () => {
    const config = parse('PNDMScheduler', {
      _diffusers_version: '0.6.0',
      beta_end: 0.012,
      beta_schedule: 'scaled_linear',
      beta_start: 0.00085,
      num_train_timesteps: 1_000,
      set_alpha_to_one: false,
      skip_prk_steps: true,
      steps_offset: 1,
      trained_betas: null,
      clip_sample: false,
    });
    expect(config).toMatchObject({ beta_end: 0.012, steps_offset: 1, set_alpha_to_one: false });
  });

  test('the least log SNR may be minus infinity, as text', () => {
    const config = parse('DPMSolverMultistepScheduler', { lambda_min_clipped: '-Infinity' });
    expect(config.lambda_min_clipped).toBe(Number.NEGATIVE_INFINITY);
    expect(defaultSampler(config).note).toBeUndefined();
  });
});

describe('what is wrong is named', () => {
  test.each([
    [{ beta_start: 'small' }, /"beta_start"/],
    [{ num_train_timesteps: 1e9 }, /"num_train_timesteps"/],
    [{ beta_schedule: 'laplace' }, /"beta_schedule".*not "laplace"/],
    [{ algorithm_type: 'rk4' }, /"algorithm_type".*not "rk4"/],
    [{ prediction_type: 'flow' }, /"prediction_type"/],
    [{ timestep_spacing: 'sideways' }, /"timestep_spacing"/],
    [{ steps_offset: -1 }, /"steps_offset"/],
    [{ beta_start: 0.5 }, /"beta_end".*beta_start \(0\.5\)/],
    [{ trained_betas: [0.1] }, /"trained_betas".*1000 values.*not 1/],
    [{ trained_betas: [2] }, /"trained_betas\.0"/],
    [{ use_karras_sigmas: true, use_beta_sigmas: true }, /"use_beta_sigmas".*use_karras_sigmas/],
    [{ sigma_min: 2, sigma_max: 1 }, /"sigma_max".*above sigma_min \(2\)/],
  ])('%j', (given, message) => {
    expect(() => parse('DDIMScheduler', given)).toThrow(message);
  });

  test.each([[undefined], [null], ['text'], [[]], [{}]])('%j is no configuration', (json) => {
    expect(() => parseSchedulerConfig(json)).toThrow(/scheduler_config\.json/);
  });

  test('flow matching predicts a flow, whatever its class is called', () => {
    for (const name of ['FlowMatchEulerDiscreteScheduler', 'FlowMatchHeunDiscreteScheduler']) {
      expect(parse(name).prediction_type).toBe('flow_prediction');
    }
  });
});

describe('the sampler that a package asks for', () => {
  test.each([
    ['DDPMScheduler', 'ddpm', 'leading'],
    ['DDIMScheduler', 'ddim', 'leading'],
    ['EulerDiscreteScheduler', 'euler', 'linspace'],
    ['EulerAncestralDiscreteScheduler', 'euler-ancestral', 'linspace'],
    ['DPMSolverMultistepScheduler', 'dpmpp-2m', 'linspace'],
    ['PNDMScheduler', 'pndm', 'leading'],
    ['UniPCMultistepScheduler', 'unipc', 'linspace'],
    ['HeunDiscreteScheduler', 'heun', 'linspace'],
    ['LCMScheduler', 'lcm', 'leading'],
    ['FlowMatchEulerDiscreteScheduler', 'flow-match-euler', 'linspace'],
    ['EDMEulerScheduler', 'edm-euler', 'karras'],
  ])('%s is drawn by %s, %s, without a word', (className, sampler, spacing) => {
    expect(defaultSampler(parse(className))).toEqual({ sampler, spacing });
  });

  test.each([
    ['FlowMatchHeunDiscreteScheduler', 'flow-match-euler', 'linspace'],
    ['SomethingNewScheduler', 'ddim', 'leading'],
    ['constructor', 'ddim', 'leading'],
  ])('%s is stood in for by %s, which the note says', (className, sampler, spacing) => {
    const chosen = defaultSampler(parse(className));
    expect(chosen).toMatchObject({ sampler, spacing });
    expect(chosen.note).toContain(className);
  });

  test('an SDE is drawn by the SDE sampler', () => {
    const config = parse('DPMSolverMultistepScheduler', { algorithm_type: 'sde-dpmsolver++' });
    expect(defaultSampler(config)).toEqual({ sampler: 'dpmpp-2m-sde', spacing: 'linspace' });
  });

  test("the file's spacing goes before the class's, and Karras before both where there is one", () => {
    const trailing = { timestep_spacing: 'trailing' };
    expect(defaultSampler(parse('DDIMScheduler', trailing)).spacing).toBe('trailing');
    const karras = { ...trailing, use_karras_sigmas: true };
    expect(defaultSampler(parse('EulerDiscreteScheduler', karras)).spacing).toBe('karras');
    expect(defaultSpacing(parse('EulerDiscreteScheduler', karras), 'ddim')).toBe('trailing');
  });

  test('another sampler brings its own spacing where the file says none', () => {
    expect(defaultSpacing(parse('DDIMScheduler'), 'euler')).toBe('linspace');
    expect(defaultSpacing(parse('EulerDiscreteScheduler'), 'ddim')).toBe('leading');
  });
});
