/**
 * Quantiles of the symmetric beta distribution, which "Beta Sampling is All You Need" spreads timesteps by.
 * https://arxiv.org/abs/2407.12173
 */

/** Series are summed until a term no longer counts. */
const SERIES_TERMS_MAX = 500;
/** Halving a range this often leaves nothing of a double. */
const HALVINGS = 80;

/** The value below which a share `probability` (0..1) of Beta(shape, shape) lies; to about 1e-14. */
export function symmetricBetaQuantile(probability: number, shape: number): number {
  if (probability <= 0) return 0;
  if (probability >= 1) return 1;
  if (probability > 0.5) return 1 - lowerQuantile(1 - probability, shape);
  return lowerQuantile(probability, shape);
}

/** In the lower half the series converges quickly. The search runs over the logarithm, for small quantiles' digits. */
function lowerQuantile(probability: number, shape: number): number {
  const total = completeBeta(shape);
  let low = Math.log(Number.MIN_VALUE);
  let high = Math.log(0.5);
  for (let turn = 0; turn < HALVINGS; turn++) {
    const middle = (low + high) / 2;
    if (incompleteBeta(Math.exp(middle), shape) / total < probability) low = middle;
    else high = middle;
  }
  return Math.exp((low + high) / 2);
}

/** Twice the half: the distribution is symmetric. */
function completeBeta(shape: number): number {
  return 2 * incompleteBeta(0.5, shape);
}

/** Integral of t^(shape-1) (1-t)^(shape-1) from 0 to x, as the power series of the second factor. */
function incompleteBeta(x: number, shape: number): number {
  let coefficient = 1;
  let sum = 0;
  for (let n = 0; n < SERIES_TERMS_MAX; n++) {
    const term = (coefficient * x ** n) / (shape + n);
    sum += term;
    if (Math.abs(term) < 1e-18 * Math.abs(sum)) break;
    coefficient *= (n + 1 - shape) / (n + 1);
  }
  return sum * x ** shape;
}
