/** A real Chromium for the page's tests: the one of CHROMIUM_PATH, or Debian's. */
import { existsSync, mkdirSync } from 'node:fs';
import {
  chromium,
  type Browser,
  type BrowserContextOptions,
  type Locator,
  type Page,
} from 'playwright-core';

const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const isInstalled = existsSync(executablePath);
if (!isInstalled && process.env['CI'] !== undefined) {
  throw new Error(`No Chromium at ${executablePath}: set CHROMIUM_PATH to one.`);
}

/** Why the browser tests cannot run on this machine, if they cannot. */
export const reasonToSkip = isInstalled
  ? undefined
  : `skipped: no Chromium at ${executablePath}; install one or set CHROMIUM_PATH`;

const OUTPUT_FOLDER = new URL('../../../../output/', import.meta.url);

export function launchBrowser(): Promise<Browser> {
  mkdirSync(OUTPUT_FOLDER, { recursive: true });
  return chromium.launch({
    executablePath,
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

export const DESKTOP = { viewport: { width: 1280, height: 800 } } as const;
export const PHONE = {
  viewport: { width: 360, height: 740 },
  hasTouch: true,
  isMobile: true,
  deviceScaleFactor: 2,
} as const;

export interface OpenPage {
  page: Page;
  /** What the page complained of: exceptions, violated policies. Refused commands are none. */
  complaints: string[];
}

export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = DESKTOP,
): Promise<OpenPage> {
  const context = await browser.newContext({ colorScheme: 'dark', ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    const isNetwork = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !isNetwork) complaints.push(message.text());
  });
  await page.goto(url);
  await page.locator('[data-testid=connection][data-state=live]').waitFor();
  return { page, complaints };
}

/** Keeps what the page looks like beside the test's other output. */
export const keepScreenshot = (page: Page, name: string): Promise<Buffer> =>
  page.screenshot({ path: new URL(`web-${name}.png`, OUTPUT_FOLDER).pathname });

/** Types a line into the message box, sends it, and waits for the bot's answer to it. */
export async function say(page: Page, text: string): Promise<void> {
  const composer = page.getByTestId('composer');
  await composer.fill(text);
  await composer.press('Enter');
  await page.waitForFunction(() => {
    const input = document.querySelector<HTMLTextAreaElement>('#composer-input');
    const error = document.querySelector<HTMLElement>('#composer-error');
    return input?.value === '' || error?.hidden === false;
  });
}

/** The newest entry, once its job stands as expected. */
export async function waitForStatus(page: Page, status: string): Promise<Locator> {
  const entry = page.locator('.entry[data-job-id]').last();
  await page.waitForFunction((expected) => {
    const newest = [...document.querySelectorAll<HTMLElement>('.entry[data-job-id]')].at(-1);
    return newest?.dataset['status'] === expected;
  }, status);
  return entry;
}
