/** What a person at the page sees and presses, beyond what the page's own tests need. */
import type { Locator, Page } from 'playwright-core';

export async function untilStatus(entry: Locator, status: string): Promise<void> {
  const reached = entry.and(entry.page().locator(`[data-status="${status}"]`));
  await reached.waitFor({ timeout: 120_000 });
}

/** Looks at the first picture's place many times a second until the job ends; how many different previews were seen. */
export function countPreviews(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const seen = new Set<string>();
    for (;;) {
      const entry = [...document.querySelectorAll<HTMLElement>('[data-testid="entry"]')].at(-1);
      const canvas = entry?.querySelector<HTMLCanvasElement>('.cell canvas:last-of-type');
      if (canvas) seen.add(canvas.toDataURL());
      if (/succeeded|failed|canceled/.test(entry?.dataset['status'] ?? '')) return seen.size;
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
  });
}

/** How far the page is wider than its window, in CSS pixels: 0 unless something sticks out. */
export function measureOverflowPx(page: Page): Promise<number> {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth - clientWidth;
  });
}

/** The files behind the pictures of an exchange, as the page loads them. */
export async function downloadPictures(entry: Locator): Promise<Buffer[]> {
  const images = entry.getByTestId('picture').locator('img');
  const addresses = await images.evaluateAll((found) =>
    found.map((image) => (image instanceof HTMLImageElement ? image.src : '')),
  );
  const { request } = entry.page();
  return Promise.all(addresses.map(async (address) => (await request.get(address)).body()));
}
