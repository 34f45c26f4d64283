/** The page for everybody: keyboard alone, screen readers, small screens, both color schemes, less motion. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
import { findFaintTexts, findSmallTargets } from './measure-page.ts';
import { startWeb, type RunningWeb } from '../start-web.ts';

describe.skipIf(reasonToSkip !== undefined)('access', () => {
  let browser: Browser;
  let web: RunningWeb;
  beforeAll(async () => {
    [browser, web] = await Promise.all([launchBrowser(), startWeb({ stepMs: 60, steps: 8 })]);
  });
  afterAll(async () => {
    await browser.close();
    await web.close();
  });
  const focused = (page: Page) =>
    page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '');

  test('everything works by keyboard alone', async () => {
    const { page } = await openPage(browser, web.url);
    const composer = page.getByTestId('composer');
    await page.keyboard.type('/im');
    await page.keyboard.press('Enter');
    expect(await composer.inputValue()).toBe('/imagine ');
    await page.keyboard.type('a kite --sa');
    await page.getByRole('option', { name: '--sampler' }).waitFor();
    await page.keyboard.press('Tab');
    await page.getByRole('option', { name: 'euler' }).waitFor();
    expect(await composer.getAttribute('aria-activedescendant')).toBe('offer-0');
    await page.keyboard.press('ArrowDown');
    expect(await composer.getAttribute('aria-activedescendant')).toBe('offer-1');
    await page.keyboard.press('Enter');
    expect(await composer.inputValue()).toBe('/imagine a kite --sampler euler ');
    await page.keyboard.press('Enter');
    await waitForStatus(page, 'succeeded');
    await page.keyboard.press('ArrowUp');
    expect((await composer.inputValue()).trim()).toBe('/imagine a kite --sampler euler');
    await page.keyboard.press('ArrowDown');
    expect(await composer.inputValue()).toBe('');
    await page.keyboard.type('/imagine one');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('two');
    expect(await composer.inputValue()).toBe('/imagine one\ntwo');
    await composer.fill('');
    const names: string[] = [];
    while (!names.at(-1)?.startsWith('Open picture 4')) {
      await page.keyboard.press('Shift+Tab');
      names.push(await focused(page));
    }
    expect(names).toContain('Vary picture 1');
    await page.keyboard.press('Enter');
    await page.getByTestId('lightbox').getByText('Picture 4 of 4').waitFor();
    await page.keyboard.press('ArrowRight');
    await page.getByTestId('lightbox').getByText('Picture 1 of 4').waitFor();
    await page.keyboard.press('Escape');
    expect(await focused(page)).toContain('Open picture 4');
    await page.context().close();
  });

  test('Tab before the offers are there waits for them and stays in the text', async () => {
    const { page } = await openPage(browser, web.url);
    await page.route('**/api/completions', async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      await route.continue();
    });
    const before = await page.getByTestId('entry').count();
    const composer = page.getByTestId('composer');
    await composer.pressSequentially('/imagine a kite --sa');
    await page.keyboard.press('Tab');
    expect(await composer.inputValue()).toBe('/imagine a kite --sa');
    await expect.poll(() => composer.inputValue()).toBe('/imagine a kite --sampler ');
    // Nothing to complete: the key is not turned into a way to the send button that a space would press.
    await composer.fill('/imagine a kite');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    expect(await composer.inputValue()).toBe('/imagine a kite ');
    expect(await page.getByTestId('entry').count()).toBe(before);
    await page.context().close();
  });

  test('a screen reader hears what matters, and the tree has names for everything', async () => {
    const { page } = await openPage(browser, web.url);
    await page.evaluate(() => {
      const heard: string[] = [];
      Object.assign(window, { heard });
      const region = document.querySelector('#announcer');
      if (region === null) throw new Error('no live region');
      new MutationObserver(() => heard.push(region.textContent)).observe(region, {
        childList: true,
      });
    });
    await say(page, '/imagine queue of ducks');
    await waitForStatus(page, 'succeeded');
    const heard = await page.evaluate(() => (window as unknown as { heard: string[] }).heard);
    expect(heard).toEqual([
      'Waiting, number 3 in the queue: queue of ducks',
      '50 percent: queue of ducks',
      'Done: queue of ducks, 4 pictures',
    ]);
    await say(page, '/imagine forever ducks');
    await page.getByText(/Drawing, step 6/).waitFor();
    const tree = await page.getByTestId('entry').last().ariaSnapshot();
    expect(tree).toContain('article "forever ducks: Drawing, step 6 of 8"');
    expect(tree).toContain('- progressbar "Progress of forever ducks"');
    expect(tree).toContain('- button "Cancel"');
    const whole = await page.locator('body').ariaSnapshot();
    expect(whole).toContain('- log "Messages"');
    expect(whole).toContain('combobox "Message: type /imagine and what you want to see"');
    expect(whole).not.toMatch(/- (button|link|img|textbox)( \[[^\]]*\])*:?$/m);
    await page.getByTestId('entry').last().getByTestId('action-cancel-0').click();
    await page.context().close();
  });

  test.each([
    ['phone', PHONE],
    ['desktop', DESKTOP],
  ] as const)('a prompt of 2,000 letters without a space fits a %s', async (name, options) => {
    const { page } = await openPage(browser, web.url, options);
    await say(page, `/imagine ${'x'.repeat(2_000)}`);
    const entry = await waitForStatus(page, 'succeeded');
    const overflow = () =>
      page.evaluate(() =>
        ['html', '#scroller', '.card']
          .flatMap((selector) => [...document.querySelectorAll(selector)])
          .filter((el) => el.scrollWidth > el.clientWidth + 1)
          .map((el) => el.className || el.tagName),
      );
    expect(await overflow()).toEqual([]);
    await keepScreenshot(page, `long-${name}`);
    await entry.getByText('Show all').click();
    expect(await overflow()).toEqual([]);
    const shown = await entry.getByTestId('command').textContent();
    expect(shown).toContain('x'.repeat(2_000));
    await page.context().close();
  });

  test('a phone has it all, large enough for a finger', async () => {
    const { page } = await openPage(browser, web.url, PHONE);
    await say(page, '/imagine a note --count 1');
    await waitForStatus(page, 'succeeded');
    await say(page, '/imagine a kite');
    const entry = await waitForStatus(page, 'succeeded');
    await entry.locator('.cell[data-loaded]').nth(3).waitFor();
    await entry.getByText('Details').tap();
    await keepScreenshot(page, 'phone');
    expect(await page.evaluate(findSmallTargets)).toEqual([]);
    await entry.getByTestId('picture').nth(0).tap();
    await page.getByTestId('lightbox').getByText('Picture 1 of 4').waitFor();
    await keepScreenshot(page, 'phone-lightbox');
    expect(await page.evaluate(findSmallTargets)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByTestId('composer').fill('/imagine a kite --');
    await page.getByRole('option', { name: '--seed' }).waitFor();
    await keepScreenshot(page, 'phone-offers');
    expect(await page.evaluate(findSmallTargets)).toEqual([]);
    await page.context().close();
  });

  test.each(['dark', 'light'] as const)('%s colors have contrast enough', async (colorScheme) => {
    const { page } = await openPage(browser, web.url, { ...DESKTOP, colorScheme });
    const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(ground === 'rgb(23, 22, 27)').toBe(colorScheme === 'dark');
    await say(page, '/imagine fail');
    await waitForStatus(page, 'failed');
    await say(page, '/imagine a note --seed 3');
    const entry = await waitForStatus(page, 'succeeded');
    await entry.getByText('Details').click();
    await say(page, '/help');
    await say(page, '/models');
    await page.getByTestId('models').waitFor();
    await say(page, '/imagine x --sed 1');
    await page.getByTestId('composer-error').getByText('--seed').waitFor();
    // Colors fade into each other; what counts is where they end.
    await page.waitForTimeout(400);
    expect(await page.evaluate(findFaintTexts)).toEqual([]);
    await page.getByTestId('composer').fill('/');
    await page.getByRole('option', { name: '/help' }).waitFor();
    expect(await page.evaluate(findFaintTexts)).toEqual([]);
    await keepScreenshot(page, colorScheme);
    await page.context().close();
  });

  test('the chosen colors are kept', async () => {
    const { page } = await openPage(browser, web.url);
    await page.getByRole('button', { name: 'Switch to light colors' }).click();
    await page.reload();
    await page.getByRole('button', { name: 'Switch to dark colors' }).waitFor();
    expect(await page.evaluate(() => document.documentElement.dataset['theme'])).toBe('light');
    await page.context().close();
  });

  test('those who want less motion get none', async () => {
    const { page } = await openPage(browser, web.url, { ...DESKTOP, reducedMotion: 'reduce' });
    await say(page, '/imagine queue of cranes');
    await page
      .getByText(/Drawing, step/)
      .last()
      .waitFor();
    const moving = () => page.evaluate(() => document.getAnimations().length);
    expect(await moving()).toBe(0);
    await waitForStatus(page, 'succeeded');
    expect(await moving()).toBe(0);
    await page.context().close();
  });
});
