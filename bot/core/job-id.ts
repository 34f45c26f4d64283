/** The id of a job, made from the platform's own id of the message, so that a repeated delivery is the same job. */
import { createHash } from 'node:crypto';
import type { JobId } from '#contract/job.ts';
import type { PlatformName } from './ports.ts';

/** 80 bits: people type it as a part of a picture's id, and nobody can make a delivery that meets another's. */
const ID_CHARACTERS = 16;
/** Crockford's base 32: no letter that is taken for a digit, no case. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const ERROR_ID_CHARACTERS = 8;

/** 16 characters, equal for equal deliveries. */
export function toJobId(platform: PlatformName, deliveryId: string): JobId {
  const digest = createHash('sha256').update(`${platform}\n${deliveryId}`).digest();
  return Array.from(digest.subarray(0, ID_CHARACTERS), (byte) => ALPHABET[byte % 32]).join('');
}

/** What a person tells the operator about a job that failed; the log has it too. */
export function toErrorId(jobId: JobId): string {
  return jobId.slice(0, ERROR_ID_CHARACTERS);
}
