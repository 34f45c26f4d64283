/** Pictures and history over real HTTP. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startWeb, type RunningWeb } from './start-web.ts';
import { createWebClient } from './web-client.ts';

let web: RunningWeb;
const { draw } = createWebClient(() => web.url);
beforeAll(async () => {
  web = await startWeb();
});
afterAll(() => web.close());

describe('pictures', () => {
  test('are PNG files that browsers keep, and are saved under a name from the prompt', async () => {
    const card = await draw('/imagine Ein roter Äpfel, on "snow"!');
    const [image] = card.images;
    const shown = await fetch(web.url + (image?.url ?? ''));
    expect(shown.headers.get('content-type')).toBe('image/png');
    expect(shown.headers.get('cache-control')).toContain('immutable');
    expect(shown.headers.get('content-disposition')).toBeNull();
    const bytes = new Uint8Array(await shown.arrayBuffer());
    expect(Array.from(bytes.slice(1, 4))).toEqual([0x50, 0x4e, 0x47]);
    const saved = await fetch(web.url + (image?.downloadUrl ?? ''));
    const disposition = saved.headers.get('content-disposition') ?? '';
    expect(disposition).toContain(`-${image?.seed}.png"; filename*=UTF-8''`);
    expect(decodeURIComponent(disposition)).toContain('ein-roter-äpfel-on-snow-');
  });

  test.each([
    ['a line break', 'a%0d%0ax'],
    ['a quote', 'a"b'],
    ['a path', '../x'],
    ['200 letters', 'x'.repeat(200)],
    ['nothing', ''],
  ])('cannot be saved under a name of %s', async (_, name) => {
    const card = await draw('/imagine a bell');
    const response = await fetch(`${web.url}${card.images[0]?.url}?name=${name}`);
    expect(response.status).toBe(404);
  });

  test('come together in one archive', async () => {
    const card = await draw('/imagine four bells');
    const response = await fetch(web.url + (card.archiveUrl ?? ''));
    expect(response.headers.get('content-type')).toBe('application/zip');
    expect(response.headers.get('content-disposition')).toContain('"four-bells.zip"');
    const archive = Buffer.from(await response.arrayBuffer());
    for (const { url, downloadName } of card.images) {
      const png = Buffer.from(await (await fetch(web.url + url)).arrayBuffer());
      expect(archive.includes(png)).toBe(true);
      expect(archive.includes(downloadName)).toBe(true);
      expect(downloadName).toMatch(/^four-bells-\d+\.png$/);
    }
  });
});

describe('history', () => {
  test('is read page by page from the newest back, and nothing is lost between pages', async () => {
    const other = await startWeb();
    other.service.addHistory(Array.from({ length: 45 }, (_, index) => `thing ${index}`));
    const seen = new Set<string>();
    let before = '';
    for (let page = 0; page < 5; page += 1) {
      const history = await createWebClient(() => other.url).history(before);
      for (const card of history.cards) seen.add(card.command);
      if (!history.hasMore) break;
      before = `?before=${(history.cards[0]?.createdAtMs ?? 0) + 1}`;
    }
    expect(seen.size).toBe(45);
    await other.close();
  });

  test.each(['before=-1', 'before=x', 'limit=0', 'limit=1000'])('refuses %s', async (query) => {
    const response = await fetch(`${web.url}/api/history?${query}`);
    expect(response.status).toBe(400);
  });
});
