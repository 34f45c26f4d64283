/** The main job in the terminal: files, recipes, exit codes, and the same bytes by every way. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateRequestSchema } from '#contract/generation-request.ts';
import { createLocalProcessBackend } from '../../bot/backends/local-process-backend.ts';
import { readEventStream } from '../../bot/backends/read-event-stream.ts';
import type { WebCard } from '../../bot/platforms/web/render.ts';
import { createSilentLogger } from '../fakes/silent-logger.ts';
import { startProgram, stopProgram } from '../processes.ts';
import { projectFolder } from '../source-files.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imagine-terminal-'));
});
afterAll(() => rm(folder, { recursive: true }));

interface Ended {
  exitCode: number;
  stdout: string;
  stderr: string;
}

const imagine = (...argv: string[]): Promise<Ended> => startImagine(argv).ended;

function startImagine(argv: readonly string[], environment: Record<string, string> = {}) {
  const program = join(projectFolder, 'bot/imagine.ts');
  const env = { ...process.env, LOG_LEVEL: 'silent', ...environment };
  const { promise: ended, resolve } = Promise.withResolvers<Ended>();
  const child = execFile(
    process.execPath,
    [program, ...argv],
    { cwd: folder, env },
    (_error, stdout, stderr) => resolve({ exitCode: child.exitCode ?? -1, stdout, stderr }),
  );
  return { child, ended };
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('one command', () => {
  test('draws the file that page and HTTP draw too, and draws it again from its recipe', async () => {
    const words = ['a red apple', '--seed', '7', '--steps', '6'];
    const drawn = await imagine(...words, '--count', '3', '--out', 'apple.png', '--json');
    expect(drawn).toMatchObject({ exitCode: 0 });
    const answer = JSON.parse(drawn.stdout) as { files: string[]; seed: number; model: string };
    expect(answer).toMatchObject({
      files: ['apple-1.png', 'apple-2.png', 'apple-3.png'],
      seed: 7,
      model: 'icons-128',
      timings: { denoiseMs: expect.any(Number), decodeMs: expect.any(Number) },
    });
    const pictures = await Promise.all(answer.files.map((file) => readFile(join(folder, file))));

    const again = await imagine('--recipe', 'apple-3.png', '--out', 'again.png');
    expect(again).toMatchObject({ exitCode: 0 });
    expect(sha256(await readFile(join(folder, 'again.png')))).toBe(
      sha256(pictures[2] ?? Buffer.of()),
    );

    expect(await drawOverHttp()).toEqual(pictures.map(sha256));
    expect(await drawAtThePage()).toEqual(pictures.map(sha256));
  });

  test.each([
    [[''], /prompt is empty/],
    [['a cat', '--stepps', '5'], /stepps.*--steps/],
    [['a cat', '--ar', '0:1'], /--ar 0:1/],
    [['a cat', '--steps', '0'], /--steps 0/],
    [['a cat', '--steps', '1e9'], /--steps 1e9/],
    [['a cat', '--seed', '-1'], /--seed -1/],
    [['a cat', '--count', '99'], /--count 99/],
    [['a cat', '--size', '100x101'], /100x101/],
    [['a cat', '--model', 'icons-12'], /icons-128/],
    [['x'.repeat(10_000)], /10,000 characters/],
    [['--recipe', 'missing.png'], /missing\.png.*no such file/],
    [['--recipe', '/dev/zero'], /\/dev\/zero is not a file/],
    [['a cat', '--out', 'missing/cat.png'], /missing does not exist/],
  ])('%.40j … ends with one sentence and exit code 2', async (argv, sentence) => {
    const refused = await imagine(...argv);
    expect(refused.stderr.trim()).toMatch(sentence);
    expect(refused.stderr.trim().split('\n')).toHaveLength(1);
    expect(refused).toMatchObject({ exitCode: 2, stdout: '' });
  });

  test('Ctrl-C ends it with one word, also while the image function cannot be reached', async () => {
    const asked = Promise.withResolvers<void>();
    const gateway = createServer((_request, response) => {
      asked.resolve();
      response.writeHead(502).end();
    });
    await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
    const { port } = gateway.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    const { child, ended } = startImagine(['a cat'], { GPU_FUNCTION_URL: url });
    await asked.promise;
    await delay(300);
    const startedAtMs = performance.now();
    child.kill('SIGINT');
    expect(await ended).toEqual({ exitCode: 130, stdout: '', stderr: 'Canceled.\n' });
    expect(performance.now() - startedAtMs).toBeLessThan(10_000);
    gateway.close();
  });

  test('a file without a recipe is named', async () => {
    await writeFile(join(folder, 'text.png'), 'no picture');
    const refused = await imagine('--recipe', 'text.png');
    expect(refused).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/holds no recipe/),
    });
  });
});

/** The job as any other program would send it, through the function's own address. */
async function drawOverHttp(): Promise<string[]> {
  const backend = createLocalProcessBackend({
    environment: process.env,
    logger: createSilentLogger(),
  });
  try {
    const request = generateRequestSchema.parse({
      kind: 'generate',
      prompt: 'a red apple',
      seed: 7,
      steps: 6,
      count: 3,
    });
    await backend.submit({ id: 'same-bytes', owner: 'test', request });
    const statuses: string[] = [];
    for await (const event of backend.events('same-bytes', AbortSignal.timeout(120_000))) {
      if (event.type === 'job-end') statuses.push(event.outcome.status);
    }
    expect(statuses).toEqual(['succeeded']);
    const pictures = [0, 1, 2].map((index) => backend.image('same-bytes', index));
    return (await Promise.all(pictures)).map(sha256);
  } finally {
    await backend.stop();
  }
}

/** The job as the page sends it. */
async function drawAtThePage(): Promise<string[]> {
  const bot = await startProgram('bot/main.ts', {
    PORT: '0',
    DATA_DIR: join(folder, 'data'),
    LOG_LEVEL: 'silent',
  });
  try {
    const url = /http:\/\/\S+/.exec(bot.firstLine)?.[0] ?? '';
    const events = await fetch(`${url}/api/events`);
    await fetch(`${url}/api/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: url },
      body: JSON.stringify({
        text: '/imagine a red apple --seed 7 --steps 6 --count 3',
        deliveryId: 'same-bytes',
      }),
    });
    if (events.body === null) throw new Error('The page gives no events.');
    for await (const { data } of readEventStream(events.body, () => undefined)) {
      const card = JSON.parse(data) as WebCard;
      if (!card.isFinal) continue;
      const pictures = card.images.map(async (image) => {
        const answer = await fetch(`${url}${image.url}`);
        return sha256(new Uint8Array(await answer.arrayBuffer()));
      });
      return await Promise.all(pictures);
    }
    throw new Error('The events ended before the job did.');
  } finally {
    await stopProgram(bot);
  }
}
