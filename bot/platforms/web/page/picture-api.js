// @ts-check
/** Calls to the server about pictures: bring one, look through one's own. */
import { call, createDeliveryId } from './api.js';

/**
 * @typedef {import('../render.ts').WebGallery} WebGallery
 * @typedef {import('../render.ts').WebKept} WebKept
 * @typedef {import('../render.ts').WebOutcome} WebOutcome
 */

/**
 * @param {Blob} file
 * @param {Record<string, string>} query
 */
function send(file, query) {
  const name = file instanceof File ? file.name.slice(0, 255) : '';
  const asked = new URLSearchParams({
    ...query,
    ...(name === '' ? {} : { name }),
    deliveryId: createDeliveryId(),
  });
  const type = file.type.startsWith('image/') ? file.type : 'application/octet-stream';
  return call(`/api/pictures?${asked.toString()}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: file,
  });
}

/**
 * @param {Blob} file
 * @param {'image' | 'mask'} role
 * @returns {Promise<WebKept>}
 */
export const uploadPicture = (file, role) => send(file, { use: 'keep', role });

/**
 * @param {Blob} file
 * @param {'show' | 'upscale' | 'vary'} use
 * @returns {Promise<WebOutcome>}
 */
export const usePicture = (file, use) => send(file, { use });

/**
 * @param {string} [cursor]
 * @returns {Promise<WebGallery>}
 */
export const fetchGallery = (cursor) =>
  call(`/api/gallery${cursor === undefined ? '' : `?cursor=${encodeURIComponent(cursor)}`}`, {});
