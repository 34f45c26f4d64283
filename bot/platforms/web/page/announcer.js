// @ts-check
/** Says to a screen reader what matters about a job: that it waits, is half done, is done. Not every step. */
import { shorten } from './format.js';

/** @typedef {import('../render.ts').WebCard} WebCard */

/**
 * @param {WebCard} card
 * @returns {string} the milestone it has reached
 */
function toMilestone(card) {
  if (card.isFinal) return card.status;
  if (card.status === 'queued') return 'queued';
  return (card.progress ?? 0) >= 0.5 ? 'half' : 'started';
}

/**
 * @param {WebCard} card
 * @param {string} milestone
 */
function toSentence(card, milestone) {
  const title = shorten(card.title, 80);
  switch (milestone) {
    case 'queued':
      return `${card.statusText}: ${title}`;
    case 'half':
      return `50 percent: ${title}`;
    case 'succeeded':
      return `Done: ${title}, ${card.images.length === 1 ? 'one picture' : `${card.images.length} pictures`}`;
    case 'failed':
      return `Failed: ${title}. ${card.notes.join(' ')}`;
    case 'canceled':
      return `Canceled: ${title}`;
    default:
      return '';
  }
}

/** @param {HTMLElement} region a live region */
export function createAnnouncer(region) {
  /** @type {Map<string, string>} */
  const reached = new Map();
  return {
    /** @param {WebCard} card */
    announce(card) {
      const milestone = toMilestone(card);
      if (reached.get(card.jobId) === milestone) return;
      reached.set(card.jobId, milestone);
      if (card.isFinal) reached.delete(card.jobId);
      const sentence = toSentence(card, milestone);
      if (sentence !== '') region.textContent = sentence;
    },
  };
}
