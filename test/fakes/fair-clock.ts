/**
 * A clock that leaves out the time in which other programs had the processor: what this process waited for on purpose,
 * and what it worked. On a machine of its own it runs as every clock does; on a crowded one figures stay comparable.
 */
import { performance } from 'node:perf_hooks';
import type { Clock } from '../../bot/core/ports.ts';

export class FairClock implements Clock {
  nowMs(): number {
    const { idle } = performance.eventLoopUtilization();
    const { user, system } = process.cpuUsage();
    return idle + (user + system) / 1_000;
  }
}
