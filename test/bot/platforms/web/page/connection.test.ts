/** The page when the network or the server is not there: nothing typed is lost, nothing drawn is missed. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWebPlatform } from '../../../../../bot/platforms/web/adapter.ts';
import { startWebServer, type WebServer } from '../../../../../bot/platforms/web/server.ts';
import { createSilentLogger } from '../../../../fakes/silent-logger.ts';
import { ScriptedImagineService } from '../../../../fakes/scripted-imagine-service.ts';
import {
  keepScreenshot,
  launchBrowser,
  openPage,
  reasonToSkip,
  say,
  waitForStatus,
} from './open-browser.ts';

/** A bot whose front door can be shut and opened again while it goes on working. */
async function startBot() {
  const web = createWebPlatform({
    clock: { nowMs: () => Date.now() },
    logger: createSilentLogger(),
  });
  const service = new ScriptedImagineService({ platform: web.platform, stepMs: 40, steps: 6 });
  const app = web.createApp(service);
  const listen = (port: number) =>
    startWebServer({ app, host: '127.0.0.1', port, isPortFixed: true });
  let server: WebServer = await listen(0);
  return {
    url: server.url,
    service,
    shut: () => server.close(),
    async reopen() {
      server = await listen(server.port);
    },
    async close() {
      await service.stop();
      web.close();
      await server.close();
    },
  };
}

describe.skipIf(reasonToSkip !== undefined)('a cut connection', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  test('is shown, keeps the text, and everything missed appears when it is back', async () => {
    const bot = await startBot();
    const { page, complaints } = await openPage(browser, bot.url);
    await say(page, '/imagine before');
    await waitForStatus(page, 'succeeded');
    await say(page, '/imagine slow boat');
    const left = page.getByTestId('eta').last();
    await left.getByText(/s left|any moment/).waitFor();
    await bot.shut();
    await page.getByText('Reconnecting…').waitFor();
    expect(await left.textContent()).toBe('waiting for the connection');
    await say(page, '/imagine meanwhile');
    await page.getByTestId('composer-error').getByText('does not answer').waitFor();
    expect(await page.getByTestId('composer').inputValue()).toBe('/imagine meanwhile');
    await keepScreenshot(page, 'connection-lost');
    const place = { platform: 'web', channelId: 'imagine' } as const;
    const user = { id: 'other', name: 'Other' };
    await bot.service.imagine({ text: 'elsewhere', deliveryId: 'elsewhere', user, place });
    await bot.reopen();
    await page.locator('[data-testid=connection][data-state=live]').waitFor();
    await page.getByTestId('card-title').getByText('elsewhere').waitFor();
    await page.getByTestId('composer').press('Enter');
    await page.getByTestId('card-title').getByText('meanwhile').waitFor();
    expect(await page.getByTestId('card-title').allTextContents()).toEqual([
      'before',
      'slow boat',
      'elsewhere',
      'meanwhile',
    ]);
    expect(complaints).toEqual([]);
    await bot.close();
  });

  test('on a slow network the answer is waited for and the message goes out once', async () => {
    const bot = await startBot();
    const { page } = await openPage(browser, bot.url);
    await page.route('**/api/messages', async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 700));
      await route.continue();
    });
    await page.getByTestId('composer').fill('/imagine patience');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    expect(await page.locator('#composer').getAttribute('aria-busy')).toBe('true');
    await waitForStatus(page, 'succeeded');
    expect(await page.getByTestId('entry').count()).toBe(1);
    expect(await page.getByTestId('composer').inputValue()).toBe('');
    await bot.close();
  });

  test('a picture that did not come can be loaded again', async () => {
    const bot = await startBot();
    const { page } = await openPage(browser, bot.url);
    await page.route('**/images/**', (route) => route.abort());
    await say(page, '/imagine a boat --count 1');
    const again = page.getByText('Load the picture again');
    await again.waitFor();
    await page.unroute('**/images/**');
    await again.click();
    await page.locator('.cell[data-loaded]').waitFor();
    expect(await again.count()).toBe(0);
    await bot.close();
  });
});
