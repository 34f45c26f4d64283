/** Sigmas of flow matching, 1 (noise) to 0 (picture), and how they are shifted for large pictures. */
import { f32 } from '../float32.ts';
import type { ResolvedScheduler, ScheduleRequest } from '../sampler.ts';
import { linspace } from '../timestep-spacing.ts';
import { unsupported } from '../unsupported.ts';

/** Solvers divide by 1 - sigma and by its logarithm: pure noise is left by this much. */
const NOISE_GAP = 1e-6;

/** More noise for larger pictures. https://arxiv.org/abs/2403.03206 equation 23; `round` as the caller's precision. */
export function shiftSigma(
  sigma: number,
  shift: number,
  round: (value: number) => number = Number,
): number {
  return round(round(shift * sigma) / round(1 + round((shift - 1) * sigma)));
}

/** The same with the shift's logarithm, or the shift itself, from the picture's size. */
function shiftDynamically(
  config: ResolvedScheduler,
  sigma: number,
  mu: number,
  round: (value: number) => number,
): number {
  const rest = round(round(1 / sigma) - 1);
  const weight = config.time_shift_type === 'exponential' ? Math.exp(mu) : mu;
  return round(weight / round(weight + rest));
}

/** Shift, and stretch to the least sigma, as the configuration says. */
export function shiftSigmas(
  config: ResolvedScheduler,
  sigmas: readonly number[],
  { shift, mu, isFloat32 }: { shift: number; mu: number | undefined; isFloat32: boolean },
): number[] {
  const round = isFloat32 ? f32 : Number;
  const shifted = sigmas.map((sigma) =>
    config.use_dynamic_shifting
      ? shiftDynamically(config, sigma, requireMu(mu), round)
      : shiftSigma(sigma, shift, round),
  );
  const least = config.shift_terminal;
  if (least === undefined || least === 0) return shifted;
  const scale = round(round(1 - (shifted.at(-1) ?? 0)) / (1 - least));
  return shifted.map((sigma) => round(1 - round(round(1 - sigma) / scale)));
}

function requireMu(mu: number | undefined): number {
  if (mu !== undefined) return mu;
  throw unsupported(
    `The model's scheduler_config.json sets "use_dynamic_shifting" to true, which needs the picture's size; choose a model that says it.`,
  );
}

/** UniPC's. */
export function flowSolverSigmas(config: ResolvedScheduler, request: ScheduleRequest): number[] {
  const { steps, sigmas: custom, mu } = request;
  const even = custom ?? linspace(1, 1 / config.num_train_timesteps, steps + 1).slice(0, -1);
  const sigmas = shiftSigmas(config, even, { shift: config.flow_shift, mu, isFloat32: false });
  const [first = 1] = sigmas;
  if (Math.abs(first - 1) < NOISE_GAP) sigmas[0] = first - NOISE_GAP;
  return sigmas;
}

/** The older form of the other solvers. */
export function oldFlowSolverSigmas(
  config: ResolvedScheduler,
  { steps, mu }: ScheduleRequest,
): number[] {
  const shift = mu === undefined ? config.flow_shift : Math.exp(mu);
  return linspace(1, 1 / config.num_train_timesteps, steps + 1)
    .map((alpha) => shiftSigma(1 - alpha, shift))
    .toReversed()
    .slice(0, -1);
}
