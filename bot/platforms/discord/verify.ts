/**
 * Interactions over HTTP: who signed this? Ed25519 over timestamp and raw body, as Discord's own probes check
 * (discord-api-docs, interactions/overview). Knows no SDK, so that a small ingress can use it alone.
 */
import { createPublicKey, verify, type KeyObject } from 'node:crypto';

/** SPKI (RFC 8410) in front of the 32 bytes of an Ed25519 key. */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const KEY_PATTERN = /^[0-9a-f]{64}$/i;
const SIGNATURE_PATTERN = /^[0-9a-f]{128}$/i;
const TIMESTAMP_PATTERN = /^\d{1,20}$/;

export interface SignedRequest {
  /** Header X-Signature-Ed25519. */
  signature: string | undefined;
  /** Header X-Signature-Timestamp. */
  timestamp: string | undefined;
  /** The body's bytes as they came, before anything parsed them. */
  body: Uint8Array;
}

/** The key from the developer portal (64 hexadecimal characters). Throws an Error whose message is a sentence. */
export function readPublicKey(hex: string): KeyObject {
  if (!KEY_PATTERN.test(hex)) {
    throw new Error(
      'DISCORD_PUBLIC_KEY must be 64 hexadecimal characters; copy it from "General Information" of the application.',
    );
  }
  const key = Buffer.concat([SPKI_PREFIX, Buffer.from(hex, 'hex')]);
  return createPublicKey({ key, format: 'der', type: 'spki' });
}

/** True only for a request that Discord signed. Never throws. */
export function isSignedByDiscord(
  { signature = '', timestamp = '', body }: SignedRequest,
  publicKey: KeyObject,
): boolean {
  if (!SIGNATURE_PATTERN.test(signature) || !TIMESTAMP_PATTERN.test(timestamp)) return false;
  const signed = Buffer.concat([Buffer.from(timestamp), body]);
  return verify(null, signed, publicKey, Buffer.from(signature, 'hex'));
}
