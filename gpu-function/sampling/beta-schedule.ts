/**
 * How much of the picture is left after t steps of noising: the table abar_t, t = 0..T-1.
 * Tables are float64 arrays; values are rounded to float32 where the reference's tensors are float32.
 */
import { f32, float32Linspace } from './float32.ts';
import type { SchedulerKeys } from './scheduler-config.ts';

type ScheduleConfig = Pick<
  SchedulerKeys,
  | 'num_train_timesteps'
  | 'beta_start'
  | 'beta_end'
  | 'beta_schedule'
  | 'trained_betas'
  | 'rescale_betas_zero_snr'
>;

/** The share of noise added by each training step, 0..1. */
export function toBetas(config: ScheduleConfig): Float64Array {
  const betas = toPlainBetas(config);
  return config.rescale_betas_zero_snr ? rescaleToZeroSnr(betas) : betas;
}

function toPlainBetas(config: ScheduleConfig): Float64Array {
  const { num_train_timesteps: length, beta_start: start, beta_end: end } = config;
  if (config.trained_betas !== undefined) return Float64Array.from(config.trained_betas, f32);
  switch (config.beta_schedule) {
    case 'linear':
      return float32Linspace(start, end, length);
    case 'scaled_linear':
      return float32Linspace(Math.sqrt(start), Math.sqrt(end), length).map((root) =>
        f32(root * root),
      );
    case 'squaredcos_cap_v2':
      // "Improved DDPM", https://arxiv.org/abs/2102.09672 equation 17: cosine squared, offset 0.008.
      return betasOf((part) => Math.cos(((part + 0.008) / 1.008) * (Math.PI / 2)) ** 2, length);
    case 'exp':
      return betasOf((part) => Math.exp(part * -12), length);
    case 'sigmoid':
      // GeoDiff, https://arxiv.org/abs/2203.02923.
      return float32Linspace(-6, 6, length).map((x) =>
        f32(f32(f32(1 / (1 + Math.exp(-x))) * f32(end - start)) + f32(start)),
      );
  }
}

/** From the share of the picture that is left at each part of the way, 0..1; a beta is at most 0.999. */
function betasOf(alphaBar: (part: number) => number, length: number): Float64Array {
  return Float64Array.from({ length }, (_, index) =>
    f32(Math.min(1 - alphaBar((index + 1) / length) / alphaBar(index / length), 0.999)),
  );
}

/** abar_t, the product of (1 - beta) up to t. Torch multiplies in double and stores float32. */
export function toAlphaBars(betas: Float64Array): Float64Array {
  let product = 1;
  return betas.map((beta) => {
    product *= f32(1 - beta);
    return f32(product);
  });
}

/**
 * Shifts and stretches sqrt(abar) so that the last step is pure noise and the first stays.
 * https://arxiv.org/abs/2305.08891 algorithm 1.
 */
function rescaleToZeroSnr(betas: Float64Array): Float64Array {
  const roots = toAlphaBars(betas).map((alphaBar) => f32(Math.sqrt(alphaBar)));
  const first = roots[0] ?? 1;
  const last = roots.at(-1) ?? 0;
  const stretch = f32(first / f32(first - last));
  const alphaBars = roots.map((root) => f32(f32(f32(root - last) * stretch) ** 2));
  return alphaBars.map((alphaBar, index) => {
    const alpha = index === 0 ? alphaBar : f32(alphaBar / (alphaBars[index - 1] ?? 1));
    return f32(1 - alpha);
  });
}
