/** Who signed an interaction: only Discord's key, over the very bytes that came. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { isSignedByDiscord, readPublicKey } from '../../../../bot/platforms/discord/verify.ts';
import { SigningKey } from '../../../fakes/discord/interactions-over-http.ts';

const key = new SigningKey();
const publicKey = readPublicKey(key.publicKeyHex);
const toRequest = (body: string) => {
  const headers = key.headers(body, 1_700_000_000_000);
  return {
    signature: headers['x-signature-ed25519'],
    timestamp: headers['x-signature-timestamp'],
    body: Buffer.from(body),
  };
};

test('what Discord signed is taken, whatever the bytes are', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (body) => {
      expect(isSignedByDiscord(toRequest(body), publicKey)).toBe(true);
    }),
    { numRuns: 20 },
  );
});

test.each([
  ['another body', { body: Buffer.from('{"type":2}') }],
  ['another time', { timestamp: '1700000001' }],
  ['no signature', { signature: undefined }],
  ['no time', { timestamp: undefined }],
  ['a signature that is too short', { signature: 'ab' }],
  ['a signature that is no number', { signature: 'z'.repeat(128) }],
  ['a time that is none', { timestamp: 'now' }],
  ['an empty body', { body: Buffer.alloc(0) }],
])('%s is refused', (_name, change) => {
  expect(isSignedByDiscord({ ...toRequest('{"type":1}'), ...change }, publicKey)).toBe(false);
});

test('a signature of another key is refused', () => {
  const other = readPublicKey(new SigningKey().publicKeyHex);
  expect(isSignedByDiscord(toRequest('{"type":1}'), other)).toBe(false);
});

test.each(['', 'abc', 'g'.repeat(64), '0'.repeat(63)])('the key "%s" is none', (hex) => {
  expect(() => readPublicKey(hex)).toThrow('64 hexadecimal characters');
});
