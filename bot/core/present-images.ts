/** The pictures of a card, with words for those who cannot see them. */
import type { ImageDescription } from '#contract/generation-result.ts';
import type { CardImage } from './card.ts';
import { shorten, toPrompt } from './job-prompt.ts';
import { toActionText } from './present-action.ts';
import type { JobRecord } from './ports.ts';

/** Slack allows 1,000 for a file's alternative text, Discord 1,024. */
const ALT_TEXT_CHARACTERS_MAX = 1_000;

/** A classifier's score from which on a picture is hidden; drawings of fruit and skin reach 0.5. */
const UNSAFE_FROM = 0.8;

/** Empty while there are none. */
export function toCardImages(record: JobRecord): CardImage[] {
  if (record.state.status !== 'succeeded') return [];
  const { images } = record.state.result;
  return images.map((image) => {
    const place = images.length === 1 ? '' : ` ${image.index + 1} of ${images.length}`;
    return toCardImage(record, image, `Machine-made picture${place}`);
  });
}

/** The way from noise to picture, where it was asked for. */
export function toClip(record: JobRecord): CardImage | undefined {
  const clip = record.state.status === 'succeeded' ? record.state.result.clip : undefined;
  return clip && toCardImage(record, clip, 'The way from noise to picture');
}

/** Whether the picture itself, whatever its prompt said, must not be seen by chance where it is shown. */
export function isUnsafe({ place }: JobRecord, unsafeScore: number | undefined): boolean {
  return !place.isAgeRestricted && (unsafeScore ?? 0) >= UNSAFE_FROM;
}

function toCardImage(
  record: JobRecord,
  { index, widthPx, heightPx, mediaType, unsafeScore }: ImageDescription,
  what: string,
): CardImage {
  const lineage = toActionText(record).replace(/ – $/, '').toLowerCase();
  const doneToIt = lineage === '' ? '' : ` (${lineage})`;
  const altText = `${what}${doneToIt}: ${toPrompt(record)}`;
  return {
    jobId: record.id,
    index,
    widthPx,
    heightPx,
    altText: shorten(altText, ALT_TEXT_CHARACTERS_MAX),
    mediaType,
    isSpoiler: (record.place.isSpoiler ?? false) || isUnsafe(record, unsafeScore),
  };
}
