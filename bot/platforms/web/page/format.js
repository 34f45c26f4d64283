// @ts-check
/** Times, counts and texts as a person reads them. */

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat('en', { weekday: 'long', day: 'numeric', month: 'long' });
const full = new Intl.DateTimeFormat('en', { dateStyle: 'full', timeStyle: 'medium' });

/** @param {number} atMs */
export const formatClock = (atMs) => clock.format(atMs);

/** @param {number} atMs */
export const formatFull = (atMs) => full.format(atMs);

/** @param {number} atMs */
export const toDayKey = (atMs) => new Date(atMs).toDateString();

/**
 * @param {number} atMs
 * @param {number} nowMs
 */
export function formatDay(atMs, nowMs) {
  if (toDayKey(atMs) === toDayKey(nowMs)) return 'Today';
  const yesterday = new Date(nowMs);
  yesterday.setDate(yesterday.getDate() - 1);
  if (toDayKey(atMs) === yesterday.toDateString()) return 'Yesterday';
  const year = new Date(atMs).getFullYear();
  const text = day.format(atMs);
  return year === new Date(nowMs).getFullYear() ? text : `${text} ${year}`;
}

/**
 * What is left until a moment: rounded the more the longer it is, never a false exactness.
 *
 * @param {number} leftMs
 */
export function formatLeft(leftMs) {
  const seconds = Math.ceil(leftMs / 1000);
  if (seconds <= 0) return 'any moment now';
  if (seconds < 60) return `${seconds} s left`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min left`;
  return `${Math.round(minutes / 60)} h left`;
}

/** @param {number} share 0..1 */
export const toPercent = (share) => Math.round(Math.min(1, Math.max(0, share)) * 100);

/** @param {number} sizeBytes */
export function formatBytes(sizeBytes) {
  if (sizeBytes < 1_000_000) return `${Math.max(1, Math.round(sizeBytes / 1000))} kB`;
  if (sizeBytes < 1_000_000_000) return `${Math.round(sizeBytes / 1_000_000)} MB`;
  return `${(sizeBytes / 1_000_000_000).toFixed(1)} GB`;
}

/**
 * @param {string} text
 * @param {number} charactersMax
 */
export function shorten(text, charactersMax) {
  const characters = Array.from(text);
  if (characters.length <= charactersMax) return text;
  return `${characters.slice(0, charactersMax - 1).join('')}…`;
}
