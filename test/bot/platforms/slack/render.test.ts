/** Cards as Slack messages stay within every documented limit, whatever is in them. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Card } from '../../../../bot/core/card.ts';
import { renderImagineForm, toFormCommand } from '../../../../bot/platforms/slack/imagine-form.ts';
import type { FieldValue } from '../../../../bot/platforms/slack/parse.ts';
import { escapeText, readMessageText } from '../../../../bot/platforms/slack/format-text.ts';
import {
  renderCard,
  renderNotice,
  renderPlainCard,
} from '../../../../bot/platforms/slack/render.ts';
import {
  countCharacters,
  MESSAGE_BLOCK_CHARACTERS_MAX,
  messageBlocksSchema,
  modalSchema,
} from '../../../fakes/slack/block-schemas.ts';

const text = fc.oneof(
  fc.string({ maxLength: 5_000, unit: 'binary' }),
  fc.constant('<!channel>&'),
  fc.constant(''),
);
const row = (names: readonly string[]) =>
  names.map((name, index) => ({
    actionId: `${name}:abcd1234:${index}`,
    label: `${name[0]}${index + 1}`,
    description: 'x'.repeat(200),
    style: 'secondary' as const,
  }));

const card: fc.Arbitrary<Card> = fc.record({
  jobId: fc.constant('abcd1234'),
  status: fc.constantFrom(
    'queued' as const,
    'denoising' as const,
    'succeeded' as const,
    'failed' as const,
  ),
  title: text,
  userName: text,
  statusText: text,
  progress: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
  readyAtMs: fc.option(fc.nat(), { nil: undefined }),
  images: fc.array(fc.nat({ max: 9 }), { maxLength: 4 }).map((sizes) =>
    sizes.map((size, index) => ({
      jobId: 'abcd1234',
      index,
      widthPx: 8,
      heightPx: 8,
      mediaType: 'image/png' as const,
      altText: '"'.repeat(size * 400),
      isSpoiler: false,
    })),
  ),
  notes: fc.array(text, { maxLength: 12 }),
  details: fc.array(fc.record({ label: text, value: text }), { maxLength: 12 }),
  buttons: fc
    .nat({ max: 12 })
    .map((rows) =>
      Array.from({ length: rows }, (_, place) =>
        row(Array.from({ length: 4 }, () => `b${'abcdefghijkl'[place]}`)),
      ),
    ),
  command: text,
  createdAtMs: fc.nat(),
  isFinal: fc.boolean(),
});

test('every card is a message that Slack takes', () => {
  fc.assert(
    fc.property(card, (card) => {
      const images = new Map(card.images.map(({ index }) => [index, `F${index}`]));
      for (const message of [renderCard(card, { images, preview: 'F9' }), renderPlainCard(card)]) {
        expect(messageBlocksSchema.safeParse(message.blocks).error).toBeUndefined();
        expect(countCharacters(message.blocks)).toBeLessThan(MESSAGE_BLOCK_CHARACTERS_MAX);
        expect(message.text).not.toMatch(/<[!@#]/);
      }
    }),
    { numRuns: 150 },
  );
});

test('every notice is a message that Slack takes', () => {
  fc.assert(
    fc.property(text, fc.array(text, { maxLength: 60 }), (title, lines) => {
      const message = renderNotice({ title, lines, details: [], buttons: [] });
      expect(messageBlocksSchema.safeParse(message.blocks).error).toBeUndefined();
    }),
    { numRuns: 100 },
  );
});

test('a form can be opened for any command, and says the same again', () => {
  const command =
    'a "red -- apple" --ar 3:2 --seed 7 --steps 9 --cfg 5.5 --spacing karras --no text, people';
  const models = [{ id: 'm'.repeat(80), styles: ['ink'] }] as never;
  for (const given of ['', command, 'x'.repeat(2_000), '--nonsense "', '<!channel>']) {
    const view = renderImagineForm({ command: given, models, metadata: '{}' });
    expect(modalSchema.safeParse(view).error).toBeUndefined();
  }
  const view = renderImagineForm({ command, models, metadata: '{}' }) as {
    blocks: {
      type: string;
      block_id: string;
      element: { initial_value?: string; initial_option?: { value: string } };
    }[];
  };
  const fields = view.blocks.map(({ block_id: id, element }): [string, FieldValue] => [
    id,
    { text: element.initial_value ?? element.initial_option?.value, files: [] },
  ]);
  expect(toFormCommand(Object.fromEntries(fields))).toBe(
    'a "red -- apple" --ar 3:2 --steps 9 --cfg 5.5 --seed 7 --spacing karras --no "text, people"',
  );
});

test('what people write survives the way into markup and back', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (words) => {
      const plain = words.replaceAll(/[<>]/g, '').trim();
      expect(readMessageText(escapeText(plain)).trim()).toBe(plain);
    }),
  );
  expect(readMessageText('<@U0BOT> a <http://apple.com|apple.com> &amp; <#C1|pie>')).toBe(
    'a apple.com & pie',
  );
});
