/** (b) (d) (e) The GPU function by itself: start, answers to /health while it draws, memory. */
import { setTimeout as delay } from 'node:timers/promises';
import { generateRequestSchema } from '#contract/generation-request.ts';
import type { Health } from '#contract/health.ts';
import { peakMemoryMiB, startProgram, stopProgram } from '../processes.ts';
import { median, quantile, type Figure } from './figures.ts';

const TOKEN = 'benchmark-token-of-this-run';
const HEALTH_EVERY_MS = 10;
const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };

async function readHealth(url: string): Promise<Health> {
  return (await (await fetch(`${url}/health`, { headers })).json()) as Health;
}

async function untilHealth(url: string, status: Health['status']): Promise<Health> {
  for (;;) {
    const health = await readHealth(url);
    if (health.status === status) return health;
    await delay(5);
  }
}

/** Asks at a steady pace until the job has ended; how long each answer took. */
async function askWhileDrawing(url: string): Promise<number[]> {
  const request = generateRequestSchema.parse({
    kind: 'generate',
    prompt: 'a cat',
    seed: 1,
    count: 4,
    steps: 50,
  });
  const body = JSON.stringify({ request, owner: 'bench' });
  await fetch(`${url}/jobs/bench-health`, { method: 'PUT', headers, body });
  const samples: number[] = [];
  for (;;) {
    const startedAtMs = performance.now();
    const health = await readHealth(url);
    samples.push(performance.now() - startedAtMs);
    if (health.status === 'READY') return samples;
    await delay(HEALTH_EVERY_MS);
  }
}

export async function measureFunction(): Promise<Figure[]> {
  const startedAtMs = performance.now();
  const program = await startProgram('gpu-function/main.ts', {
    PORT: '0',
    GPU_FUNCTION_TOKEN: TOKEN,
    LOG_LEVEL: 'error',
  });
  try {
    const { url } = JSON.parse(program.firstLine) as { url: string };
    const health = await untilHealth(url, 'READY');
    const readyMs = performance.now() - startedAtMs;
    const samples = await askWhileDrawing(url);
    return [
      { name: 'start of the function to READY, model loaded', value: readyMs, unit: 'ms' },
      {
        name: 'start of the engine process alone',
        value: health.engineStartMs ?? Number.NaN,
        unit: 'ms',
      },
      { name: '/health while drawing, median', value: median(samples), unit: 'ms' },
      { name: '/health while drawing, p99', value: quantile(samples, 0.99), unit: 'ms', goal: 25 },
      { name: 'peak memory, function', value: peakMemoryMiB(program.child.pid ?? 0), unit: 'MiB' },
      {
        name: 'peak memory, engine',
        value: peakMemoryMiB(health.engineProcessId ?? 0),
        unit: 'MiB',
      },
    ];
  } finally {
    await stopProgram(program);
  }
}
