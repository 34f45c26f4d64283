/** Links to single pictures that end after a while: whoever has one may look, nobody can make one. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { PictureId } from './picture-id.ts';

/** A week: long enough for a chat, short enough for what should be forgotten. */
export const LINK_LIFE_MS = 7 * 24 * 60 * 60_000;

export interface LinkSigner {
  /** Path and query of the picture. */
  sign(picture: PictureId, nowMs: number): string;
  /** Whether the link is ours and not over. */
  isValid(
    picture: PictureId,
    given: { expires: string | undefined; signature: string | undefined; nowMs: number },
  ): boolean;
}

/** `key` is at least 32 secret bytes. */
export function createLinkSigner(key: Uint8Array): LinkSigner {
  const toSignature = ({ jobId, index }: PictureId, expires: string): string =>
    createHmac('sha256', key).update(`${jobId}/${index}/${expires}`).digest('hex');
  return {
    sign(picture, nowMs) {
      const expires = String(Math.ceil((nowMs + LINK_LIFE_MS) / 1_000));
      const query = new URLSearchParams({ expires, signature: toSignature(picture, expires) });
      return `/files/${picture.jobId}/${picture.index}?${query.toString()}`;
    },
    isValid(picture, { expires = '', signature = '', nowMs }) {
      if (!/^\d{1,12}$/.test(expires) || Number(expires) * 1_000 < nowMs) return false;
      const expected = Buffer.from(toSignature(picture, expires));
      const given = Buffer.from(signature);
      return given.byteLength === expected.byteLength && timingSafeEqual(given, expected);
    },
  };
}
