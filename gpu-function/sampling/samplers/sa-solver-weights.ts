/**
 * Integrals of exponentials times Lagrange polynomials, which SA-Solver's steps are made of. https://arxiv.org/abs/2309.05019
 * They are small differences of large numbers: every operation is rounded to float32 in the reference's order.
 */
import { f32 } from '../float32.ts';

export interface AdamsRequest {
  /** ln(alpha / sigma) at both ends of the step. */
  start: number;
  end: number;
  /** Where the answers lie, newest first: 1 to 4. */
  lambdas: readonly number[];
  tau: number;
  predictsClean: boolean;
}

/** One weight an answer, newest first. */
export function adamsWeights(request: AdamsRequest): number[] {
  const { lambdas } = request;
  const integrals = lambdas.map((_, degree) => integrate(request, degree));
  return lambdas.map((_, index) => {
    const polynomial = lagrange(lambdas, index);
    return polynomial.reduce(
      (sum, coefficient, place) =>
        f32(sum + f32(coefficient * (integrals[lambdas.length - 1 - place] ?? 0))),
      0,
    );
  });
}

/** Coefficients of the polynomial that is 1 at one lambda and 0 at the others, highest power first. */
function lagrange(lambdas: readonly number[], index: number): number[] {
  if (lambdas.length === 1) return [1];
  const own = lambdas[index] ?? 0;
  const others = lambdas.filter((_, other) => other !== index);
  const divisor = others.map((other) => f32(own - other)).reduce((a, b) => f32(a * b));
  return others.reduce(
    (coefficients, _, count) => [
      ...coefficients,
      f32(f32((-1) ** (count + 1) * symmetric(others, count + 1)) / divisor),
    ],
    [f32(1 / divisor)],
  );
}

/** Sum of all products of `count` different values. */
function symmetric(values: readonly number[], count: number): number {
  if (count === 0) return 1;
  return values.reduce(
    (sum, value, index) => f32(sum + f32(value * symmetric(values.slice(index + 1), count - 1))),
    0,
  );
}

/** Of x^degree times the exponential that goes with the picture, or with the noise. */
function integrate({ start, end, tau, predictsClean }: AdamsRequest, degree: number): number {
  if (!predictsClean) {
    const decay = f32(Math.exp(f32(end - start)));
    const inner = f32(f32(series(start, degree, 1) * decay) - series(end, degree, 1));
    return f32(f32(Math.exp(-end)) * inner);
  }
  const factor = 1 + tau ** 2;
  const [from, to] = [f32(factor * start), f32(factor * end)];
  const decay = f32(Math.exp(-f32(to - from)));
  const inner = f32(series(to, degree, -1) - f32(series(from, degree, -1) * decay));
  return f32(f32(f32(Math.exp(to)) * inner) / factor ** (degree + 1));
}

/** x^n + sign · n · (x^(n-1) + …): what is left of a power after integration by parts. */
function series(x: number, degree: number, sign: 1 | -1): number {
  let sum = f32(x ** degree);
  let factor = 1;
  for (let power = degree - 1; power >= 0; power--) {
    factor *= sign * (power + 1);
    sum = f32(sum + f32(factor * f32(x ** power)));
  }
  return sum;
}
