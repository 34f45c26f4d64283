/** What a file is, told by its first bytes and never by its name. */
import { isPng } from '#contract/png-text.ts';

const SIGNATURES: readonly (readonly [string, RegExp])[] = [
  ['image/jpeg', /^\u00ff\u00d8\u00ff/],
  ['image/gif', /^GIF8[79]a/],
  ['image/webp', /^RIFF[\s\S]{4}WEBP/],
  ['image/avif', /^[\s\S]{4}ftypavi[fs]/],
];
const SIGNATURE_BYTES = 16;

/** Undefined for everything that is not one of the kinds of pictures that are taken. */
export function sniffMediaType(file: Uint8Array): string | undefined {
  if (isPng(file)) return 'image/png';
  const head = Buffer.from(file.subarray(0, SIGNATURE_BYTES)).toString('latin1');
  return SIGNATURES.find(([, pattern]) => pattern.test(head))?.[0];
}
