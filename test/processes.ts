/** Programs that tests and measurements start, and what the kernel says of them: Linux only where /proc is asked. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { projectFolder } from './source-files.ts';

export interface StartedProgram {
  child: ChildProcess;
  /** The first line it printed. */
  firstLine: string;
  /** From the start of the process to that line. */
  startMs: number;
}

/** Runs a module of the project and waits for its first line on standard output. */
export async function startProgram(
  path: string,
  environment: Readonly<Record<string, string>>,
): Promise<StartedProgram> {
  const startedAtMs = performance.now();
  const child = fork(join(projectFolder, path), [], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  if (child.stdout === null) throw new Error('The child has no standard output.');
  const lines = createInterface({ input: child.stdout });
  const [firstLine] = (await once(lines, 'line', { signal: AbortSignal.timeout(60_000) })) as [
    string,
  ];
  return { child, firstLine, startMs: performance.now() - startedAtMs };
}

export async function stopProgram({ child }: StartedProgram): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

/** The largest resident size the process ever had, in mebibytes. */
export function peakMemoryMiB(processId: number): number {
  const status = readFileSync(`/proc/${processId}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) / 1_024;
}

/** Processes that were started by this one, and theirs, by the name of their module. */
export function descendants(processId: number): { processId: number; command: string }[] {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0')[1] ?? '';
        return parent === processId ? [{ processId: Number(name), command }] : [];
      } catch {
        // Ended while it was looked at.
        return [];
      }
    });
  return children.flatMap((child) => [child, ...descendants(child.processId)]);
}

export function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch {
    return false;
  }
}
