/** Processes die in the middle of a job: nothing is lost and the picture is the same. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readEventStream } from '../../bot/backends/read-event-stream.ts';
import type { WebCard, WebHistory } from '../../bot/platforms/web/render.ts';
import {
  descendants,
  isAlive,
  startProgram,
  stopProgram,
  type StartedProgram,
} from '../processes.ts';

let dataDir: string;
let bot: StartedProgram;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'imagine-kill-'));
  bot = await startBot();
});
afterEach(async () => {
  await stopProgram(bot);
  await rm(dataDir, { recursive: true, force: true });
});

const startBot = () =>
  startProgram('bot/main.ts', { PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'silent' });
const address = () => /http:\/\/\S+/.exec(bot.firstLine)?.[0] ?? '';

async function imagine(text: string): Promise<void> {
  const deliveryId = `delivery-${text.length}-${Date.now()}`;
  const answer = await fetch(`${address()}/api/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: address() },
    body: JSON.stringify({ text, deliveryId }),
  });
  expect(answer.ok).toBe(true);
}

/** Reads the page's events until a card is as it should be. */
async function untilCard(isWanted: (card: WebCard) => boolean): Promise<WebCard> {
  const answer = await fetch(`${address()}/api/history`);
  const history = (await answer.json()) as WebHistory;
  const present = history.cards.find(isWanted);
  if (present !== undefined) return present;
  const events = await fetch(`${address()}/api/events?after=${history.position}`);
  if (events.body === null) throw new Error('The page gives no events.');
  for await (const { data } of readEventStream(events.body, () => undefined)) {
    const card = JSON.parse(data) as WebCard;
    if (isWanted(card)) return card;
  }
  throw new Error('The events ended before the card came.');
}

const isDrawing = (card: WebCard) => card.status === 'denoising' && (card.progress ?? 0) > 0.1;
const isFinal = (card: WebCard) => card.isFinal;

async function finishedPicture(): Promise<Buffer> {
  const card = await untilCard(isFinal);
  expect(card).toMatchObject({ status: 'succeeded' });
  const picture = await fetch(`${address()}${card.images[0]?.url}`);
  return Buffer.from(await picture.arrayBuffer());
}

/** What the same command draws when nobody disturbs it. */
async function undisturbed(): Promise<Buffer> {
  await imagine('/imagine a cat --seed 5 --count 1 --steps 40');
  return finishedPicture();
}

function engineProcessId(): number {
  const engine = descendants(bot.child.pid ?? 0).find(({ command }) =>
    command.includes('engine-main'),
  );
  if (engine === undefined) throw new Error('No engine runs.');
  return engine.processId;
}

test('an engine that is killed is started again, and draws the same picture', async () => {
  await imagine('/imagine a cat --seed 5 --count 1 --steps 80');
  await untilCard(isDrawing);
  const before = engineProcessId();
  process.kill(before, 'SIGKILL');
  const disturbed = await finishedPicture();
  expect(engineProcessId()).not.toBe(before);
  await stopProgram(bot);
  await rm(dataDir, { recursive: true });
  bot = await startBot();
  await imagine('/imagine a cat --seed 5 --count 1 --steps 80');
  expect((await finishedPicture()).equals(disturbed)).toBe(true);
});

test('a bot that is killed takes its jobs up again, and leaves no process behind', async () => {
  const expected = await undisturbed();
  await stopProgram(bot);
  await rm(dataDir, { recursive: true });
  bot = await startBot();
  await imagine('/imagine a cat --seed 5 --count 1 --steps 40');
  await untilCard((card) => card.status === 'denoising');
  const children = descendants(bot.child.pid ?? 0).map(({ processId }) => processId);
  bot.child.kill('SIGKILL');
  await once(bot.child, 'exit');
  bot = await startBot();
  expect((await finishedPicture()).equals(expected)).toBe(true);
  await expect.poll(() => children.filter(isAlive), { timeout: 10_000 }).toEqual([]);
});
