/** Where a picture that a request starts from is to be found. */
import * as z from 'zod';
import { LIMITS } from './limits.ts';

const base64Characters = (bytes: number): number => Math.ceil(bytes / 3) * 4;

const inline = (bytesMax: number) =>
  z.strictObject({
    kind: z.literal('inline'),
    /** Bytes of a PNG, JPEG, WebP, GIF or AVIF file; what it is is told by its content. */
    base64: z.base64().max(base64Characters(bytesMax)),
  });

/**
 * A picture that the function can fetch by itself, by a key of the store that it was started with. The function on a
 * laptop or a GPU box knows `jobs/{jobId}/images/{index}`, the pictures of its own finished jobs, which it forgets after
 * an hour or a restart: a bot that keeps pictures sends them inline. On AWS it is a key of the bucket, since a queue's
 * message has no room for a picture. A key that leads nowhere fails the job with `image-unknown`.
 */
const storedImageSchema = z.strictObject({
  kind: z.literal('stored'),
  key: z
    .string()
    .min(1)
    .max(LIMITS.imageKeyCharacters)
    .regex(/^[A-Za-z0-9_-][A-Za-z0-9._/-]*$/, 'it must be letters, digits, /, ., _ or - only'),
});

export const imageSourceSchema = z.discriminatedUnion('kind', [
  inline(LIMITS.imageBytes),
  storedImageSchema,
]);
export type ImageSource = z.infer<typeof imageSourceSchema>;

/** A mask as a picture: smaller than a picture may be, since black and white pack well. */
export const maskSourceSchema = z.discriminatedUnion('kind', [
  inline(LIMITS.maskBytes),
  storedImageSchema,
]);

/** The key under which the HTTP function finds a picture of one of its own jobs. */
export function toJobImageKey(jobId: string, index: number): string {
  return `jobs/${jobId}/images/${index}`;
}
