/** The main job at the page: the real bot, the real engine and model, a real browser. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startProgram, stopProgram, type StartedProgram } from '../processes.ts';
import {
  keepScreenshot,
  launchBrowser,
  openPage,
  PHONE,
  reasonToSkip,
  say,
} from '../bot/platforms/web/page/open-browser.ts';
import { countPreviews, downloadPictures, measureOverflowPx, untilStatus } from './page-driver.ts';

describe.skipIf(reasonToSkip !== undefined)(
  `a person at the chat page ${reasonToSkip ?? ''}`,
  () => {
    let dataDir: string;
    let bot: StartedProgram;
    let browser: Browser;
    let page: Page;
    let url: string;

    beforeAll(async () => {
      dataDir = await mkdtemp(join(tmpdir(), 'imagine-e2e-'));
      bot = await startProgram('bot/main.ts', { PORT: '0', DATA_DIR: dataDir });
      url = /http:\/\/\S+/.exec(bot.firstLine)?.[0] ?? '';
      browser = await launchBrowser();
      ({ page } = await openPage(browser, url));
    });
    afterAll(async () => {
      await browser?.close();
      await stopProgram(bot);
      await rm(dataDir, { recursive: true, force: true });
    });

    test('sees a prompt sharpen into four pictures, in every open window', async () => {
      const { page: second } = await openPage(browser, url);
      await keepScreenshot(page, 'page-1-empty');
      const previews = countPreviews(second);
      await say(page, '/imagine a red apple --seed 7 --steps 12');
      await page.getByTestId('entry').last().getByTestId('preview').first().waitFor();
      await keepScreenshot(page, 'page-2-drawing');
      await untilStatus(page.getByTestId('entry').last(), 'succeeded');
      await untilStatus(second.getByTestId('entry').last(), 'succeeded');
      expect(await previews).toBeGreaterThanOrEqual(5);

      const pictures = await downloadPictures(page.getByTestId('entry').last());
      expect(pictures).toHaveLength(4);
      expect(new Set(pictures.map((png) => png.toString('base64'))).size).toBe(4);
      expect(await downloadPictures(second.getByTestId('entry').last())).toEqual(pictures);
      await page.getByTestId('entry').last().getByText('Details').click();
      await keepScreenshot(page, 'page-3-pictures');
      await second.close();
    });

    test('varies the second picture, enlarges the third, draws anew', async () => {
      const grid = page.getByTestId('entry').first();
      await grid.getByTestId('action-vary-1').click();
      await untilStatus(page.getByTestId('entry').nth(1), 'succeeded');
      expect(
        await page.getByTestId('entry').nth(1).getByTestId('card-title').textContent(),
      ).toMatch(/variation of picture 2/i);
      const varied = await downloadPictures(page.getByTestId('entry').nth(1));
      const original = await downloadPictures(grid);
      expect(varied).toHaveLength(4);
      expect(varied).not.toContainEqual(original[1]);

      await grid.getByTestId('action-upscale-2').click();
      const enlarged = page.getByTestId('entry').nth(2);
      await untilStatus(enlarged, 'succeeded');
      const [picture] = await downloadPictures(enlarged);
      // A PNG's header holds its width and height: bytes 16 to 23.
      expect([picture?.readUInt32BE(16), picture?.readUInt32BE(20)]).toEqual([256, 256]);
      await expect
        .poll(() => enlarged.getByTestId('note').allTextContents())
        .toEqual(expect.arrayContaining([expect.stringMatching(/Enlarged by/)]));

      await grid.getByTestId('action-reroll-0').click();
      const anew = page.getByTestId('entry').nth(3);
      await untilStatus(anew, 'succeeded');
      expect(await downloadPictures(anew)).not.toContainEqual(original[0]);
      await keepScreenshot(page, 'page-4-actions');
    });

    test('cancels a drawing that runs', async () => {
      await say(page, '/imagine a sunflower --steps 500 --count 4');
      const entry = page.getByTestId('entry').nth(4);
      await entry.getByTestId('preview').first().waitFor();
      await entry.getByTestId('action-cancel-0').click();
      await untilStatus(entry, 'canceled');
      expect(await entry.getByTestId('action-retry-0').isVisible()).toBe(true);
      await keepScreenshot(page, 'page-5-canceled');
    });

    test('is told in one sentence what is wrong with a command, and keeps its text', async () => {
      await say(page, '/imagine a cat --stepps 20');
      const message = page.getByTestId('composer-error');
      await message.waitFor();
      expect(await message.textContent()).toMatch(/stepps.*--steps/s);
      expect(await page.getByTestId('composer').inputValue()).toBe('/imagine a cat --stepps 20');
      await keepScreenshot(page, 'page-6-mistake');
    });

    test('finds everything again after a reload, on a phone in the dark', async () => {
      const { page: phone } = await openPage(browser, url, { ...PHONE, colorScheme: 'dark' });
      await phone.getByTestId('entry').nth(4).waitFor();
      expect(await phone.getByTestId('entry').count()).toBe(5);
      expect(await measureOverflowPx(phone)).toBe(0);
      await keepScreenshot(phone, 'page-7-phone');
      await phone.close();
    });
  },
);
