/** Links to pictures: made here alone, for one picture, for a while. */
import { expect, test } from 'vitest';
import { createLinkSigner, LINK_LIFE_MS } from '../../../bot/core/signed-link.ts';

const NOW_MS = 1_700_000_000_000;
const signer = createLinkSigner(Buffer.alloc(32, 1));
const picture = { jobId: 'k7m2q9x4tbn8w3d5', index: 0 };
const link = new URL(signer.sign(picture, NOW_MS), 'https://pictures.example');
const given = {
  expires: link.searchParams.get('expires') ?? undefined,
  signature: link.searchParams.get('signature') ?? undefined,
  nowMs: NOW_MS,
};

test('a link opens its picture until its time is over', () => {
  expect(link.pathname).toBe('/files/k7m2q9x4tbn8w3d5/0');
  expect(signer.isValid(picture, given)).toBe(true);
  expect(signer.isValid(picture, { ...given, nowMs: NOW_MS + LINK_LIFE_MS - 1_000 })).toBe(true);
  expect(signer.isValid(picture, { ...given, nowMs: NOW_MS + LINK_LIFE_MS + 2_000 })).toBe(false);
});

test('nothing of a link can be changed', () => {
  expect(signer.isValid({ ...picture, index: 1 }, given)).toBe(false);
  expect(signer.isValid(picture, { ...given, expires: '9999999999' })).toBe(false);
  expect(signer.isValid(picture, { ...given, signature: 'ab' })).toBe(false);
  expect(signer.isValid(picture, { ...given, signature: undefined })).toBe(false);
  expect(createLinkSigner(Buffer.alloc(32, 2)).isValid(picture, given)).toBe(false);
});
