/** How far a multistep method may look back where steps are so many that levels repeat. */
import type { SolverLevel } from '../schedules/solver-schedule.ts';

/** Levels from `index` backwards, at most `wanted`, until one is that of its neighbour: there is no difference to divide by. */
export function distinctLevels(
  levels: readonly SolverLevel[],
  index: number,
  wanted: number,
): number {
  for (let count = 1; count < wanted; count++) {
    if (levels[index - count]?.lambda === levels[index - count + 1]?.lambda) return count;
  }
  return wanted;
}
