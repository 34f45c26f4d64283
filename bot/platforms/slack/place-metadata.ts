/** Where the answer to a modal belongs: the place travels with the form, since a submitted view has no channel. */
import * as z from 'zod';
import type { Place } from '../../core/ports.ts';
import { SLACK_LIMITS } from './limits.ts';

const placeSchema = z.object({
  platform: z.literal('slack'),
  channelId: z.string().min(1).max(255),
  spaceId: z.string().max(255).optional(),
  threadId: z.string().max(255).optional(),
  isDirect: z.boolean().optional(),
  isPrivate: z.boolean().optional(),
  replyToken: z.string().max(2_000).optional(),
  replyTokenExpiresAtMs: z.number().optional(),
});

export function formatPlace(place: Place): string {
  const text = JSON.stringify(placeSchema.parse(place));
  if (text.length <= SLACK_LIMITS.metadataCharacters) return text;
  return JSON.stringify({ ...placeSchema.parse(place), replyToken: undefined });
}

/** The person's direct messages when the form does not say. */
export function readPlace(metadata: string, userId: string, spaceId: string | undefined): Place {
  const direct: Place = { platform: 'slack', channelId: userId, spaceId, isDirect: true };
  try {
    const parsed = placeSchema.safeParse(JSON.parse(metadata));
    return parsed.success ? parsed.data : direct;
  } catch {
    return direct;
  }
}
