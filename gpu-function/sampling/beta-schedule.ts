/**
 * How much of the picture is left after t steps of noising: the table abar_t, t = 0..T-1.
 * Tables are float64 arrays; values are rounded to float32 where the reference's tensors are float32.
 */
import type { SchedulerConfig } from './scheduler-config.ts';

const { fround } = Math;

type ScheduleConfig = Pick<
  SchedulerConfig,
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
  if (config.trained_betas !== undefined) return Float64Array.from(config.trained_betas, fround);
  switch (config.beta_schedule) {
    case 'linear':
      return float32Linspace(start, end, length);
    case 'scaled_linear':
      return float32Linspace(Math.sqrt(start), Math.sqrt(end), length).map((root) =>
        fround(root * root),
      );
    case 'squaredcos_cap_v2':
      return squaredCosineBetas(length);
  }
}

/** Torch fills the second half from the end, which decides the last bit. */
function float32Linspace(start: number, end: number, length: number): Float64Array {
  const first = fround(start);
  const last = fround(end);
  const step = length > 1 ? fround(fround(last - first) / (length - 1)) : 0;
  return Float64Array.from({ length }, (_, index) =>
    index < length / 2 ? fround(first + step * index) : fround(last - step * (length - 1 - index)),
  );
}

/** "Improved DDPM", https://arxiv.org/abs/2102.09672 equation 17: cosine squared, offset 0.008, beta at most 0.999. */
function squaredCosineBetas(length: number): Float64Array {
  const alphaBar = (part: number) => Math.cos(((part + 0.008) / 1.008) * (Math.PI / 2)) ** 2;
  return Float64Array.from({ length }, (_, index) =>
    fround(Math.min(1 - alphaBar((index + 1) / length) / alphaBar(index / length), 0.999)),
  );
}

/** abar_t, the product of (1 - beta) up to t. Torch multiplies in double and stores float32. */
export function toAlphaBars(betas: Float64Array): Float64Array {
  let product = 1;
  return betas.map((beta) => {
    product *= fround(1 - beta);
    return fround(product);
  });
}

/**
 * Shifts and stretches sqrt(abar) so that the last step is pure noise and the first stays.
 * https://arxiv.org/abs/2305.08891 algorithm 1.
 */
function rescaleToZeroSnr(betas: Float64Array): Float64Array {
  const roots = toAlphaBars(betas).map((alphaBar) => fround(Math.sqrt(alphaBar)));
  const first = roots[0] ?? 1;
  const last = roots.at(-1) ?? 0;
  const stretch = fround(first / fround(first - last));
  const alphaBars = roots.map((root) => fround(fround(fround(root - last) * stretch) ** 2));
  return alphaBars.map((alphaBar, index) => {
    const alpha = index === 0 ? alphaBar : fround(alphaBar / (alphaBars[index - 1] ?? 1));
    return fround(1 - alpha);
  });
}
