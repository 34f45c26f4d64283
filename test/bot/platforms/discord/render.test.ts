/** Every card and every notice fits into a message of Discord, and nobody's words become markup. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Card, CardButton } from '../../../../bot/core/card.ts';
import { escapeMarkdown, escapeWithin } from '../../../../bot/platforms/discord/escape-markdown.ts';
import { readFileName, toFileName } from '../../../../bot/platforms/discord/file-names.ts';
import { renderCard, renderNotice } from '../../../../bot/platforms/discord/render.ts';
import { findComponentProblems } from '../../../fakes/discord/component-rules.ts';
import { findSchemaProblem } from '../../../fakes/discord/schemas.ts';

const words = fc.string({ unit: 'grapheme', maxLength: 400 });
const long = fc.string({ unit: 'grapheme', maxLength: 3_000 });
const anyButton: fc.Arbitrary<CardButton> = fc.record({
  actionId: fc.string({ minLength: 1, maxLength: 120 }),
  label: fc.string({ minLength: 1, maxLength: 120 }),
  description: words,
  style: fc.constantFrom('primary', 'secondary', 'danger'),
});
const anyCard: fc.Arbitrary<Card> = fc.record({
  jobId: fc.constant('job-1'),
  status: fc.constantFrom('queued', 'starting', 'denoising', 'succeeded', 'failed', 'canceled'),
  title: words,
  userName: words,
  statusText: long,
  progress: fc.option(fc.double({ min: -1, max: 2, noNaN: true }), { nil: undefined }),
  readyAtMs: fc.option(fc.integer({ min: 0, max: 2e12 }), { nil: undefined }),
  images: fc.constant([]),
  notes: fc.array(long, { maxLength: 8 }),
  details: fc.array(fc.record({ label: words, value: long }), { maxLength: 20 }),
  buttons: fc.array(fc.array(anyButton, { maxLength: 8 }), { maxLength: 9 }),
  command: words,
  createdAtMs: fc.constant(0),
  isFinal: fc.boolean(),
});
const anyFiles = fc.array(
  fc.record({ name: fc.constant('a.png'), altText: long, isSpoiler: fc.boolean() }),
  { maxLength: 12 },
);

function findProblems(data: { components: object[] }): unknown[] {
  const schema = findSchemaProblem('interaction-message', { type: 4, data });
  return [...findComponentProblems(data.components), ...(schema === undefined ? [] : [schema])];
}

test('any card fits: 40 components, 4000 characters, unique ids, alt texts', () => {
  fc.assert(
    fc.property(anyCard, anyFiles, fc.boolean(), (card, files, isPrivate) => {
      const fullSizeUrls = files.map((_, index) => `https://pictures.example/files/x/${index}`);
      const body = renderCard(card, { files, fullSizeUrls, missingPictures: 2, isPrivate });
      expect(findProblems(body)).toEqual([]);
    }),
    { numRuns: 150 },
  );
});

test('two buttons of one row with the same id become one', () => {
  const button: CardButton = { actionId: 'a:b:0', label: 'A', description: '', style: 'primary' };
  const notice = renderNotice({ lines: ['x'], buttons: [[button, button]] });
  expect(findProblems(notice)).toEqual([]);
});

test('any notice fits', () => {
  const notice = fc.record({
    title: words,
    lines: fc.array(long, { maxLength: 60 }),
    details: fc.array(fc.record({ label: words, value: words }), { maxLength: 20 }),
    buttons: fc.array(fc.array(anyButton, { maxLength: 6 }), { maxLength: 6 }),
  });
  fc.assert(
    fc.property(notice, (parts) => {
      expect(findProblems(renderNotice(parts))).toEqual([]);
    }),
    { numRuns: 100 },
  );
});

test('escaped words are one line and hold no markup; a cut never ends in half an escape', () => {
  fc.assert(
    fc.property(long, fc.integer({ min: 2, max: 200 }), (text, limit) => {
      const escaped = escapeMarkdown(text);
      expect(escaped).not.toMatch(/\n/);
      expect(escaped.replaceAll(/\\[^\p{L}\p{N}\s]/gu, '')).not.toMatch(/[*_~`|>#<[\]@]/);
      const cut = escapeWithin(text, limit);
      expect(cut.length).toBeLessThanOrEqual(limit);
      expect(cut.replaceAll(/\\[^\p{L}\p{N}\s…]/gu, '')).not.toMatch(/\\…$/);
    }),
  );
});

test('a picture is known again by its file name alone', () => {
  const picture = { jobId: 'k7m2q9x4tbn8w3d5', index: 3 };
  expect(readFileName(toFileName(picture, 'image/webp'))).toEqual(picture);
  for (const name of ['cat.png', 'imagine-.png', 'imagine-a b-1.png', 'imagine-x-0.png']) {
    expect(readFileName(name)).toBeUndefined();
  }
});
