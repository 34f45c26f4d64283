/** The id of a job, made from the platform's own id of the message, so that a repeated delivery is the same job. */
import { createHash } from 'node:crypto';
import type { JobId } from '#contract/job.ts';
import type { PlatformName } from './ports.ts';

/** 128 bits: short enough for a button's id, and nobody can make two deliveries meet. */
const ID_CHARACTERS = 32;

/** 32 hexadecimal characters, equal for equal deliveries. */
export function toJobId(platform: PlatformName, deliveryId: string): JobId {
  const digest = createHash('sha256').update(`${platform}\n${deliveryId}`).digest('hex');
  return digest.slice(0, ID_CHARACTERS);
}
