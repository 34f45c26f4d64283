/** The simulated day of docs/aws.md: nobody is forgotten, and the figures there are the computed ones. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MILLION, simulateDay } from '../../infra/simulate.ts';
import { projectFolder } from '../source-files.ts';

test('a million jobs are drawn by a fleet that is far smaller than one that is always on', () => {
  const { jobsDone, waitSeconds, gpuHours, machinesAtMost, machines } = simulateDay(MILLION);
  expect(jobsDone).toBeGreaterThan(995_000);
  expect(machinesAtMost).toBeLessThanOrEqual(MILLION.machinesMax);
  expect(gpuHours).toBeLessThan((machinesAtMost * 24) / 2);
  // The night needs few.
  expect(Math.min(...machines.slice(60))).toBeLessThan(machinesAtMost / 4);
  const guide = readFileSync(join(projectFolder, 'docs/aws.md'), 'utf8').replaceAll(/ +/g, ' ');
  const { p50, p95, p99 } = waitSeconds;
  expect(guide).toContain(
    `| ${MILLION.jobsPerMachine} | ${p50} s | ${p95} s | ${p99} s | ${machinesAtMost} | ${Math.round(gpuHours)} |`,
  );
});
