/** Pictures from pictures on the page, in a real browser, with the real core: only the image function is a stand-in. */
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { insertPngTexts } from '#contract/png-text.ts';
import { toRecipeTexts } from '#contract/recipe.ts';
import { createImagineService } from '../../../../../bot/core/imagine-service.ts';
import { createWebPlatform } from '../../../../../bot/platforms/web/adapter.ts';
import { startWebServer } from '../../../../../bot/platforms/web/server.ts';
import { createMemoryImageStore } from '../../../../../bot/stores/memory-image-store.ts';
import { createMemoryJobStore } from '../../../../../bot/stores/memory-job-store.ts';
import { createMemorySettingsStore } from '../../../../../bot/stores/memory-settings-store.ts';
import { FakeBackend, TEST_MODEL } from '../../../../fakes/fake-backend.ts';
import { makeRequest, makeSettings } from '../../../../fakes/job-records.ts';
import { toPng } from '../../../../fakes/png-writer.ts';
import { drawSheet } from '../../../../fakes/scripted-picture.ts';
import { createSilentLogger } from '../../../../fakes/silent-logger.ts';
import { waitFor } from '../../../../fakes/wait-for.ts';
import {
  DESKTOP,
  keepScreenshot,
  launchBrowser,
  openPage,
  PHONE,
  reasonToSkip,
  say,
  waitForStatus,
} from './open-browser.ts';

const SIDE_PX = 128;
const drawPng = (seed: number) =>
  toPng(drawSheet(seed, 1, 1, { tileWidthPx: SIDE_PX, tileHeightPx: SIDE_PX, columns: 1 }));

/** Its pictures are real files, and its model can edit. */
class PictureBackend extends FakeBackend {
  constructor() {
    super();
    this.modelList = [
      {
        ...TEST_MODEL,
        abilities: ['image-to-image', 'inpaint', 'outpaint', 'tile', 'prompt-walk'],
      },
    ];
  }

  override async image(jobId: string, index: number): Promise<Uint8Array> {
    return drawPng(jobId.charCodeAt(0) * 7 + index);
  }
}

describe.skipIf(reasonToSkip !== undefined)('pictures from pictures on the page', () => {
  let browser: Browser;
  let backend: PictureBackend;
  let url: string;
  const close: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    const clock = { nowMs: () => Date.now() };
    const web = createWebPlatform({ clock, logger: createSilentLogger() });
    backend = new PictureBackend();
    let random = 0;
    const service = createImagineService({
      backend,
      platforms: [web.platform],
      jobStore: createMemoryJobStore(),
      imageStore: createMemoryImageStore(),
      settingsStore: createMemorySettingsStore(clock),
      clock,
      random: () => (random += 1),
      logger: createSilentLogger(),
    });
    await service.models();
    const app = web.createApp(service);
    const server = await startWebServer({ app, host: '127.0.0.1', port: 0, isPortFixed: true });
    url = server.url;
    return async () => {
      for (const end of close.splice(0)) await end();
      web.close();
      await server.close();
      await service.stop();
    };
  });

  async function open(options = DESKTOP as Parameters<typeof openPage>[2]): Promise<Page> {
    const { page, complaints } = await openPage(browser, url, options);
    close.push(async () => {
      await page.context().close();
      expect(complaints).toEqual([]);
    });
    return page;
  }
  const submitted = (isWanted: (request: object) => boolean) =>
    waitFor('the submission', () => backend.submitted.find(({ request }) => isWanted(request)));

  async function openEditor(page: Page) {
    await say(page, '/imagine a red apple --count 1 --seed 7');
    const entry = await waitForStatus(page, 'succeeded');
    await entry.getByText('Edit region').click();
    const canvas = page.getByTestId('mask-canvas');
    const box = await canvas.boundingBox();
    if (box === null) throw new Error('the canvas is not shown');
    const at = (x: number, y: number) => [box.x + box.width * x, box.y + box.height * y] as const;
    const drag = async (from: readonly [number, number], to: readonly [number, number]) => {
      await page.mouse.move(...at(...from));
      await page.mouse.down();
      await page.mouse.move(...at(...to), { steps: 4 });
      await page.mouse.up();
    };
    return { canvas, drag, at };
  }

  /** The mask of the inpainting job that was handed over, as grey values by share of the picture. */
  async function readMask(): Promise<(x: number, y: number) => number> {
    const job = await submitted((request) => 'inpaint' in request && request.inpaint !== undefined);
    const { request } = job;
    const mask = request.kind === 'generate' ? request.inpaint?.mask : undefined;
    if (mask?.kind !== 'image' || mask.image.kind !== 'inline') throw new Error('no mask');
    const file = Buffer.from(mask.image.base64, 'base64');
    const { data, info } = await sharp(file)
      .greyscale()
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([SIDE_PX, SIDE_PX]);
    return (x, y) => data[Math.floor(y * SIDE_PX) * SIDE_PX + Math.floor(x * SIDE_PX)] ?? -1;
  }

  test('a region is painted, partly erased, a rectangle taken back, and drawn', async () => {
    const page = await open();
    const { drag } = await openEditor(page);
    const status = page.getByTestId('mask-status');
    expect(await page.getByTestId('mask-draw').isDisabled()).toBe(true);
    await drag([0.2, 0.25], [0.8, 0.25]);
    await page.getByTestId('mask-eraser').click();
    await drag([0.7, 0.1], [0.7, 0.4]);
    const painted = await status.textContent();
    await page.getByTestId('mask-rectangle').click();
    await drag([0.1, 0.6], [0.9, 0.9]);
    expect(await status.textContent()).not.toBe(painted);
    await keepScreenshot(page, 'mask-editor');
    await page.getByTestId('mask-undo').click();
    expect(await status.textContent()).toBe(painted);
    await page.getByTestId('mask-draw').click();
    const grey = await readMask();
    expect([grey(0.3, 0.25), grey(0.7, 0.25), grey(0.5, 0.75), grey(0.3, 0.6)]).toEqual([
      255, 0, 0, 0,
    ]);
    const entry = await waitForStatus(page, 'succeeded');
    expect(await entry.textContent()).toContain('Region of picture 1 – a red apple');
  });

  test('the words of a region are words alone; a refusal keeps the strokes, and the flags go along', async () => {
    const page = await open();
    const { drag } = await openEditor(page);
    await drag([0.2, 0.25], [0.8, 0.25]);
    const words = page.getByTestId('mask-words');
    expect(await words.inputValue()).toBe('a red apple');
    await words.fill('a pear --steps 9999');
    await page.getByTestId('mask-draw').click();
    await page.getByTestId('mask-status').getByText('--steps 9999 must be').waitFor();
    await words.fill('a green pear --strength 0.9');
    await page.getByTestId('mask-draw').click();
    const { request } = await submitted(
      (asked) => 'inpaint' in asked && asked.inpaint !== undefined,
    );
    expect(request).toMatchObject({ prompt: 'a green pear', strength: 0.9 });
    await page.getByTestId('mask-canvas').waitFor({ state: 'hidden' });
  });

  test('with keys alone a region is painted, inverted and drawn', async () => {
    const page = await open();
    await openEditor(page);
    for (const key of ['ArrowUp', 'ArrowUp', ' ', 'Shift+ArrowLeft', 'Shift+ArrowLeft', ' ']) {
      await page.keyboard.press(key);
    }
    await page.getByTestId('mask-invert').click();
    await page.getByTestId('mask-draw').focus();
    await page.keyboard.press('Enter');
    const grey = await readMask();
    expect([grey(0.4, 0.44), grey(0.9, 0.9)]).toEqual([0, 255]);
  });

  test('fingers paint on a phone, where everything fits', async () => {
    const page = await open(PHONE);
    const { at } = await openEditor(page);
    await page.touchscreen.tap(...at(0.5, 0.5));
    expect(await page.getByTestId('mask-status').textContent()).toMatch(/^\d+% will be drawn anew/);
    const isWide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    expect(isWide).toBe(false);
    await keepScreenshot(page, 'mask-editor-phone');
  });

  test('an attached picture is the start image of the next command', async () => {
    const page = await open();
    const file = { name: 'boat.png', mimeType: 'image/png', buffer: Buffer.from(drawPng(3)) };
    await page.getByTestId('attach-input').setInputFiles(file);
    await page.getByTestId('attachment').waitFor();
    await keepScreenshot(page, 'attachment');
    await say(page, '/imagine a boat --strength 0.5 --count 1');
    const job = await submitted(
      (request) => 'startImage' in request && request.startImage !== undefined,
    );
    expect(job.request).toMatchObject({ strength: 0.5, startImage: { kind: 'inline' } });
    expect(await page.getByTestId('attachment').count()).toBe(0);
    const html = { name: 'page.png', mimeType: 'image/png', buffer: Buffer.from('<html>') };
    await page.getByTestId('attach-input').setInputFiles(html);
    await page.getByText('page.png is no picture').waitFor();
  });

  test('a dropped PNG file brings its recipe back, with buttons that work', async () => {
    const page = await open();
    const settings = makeSettings(makeRequest({ prompt: 'a blue boat', seed: 99, count: 1 }));
    const png = insertPngTexts(drawPng(5), toRecipeTexts(settings, 0));
    const base64 = Buffer.from(png).toString('base64');
    const data = await page.evaluateHandle((text) => {
      const transfer = new DataTransfer();
      const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
      transfer.items.add(new File([bytes], 'found.png', { type: 'image/png' }));
      return transfer;
    }, base64);
    await page.dispatchEvent('#channel', 'drop', { dataTransfer: data });
    await page.getByTestId('attachment-info').click();
    const entry = await waitForStatus(page, 'succeeded');
    expect(await entry.textContent()).toContain('a blue boat');
    await entry.getByText('Zoom out 2×').click();
    const job = await submitted(
      (request) => 'outpaint' in request && request.outpaint !== undefined,
    );
    expect(job.request).toMatchObject({
      prompt: 'a blue boat',
      outpaint: { kind: 'zoom', factor: 2 },
    });
  });

  test('every button of a picture is answered at once, and the gallery has what came of them', async () => {
    const page = await open();
    await say(page, '/imagine a red apple --count 1 --seed 7');
    await waitForStatus(page, 'succeeded');
    const first = page.locator('.entry[data-job-id]').first();
    const labels = ['Upscale 2×', 'Creative 2×', 'Vary subtle', 'Zoom out 1.5×', '← Pan', '↓ Pan'];
    for (const label of labels) {
      await first.getByText(label, { exact: true }).click();
      await page.waitForTimeout(50);
    }
    await waitFor('all jobs', () => backend.submitted.length === 1 + labels.length || undefined);
    const answersMs = await page.evaluate(() =>
      performance
        .getEntriesByType('resource')
        .filter(({ name }) => name.endsWith('/api/actions'))
        .map(({ duration }) => Math.round(duration)),
    );
    process.stdout.write(`buttons were answered after ${answersMs.join(', ')} ms\n`);
    expect(answersMs).toHaveLength(labels.length);
    expect(answersMs.toSorted((a, b) => a - b)[labels.length / 2]).toBeLessThan(150);
    await page.getByTestId('gallery-button').click();
    await page.getByTestId('gallery-item').nth(5).waitFor();
    await keepScreenshot(page, 'gallery');
    await page.getByTestId('gallery-item').last().click();
    await expect.poll(() => page.getByTestId('gallery').isVisible()).toBe(false);
  });
});
