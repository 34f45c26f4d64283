/** What a person does on the page, in a real browser, against the scripted service. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  keepScreenshot,
  launchBrowser,
  openPage,
  reasonToSkip,
  say,
  waitForStatus,
} from './open-browser.ts';
import type { JobRecord } from '../../../../../bot/core/ports.ts';
import { toScriptedCard } from '../../../../fakes/scripted-card.ts';
import { drawPreview } from '../../../../fakes/scripted-picture.ts';
import { startWeb, type RunningWeb } from '../start-web.ts';

if (reasonToSkip !== undefined) process.stderr.write(`${reasonToSkip}\n`);

describe.skipIf(reasonToSkip !== undefined)('the chat page', () => {
  let browser: Browser;
  let web: RunningWeb;
  const close: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    web = await startWeb({ stepMs: 70, steps: 10 });
    return async () => {
      for (const end of close.splice(0)) await end();
      await web.close();
    };
  });

  async function open(options?: Parameters<typeof openPage>[2]): Promise<Page> {
    const { page, complaints } = await openPage(browser, web.url, options);
    close.push(async () => {
      await page.context().close();
      expect(complaints).toEqual([]);
    });
    return page;
  }

  /** Every different look that the first picture had, as the canvas held it. */
  const collectPreviews = (page: Page) =>
    page.evaluate(() => {
      const seen = new Set<string>();
      Object.assign(window, { seenPreviews: seen });
      new MutationObserver(() => {
        const canvas = document.querySelector<HTMLCanvasElement>('.cell canvas:last-of-type');
        if (canvas !== null) seen.add(canvas.toDataURL());
      }).observe(document.body, { subtree: true, childList: true });
    });
  const countPreviews = (page: Page) =>
    page.evaluate(() => (window as unknown as { seenPreviews: Set<string> }).seenPreviews.size);

  test('one click on an example draws: waiting, previews that change, a grid, buttons', async () => {
    // Slow enough that a busy machine sees the middle of it too.
    await web.close();
    web = await startWeb({ stepMs: 220, steps: 10 });
    const page = await open();
    await keepScreenshot(page, 'empty');
    await collectPreviews(page);
    await page.getByTestId('example').first().click();
    await page.getByText(/^(\d s left|any moment now)$/).waitFor();
    await page.getByText(/Drawing, step [5-9]/).waitFor();
    await keepScreenshot(page, 'drawing');
    const entry = await waitForStatus(page, 'succeeded');
    await entry.locator('.cell[data-loaded]').nth(3).waitFor();
    await keepScreenshot(page, 'done');
    // All of it fits a small desktop: nothing is cut off under the header.
    expect(await page.locator('#scroller').evaluate((el) => el.scrollTop)).toBe(0);
    expect(await countPreviews(page)).toBeGreaterThanOrEqual(5);
    const labels = await entry.locator('.card-buttons button').allTextContents();
    expect(labels).toEqual('U1 U2 U3 U4 V1 V2 V3 V4 Reroll Edit Delete'.split(' '));
    expect(await page.getByTestId('welcome').isVisible()).toBe(false);
  });

  test('a second window sees the same, live; a reload keeps it', async () => {
    const [first, second] = await Promise.all([open(), open()]);
    // Slow, so that a busy machine still sees it being drawn.
    await say(first, '/imagine a slow boat');
    await second.getByText(/Drawing, step/).waitFor();
    await waitForStatus(second, 'succeeded');
    expect(await second.getByTestId('card-title').textContent()).toBe('a slow boat');
    await first.reload();
    await waitForStatus(first, 'succeeded');
    await first.getByTestId('picture').nth(3).waitFor();
    const entry = second.getByTestId('entry');
    await entry.getByTestId('action-delete-0').click();
    await second.waitForTimeout(400);
    expect(await entry.count()).toBe(1);
    await entry.getByText('Really delete?').click();
    await first.getByTestId('welcome').waitFor();
    expect(await first.getByTestId('entry').count()).toBe(0);
  });

  test('vary, upscale, reroll, edit, cancel and retry do what they say', async () => {
    const page = await open();
    await say(page, '/imagine a boat --seed 7');
    const parent = await waitForStatus(page, 'succeeded');
    const parentId = (await parent.getAttribute('data-job-id')) ?? '';
    const first = page.locator(`[data-job-id="${parentId}"]`);
    await first.getByTestId('action-vary-1').click();
    await page.getByText('Variation of picture 2 – a boat').waitFor();
    expect(await page.getByTestId('deed').textContent()).toBe('Varied picture 2 of a boat');
    await first.getByTestId('action-upscale-2').click();
    // By its title: a screen reader's line may say the same words at this moment.
    const titles = page.getByTestId('card-title');
    await titles.filter({ hasText: 'Upscale of picture 3 – a boat' }).waitFor();
    await first.getByTestId('action-reroll-0').click();
    await expect.poll(() => page.getByTestId('entry').count()).toBe(4);
    await first.getByTestId('action-edit-0').click();
    const edited = () => page.getByTestId('composer').inputValue();
    await expect.poll(edited).toBe('/imagine a boat --seed 7');
    await say(page, '/imagine slow snail');
    await page.getByTestId('entry').last().getByTestId('action-cancel-0').click();
    const canceled = await waitForStatus(page, 'canceled');
    await keepScreenshot(page, 'canceled');
    await canceled.getByTestId('action-retry-0').click();
    await expect.poll(() => page.getByTestId('entry').count()).toBe(6);
  });

  test('a canceled job keeps the shape of what was shown, whatever shape was asked for', async () => {
    const page = await open();
    const { platform } = web.web;
    const job = {
      id: 'web-shape',
      request: { kind: 'generate', prompt: 'a fox', negativePrompt: '', count: 4 },
      command: 'a fox --ar 3:2',
      user: { id: 'local', name: 'You' },
      place: { platform: 'web', channelId: 'imagine' },
      createdAtMs: Date.now(),
    };
    const show = async (width: number, status: 'denoising' | 'canceled') => {
      const size = { kind: 'aspect', width, height: 2 };
      const preview = drawPreview(1, 4, 0.5, { widthPx: 128, heightPx: 128 });
      const state = { status, preview };
      const record = { ...job, request: { ...job.request, size }, state } as unknown as JobRecord;
      await platform.showCard(record, toScriptedCard(record, Date.now(), 10));
    };
    const ratio = async () => {
      const box = await page.locator('.cell').first().boundingBox();
      return Math.round(((box?.width ?? 0) / (box?.height ?? 1)) * 10) / 10;
    };
    await show(2, 'denoising');
    await page.getByTestId('preview').first().waitFor();
    expect(await ratio()).toBe(1);
    await show(3, 'canceled');
    await waitForStatus(page, 'canceled');
    expect(await ratio()).toBe(1);
  });

  test('a failed job says why and offers another try', async () => {
    const page = await open();
    await say(page, '/imagine fail whale');
    const entry = await waitForStatus(page, 'failed');
    expect(await entry.getByTestId('failure').textContent()).toContain('ran out of memory');
    await keepScreenshot(page, 'failed');
    await entry.getByTestId('action-retry-0').click();
    await waitForStatus(page, 'succeeded');
  });

  test('a picture opens large with its recipe, and the keys lead through its neighbours', async () => {
    const page = await open();
    await say(page, '/imagine a boat --seed 7');
    await waitForStatus(page, 'succeeded');
    await page.getByTestId('picture').nth(1).click();
    const box = page.getByTestId('lightbox');
    await box.getByText('Picture 2 of 4').waitFor();
    await box.getByTestId('lightbox-picture').evaluate((image: HTMLImageElement) => image.decode());
    await keepScreenshot(page, 'lightbox');
    await page.keyboard.press('ArrowRight');
    await box.getByText('Picture 3 of 4').waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      box.getByTestId('lightbox-download').click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/^a-boat-\d+\.png$/);
    await page.keyboard.press('Escape');
    expect(await box.isVisible()).toBe(false);
    const [archive] = await Promise.all([
      page.waitForEvent('download'),
      page.getByTestId('download').click(),
    ]);
    expect(archive.suggestedFilename()).toBe('a-boat.zip');
  });

  test('a refused command stays in the box with the reason above it', async () => {
    const page = await open();
    await say(page, '/imagine a cat --sed 7');
    const error = page.getByTestId('composer-error');
    await error.getByText('There is no flag --sed; did you mean --seed?').waitFor();
    expect(await page.getByTestId('composer').inputValue()).toBe('/imagine a cat --sed 7');
    await keepScreenshot(page, 'refused');
    await page.getByTestId('composer').press('Backspace');
    expect(await error.isVisible()).toBe(false);
  });

  test('text without a slash is offered as a command and drawn with one key', async () => {
    const page = await open();
    await page.getByTestId('composer').pressSequentially('a green cat');
    await page.getByRole('option', { name: '/imagine a green cat' }).waitFor();
    await page.keyboard.press('Enter');
    await waitForStatus(page, 'succeeded');
    expect(await page.getByTestId('command').textContent()).toBe('/imagine a green cat');
  });

  test('what is typed faster than the offers come is sent as it was typed', async () => {
    const page = await open();
    const composer = page.getByTestId('composer');
    await composer.fill('/imagine a cat --s');
    await page.getByRole('option', { name: /--seed/ }).waitFor();
    await say(page, '/imagine a cat on a very long mat');
    await waitForStatus(page, 'succeeded');
    const text = await page.getByTestId('command').textContent();
    expect(text).toBe('/imagine a cat on a very long mat');
  });

  test('help and models are shown to this window only and can be put away', async () => {
    const [page, other] = await Promise.all([open(), open()]);
    await say(page, '/help');
    await page.getByTestId('help').getByText('--seed 7').waitFor();
    expect(await page.getByTestId('reply').getByTestId('command').textContent()).toBe('/help');
    await say(page, '/models');
    await page.getByTestId('models').getByText('Plays a script').waitFor();
    await keepScreenshot(page, 'replies');
    expect(await other.getByTestId('reply').count()).toBe(0);
    await page.getByText('Dismiss').first().click();
    await page.getByText('Dismiss').click();
    await page.getByTestId('welcome').waitFor();
  });

  test('the history comes page by page, and a reader further up is left in peace', async () => {
    web.service.addHistory(Array.from({ length: 50 }, (_, index) => `thing ${index}.`));
    const page = await open();
    const scroller = page.locator('#scroller');
    const fromBottom = () =>
      scroller.evaluate((el) => Math.round(el.scrollHeight - el.scrollTop - el.clientHeight));
    await page.getByText('thing 49.').first().waitFor();
    expect(await fromBottom()).toBeLessThan(5);
    await keepScreenshot(page, 'history');
    // What the reader looks at stays where it is while older messages come in above it.
    await scroller.evaluate((el) => (el.scrollTop = 500));
    const landmark = page.locator('.command', { hasText: 'thing 31.' });
    const before = (await landmark.boundingBox())?.y ?? 0;
    const patience = { timeout: 10_000 };
    await expect.poll(() => page.getByTestId('entry').count(), patience).toBeGreaterThan(20);
    expect(Math.abs(((await landmark.boundingBox())?.y ?? 0) - before)).toBeLessThan(3);
    const place = await fromBottom();
    const second = await open();
    await say(second, '/imagine news');
    await page.getByTestId('new-pill').getByText('1 new message').waitFor();
    await waitForStatus(second, 'succeeded');
    expect(await fromBottom()).toBeGreaterThanOrEqual(place);
    await page.getByTestId('new-pill').click();
    await expect.poll(fromBottom, patience).toBeLessThan(5);
    await expect.poll(() => page.getByTestId('new-pill').isVisible(), patience).toBe(false);
    while ((await page.getByText('This is where it began.').count()) === 0) {
      await scroller.evaluate((el) => (el.scrollTop = 0));
      await page.waitForTimeout(50);
    }
    expect(await page.getByTestId('entry').count()).toBe(51);
  });

  test('text stays text, however it looks', async () => {
    const page = await open();
    const trick = '<img src=x onerror="document.title=1"><b>bold</b> javascript:alert(1)';
    await say(page, `/imagine ${trick}`);
    await waitForStatus(page, 'succeeded');
    expect(await page.getByTestId('command').textContent()).toBe(`/imagine ${trick}`);
    expect(await page.locator('.entry b').count()).toBe(0);
    expect(await page.title()).not.toBe('1');
  });
});
