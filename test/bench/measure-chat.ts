/** (c) (e) What a person at the page waits for: from Enter to the first preview and to the four pictures. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEventStream } from '../../bot/backends/read-event-stream.ts';
import { peakMemoryMiB, startProgram, stopProgram } from '../processes.ts';
import { median, type Figure } from './figures.ts';

const ROUNDS = 5;

interface ShownCard {
  status: string;
  preview?: unknown;
  isFinal: boolean;
}

interface Waits {
  firstPreviewMs: number;
  picturesMs: number;
}

async function drawOnce(url: string, seed: number): Promise<Waits> {
  const events = await fetch(`${url}/api/events`);
  if (events.body === null) throw new Error('The page gives no events.');
  const enteredAtMs = performance.now();
  await fetch(`${url}/api/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify({
      text: `/imagine a cat --count 4 --seed ${seed}`,
      deliveryId: `bench-${seed}`,
    }),
  });
  let firstPreviewMs: number | undefined;
  // Leaving the loop closes the stream.
  for await (const { data } of readEventStream(events.body, () => undefined)) {
    const card = JSON.parse(data) as ShownCard;
    if (card.preview !== undefined) firstPreviewMs ??= performance.now() - enteredAtMs;
    if (!card.isFinal) continue;
    if (card.status !== 'succeeded') throw new Error(`The job ended as ${card.status}.`);
    return {
      firstPreviewMs: firstPreviewMs ?? Number.NaN,
      picturesMs: performance.now() - enteredAtMs,
    };
  }
  throw new Error('The events ended before the job did.');
}

export async function measureChat(): Promise<Figure[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'imagine-bench-'));
  const program = await startProgram('bot/main.ts', { PORT: '0', DATA_DIR: dataDir });
  try {
    const url = /http:\/\/\S+/.exec(program.firstLine)?.[0] ?? '';
    // The first one waits for the engine's start: what a stranger sees.
    const cold = await drawOnce(url, 1_000);
    const warm: Waits[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) warm.push(await drawOnce(url, 1_000 + round));
    return [
      { name: 'start of the bot to its address', value: program.startMs, unit: 'ms', goal: 3_000 },
      { name: 'Enter to the first preview, first job', value: cold.firstPreviewMs, unit: 'ms' },
      { name: 'Enter to four pictures, first job', value: cold.picturesMs, unit: 'ms' },
      {
        name: 'Enter to the first preview, warm',
        value: median(warm.map((waits) => waits.firstPreviewMs)),
        unit: 'ms',
      },
      {
        name: 'Enter to four pictures, warm',
        value: median(warm.map((waits) => waits.picturesMs)),
        unit: 'ms',
      },
      { name: 'peak memory, bot', value: peakMemoryMiB(program.child.pid ?? 0), unit: 'MiB' },
    ];
  } finally {
    await stopProgram(program);
    await rm(dataDir, { recursive: true, force: true });
  }
}
