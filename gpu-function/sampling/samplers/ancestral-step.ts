/** How a step with fresh noise is split: down further than its end, then up again by noise. */

export interface AncestralStep {
  /** Where the deterministic part ends. */
  down: number;
  /** Standard deviation of the noise that is added. */
  up: number;
}

/** @param eta share of the noise that is renewed: 0 is deterministic, 1 keeps the marginals of DDPM */
export function ancestralStep(from: number, to: number, eta = 1): AncestralStep {
  if (to === 0) return { down: 0, up: 0 };
  const fresh = eta * Math.sqrt((to ** 2 * Math.max(from ** 2 - to ** 2, 0)) / from ** 2);
  const up = Math.min(to, fresh);
  return { down: Math.sqrt(Math.max(to ** 2 - up ** 2, 0)), up };
}
