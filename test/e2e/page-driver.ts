/** A person at the chat page: a real Chromium, driven by what the person would see and press. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type Locator, type Page } from 'playwright-core';
import { projectFolder } from '../source-files.ts';

const CHROMIUM_PATH = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';

/** On a machine that tests for others a missing browser must fail, not be passed over. */
export const isBrowserAbsent = !existsSync(CHROMIUM_PATH) && process.env['CI'] === undefined;
if (isBrowserAbsent) {
  process.stderr.write(
    `No browser at ${CHROMIUM_PATH}: set CHROMIUM_PATH to run the tests of the page.\n`,
  );
}

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM_PATH,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export async function keepScreenshot(page: Page, name: string): Promise<void> {
  const folder = join(projectFolder, 'test/output');
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

export async function openPage(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1_100, height: 860 } });
  await page.goto(url);
  await page.getByTestId('connection').and(page.locator('[data-state="live"]')).waitFor();
  return page;
}

export async function type(page: Page, command: string): Promise<void> {
  await page.getByTestId('composer').fill(command);
  await page.keyboard.press('Enter');
}

/** The newest exchange in the channel. */
export function lastEntry(page: Page): Locator {
  return page.getByTestId('entry').last();
}

export async function untilStatus(entry: Locator, status: string): Promise<void> {
  await entry.and(entry.page().locator(`[data-status="${status}"]`)).waitFor({ timeout: 60_000 });
}

/** Runs in the page; a text, because the sources here know no browser types. */
const COUNT_PREVIEWS = `(async () => {
  const seen = new Set();
  for (;;) {
    const entry = [...document.querySelectorAll('[data-testid="entry"]')].at(-1);
    const canvas = entry?.querySelector('.cell canvas:last-of-type');
    if (canvas) seen.add(canvas.toDataURL());
    if (/succeeded|failed|canceled/.test(entry?.dataset.status ?? '')) return seen.size;
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
})()`;

/** Looks at the first picture's place many times a second until the job ends; how many different previews were seen. */
export function countPreviews(page: Page): Promise<number> {
  return page.evaluate<number>(COUNT_PREVIEWS);
}

/** How far the page is wider than its window, in CSS pixels: 0 unless something sticks out. */
export function measureOverflowPx(page: Page): Promise<number> {
  return page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
}

/** The files behind the pictures of an exchange, as the page loads them. */
export async function downloadPictures(page: Page, entry: Locator): Promise<Buffer[]> {
  const addresses = await entry
    .getByTestId('picture')
    .locator('img')
    .evaluateAll((images) => images.map((image) => image.getAttribute('src') ?? ''));
  const answers = await Promise.all(
    addresses.map((address) => page.request.get(new URL(address, page.url()).href)),
  );
  return Promise.all(answers.map((answer) => answer.body()));
}
