/** A page of one's own pictures in words, each with the id that shows it again anywhere. */
import { formatPictureId } from './picture-id.ts';
import type { GalleryPage, Notice } from './service.ts';

export function describeGallery({ entries, nextCursor }: GalleryPage): Notice {
  const [first] = entries;
  const remedy = first && `/show ${formatPictureId({ jobId: first.record.id, index: 0 })}`;
  const more = nextCursor === undefined ? '' : ' There are older ones.';
  return {
    title: 'Your latest pictures',
    lines: [
      remedy === undefined
        ? 'There are none yet; start with /imagine a red apple.'
        : `Any of them comes back with its buttons, here or on another platform: ${remedy}.${more}`,
      ...entries.map(({ record, card }) => {
        const count = card.images.length === 1 ? '' : ` (${card.images.length} pictures)`;
        return `${record.id} – ${card.title}${count}`;
      }),
    ],
    details: [],
    buttons: [],
  };
}
