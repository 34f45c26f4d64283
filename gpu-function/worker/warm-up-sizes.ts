/** Draws one step of every size that will be asked for, twice, before the first person waits for it. */
import { generateRequestSchema, type RequestedSize } from '#contract/generation-request.ts';
import type { WarmUp } from '#contract/health.ts';
import type { Clock, Engine } from '../pipeline/ports.ts';

export interface WarmUpPlan {
  engine: Engine;
  clock: Clock;
  sizes: readonly RequestedSize[];
  /** Numbers of pictures in one job: each is a shape of its own. */
  counts: readonly number[];
}

/** In the order of sizes and counts. Throws what the engine throws. */
export async function warmUpSizes({ engine, clock, sizes, counts }: WarmUpPlan): Promise<WarmUp[]> {
  const warmUps: WarmUp[] = [];
  for (const size of sizes) {
    for (const count of counts) {
      const cold = await drawOneStep(engine, { size, count, clock });
      const warm = await drawOneStep(engine, { size, count, clock });
      if (cold === undefined || warm === undefined) continue;
      const { modelId, widthPx, heightPx } = cold;
      warmUps.push({ modelId, widthPx, heightPx, count, coldMs: cold.ms, warmMs: warm.ms });
    }
  }
  return warmUps;
}

async function drawOneStep(
  engine: Engine,
  { size, count, clock }: { size: RequestedSize; count: number; clock: Clock },
) {
  const request = generateRequestSchema.parse({
    kind: 'generate',
    prompt: 'a red apple',
    seed: 0,
    steps: 1,
    size,
    count,
  });
  const startedAtMs = clock.nowMs();
  const job = { id: 'warm-up', owner: 'warm-up', request };
  const outcome = await engine.run({ job, report: () => undefined, isCanceled: () => false });
  if (outcome.status !== 'succeeded') return undefined;
  const { settings } = outcome.result;
  if (settings === undefined) return undefined;
  const { modelId, widthPx, heightPx } = settings;
  return { modelId, widthPx, heightPx, ms: Math.round(clock.nowMs() - startedAtMs) };
}
