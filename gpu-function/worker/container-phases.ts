/** When the container's image was pulled, as ECS tells every container that asks ("task metadata endpoint v4"). */
import * as z from 'zod';

const dateMs = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const taskSchema = z.object({ PullStartedAt: dateMs.optional(), PullStoppedAt: dateMs.optional() });

const TIMEOUT_MS = 2_000;

/** Milliseconds by phase; empty outside ECS. Throws what the call throws. */
export async function readContainerPhases(
  metadataUrl: string | undefined,
  askedAtMs: number | undefined,
): Promise<Record<string, number>> {
  if (metadataUrl === undefined) return {};
  const answer = await fetch(`${metadataUrl}/task`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  const { PullStartedAt, PullStoppedAt } = taskSchema.parse(await answer.json());
  if (PullStartedAt === undefined || PullStoppedAt === undefined) return {};
  return {
    Pull: PullStoppedAt - PullStartedAt,
    ...(askedAtMs === undefined ? {} : { Provision: PullStartedAt - askedAtMs }),
  };
}
