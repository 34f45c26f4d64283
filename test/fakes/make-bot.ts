/** Bots that are stopped when their test ends. */
import { afterEach } from 'vitest';
import { TestBot, type TestBotOptions } from './test-bot.ts';

const bots: TestBot[] = [];
afterEach(async () => {
  for (const bot of bots.splice(0)) await bot.service.stop();
});

export function makeBot(options: TestBotOptions = {}): TestBot {
  const bot = new TestBot(options);
  bots.push(bot);
  return bot;
}
