/** A card as the page gets it: the core's neutral card and what a page needs besides, such as addresses and names. */
import type { GenerationRequest } from '#contract/generation-request.ts';
import type { ModelDescription } from '#contract/model-description.ts';
import type { ActionName } from '../../core/action.ts';
import type { Card, CardImage } from '../../core/card.ts';
import { toPrompt } from '../../core/job-prompt.ts';
import type { JobRecord } from '../../core/ports.ts';
import type { Completion, Notice } from '../../core/service.ts';
import { WEB_LIMITS } from './limits.ts';

/** A picture with its address, whose content never changes. */
export interface WebPicture extends CardImage {
  url: string;
}

interface WebImage extends WebPicture {
  /** The same as a file to keep, under a name made from the prompt. */
  downloadUrl: string;
  downloadName: string;
  /** The seed that draws this picture alone, where there is one. */
  seed?: number | undefined;
}

export interface WebCard extends Omit<Card, 'images'> {
  images: WebImage[];
  /** All pictures in one ZIP file; none while there are fewer than two. */
  archiveUrl?: string | undefined;
  /** Pictures the job makes: the places to keep free before there is one. */
  pictureCount: number;
  /** Width over height, as far as it is known yet. */
  aspectRatio: number;
  seed?: number | undefined;
  /** The picture it grew from, what was pressed there, and the prompt of both without any flag. */
  lineage?: { jobId: string; index: number; action: ActionName; prompt: string } | undefined;
}

export interface WebHistory {
  /** Oldest first. */
  cards: WebCard[];
  /** Whether there may be older ones: ask with `before` = the oldest card's createdAtMs + 1. */
  hasMore: boolean;
  /** Where the events go on from here. */
  position: string;
}

/** What the page gets for a message or a button press. */
export type WebOutcome =
  | { kind: 'job'; card: WebCard }
  | { kind: 'jobs'; cards: WebCard[] }
  | { kind: 'card'; card: WebCard }
  | ({ kind: 'notice' } & Notice)
  | { kind: 'region'; image: WebPicture; command: string }
  | { kind: 'clip'; image: WebPicture }
  | { kind: 'done' }
  | { kind: 'edit'; command: string }
  | { kind: 'help'; text: string }
  | { kind: 'models'; models: ModelDescription[] };

export interface WebCompletions {
  completions: Completion[];
}

export interface WebGallery {
  /** Newest first. */
  cards: WebCard[];
  nextCursor?: string | undefined;
}

/** A file that a person brought. */
export interface WebKept {
  /** For --image and --mask. */
  id: string;
  url: string;
}

export interface WebModels {
  models: ModelDescription[];
}

/** Every answer that is not a success. */
export interface WebError {
  error: { message: string };
}

/** `A red apple, on snow!` → `a-red-apple-on-snow`; `picture` when nothing is left. */
export function toFileStem(prompt: string): string {
  const words = prompt
    .normalize('NFC')
    .toLowerCase()
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .filter((word) => word !== '');
  let stem = '';
  for (const word of words) {
    const longer = stem === '' ? word : `${stem}-${word}`;
    if (longer.length > WEB_LIMITS.downloadNameCharacters) break;
    stem = longer;
  }
  const [first] = words;
  if (stem !== '' || first === undefined) return stem === '' ? 'picture' : stem;
  return Array.from(first)
    .slice(0, WEB_LIMITS.downloadNameCharacters / 2)
    .join('');
}

/** `a-red-apple-1234`: one name for a picture, saved alone or within the archive. */
export function toPictureName(
  stem: string,
  mark: number | string | undefined,
  index: number,
): string {
  return `${stem}-${mark ?? index + 1}`;
}

/** All pictures in one file; their seeds go along, for the names in it. */
function toArchiveUrl(images: readonly WebImage[], jobId: string, stem: string): string {
  const seeds = images.map(({ seed }) => seed).filter((seed) => seed !== undefined);
  const query = new URLSearchParams({ name: stem });
  if (seeds.length === images.length) query.set('seeds', seeds.join('.'));
  return `/images/${jobId}/all.zip?${query.toString()}`;
}

function toPictureCount(request: GenerationRequest, card: Card): number {
  if (card.images.length > 0) return card.images.length;
  return request.kind === 'generate' ? request.count : 1;
}

/** From the pictures, else from the settings the engine reported, else from what was asked for. */
function toAspectRatio(record: JobRecord, card: Card): number {
  const [image] = card.images;
  if (image !== undefined) return image.widthPx / image.heightPx;
  const { state, request } = record;
  const settings = 'settings' in state ? state.settings : undefined;
  if (settings !== undefined) return settings.widthPx / settings.heightPx;
  if (request.kind !== 'generate') return 1;
  switch (request.size.kind) {
    case 'default':
      return 1;
    case 'aspect':
      return request.size.width / request.size.height;
    case 'pixels':
      return request.size.widthPx / request.size.heightPx;
  }
}

export function toPictureAddress(image: CardImage): WebPicture {
  return { ...image, url: `/images/${image.jobId}/${image.index}.png` };
}

function toWebImage(image: CardImage, record: JobRecord, stem: string): WebImage {
  const described =
    record.state.status === 'succeeded' ? record.state.result.images[image.index] : undefined;
  const { url } = toPictureAddress(image);
  const isUpscale = record.request.kind === 'upscale';
  const ending = image.mediaType.replace('image/', '');
  const downloadName = toPictureName(stem, isUpscale ? 'upscaled' : described?.seed, image.index);
  return {
    ...image,
    url,
    downloadUrl: `${url}?name=${encodeURIComponent(downloadName)}`,
    downloadName: `${downloadName}.${ending}`,
    seed: described?.seed,
  };
}

export function toWebCard(record: JobRecord, card: Card): WebCard {
  const stem = toFileStem(toPrompt(record));
  const { lineage, request } = record;
  const images = card.images.map((image) => toWebImage(image, record, stem));
  return {
    ...card,
    command: request.kind === 'animate' ? `/animate ${card.command}` : card.command,
    images,
    archiveUrl: images.length > 1 ? toArchiveUrl(images, record.id, stem) : undefined,
    pictureCount: toPictureCount(request, card),
    aspectRatio: toAspectRatio(record, card),
    seed: request.kind === 'generate' ? request.seed : undefined,
    lineage: lineage === undefined ? undefined : { ...lineage, prompt: toPrompt(record) },
  };
}
