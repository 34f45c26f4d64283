// @ts-check
/** What to offer for a text and a cursor: commands, flags and values, or a command around plain text. */
import { fetchCompletions } from './api.js';
import { shorten } from './format.js';

/**
 * @typedef {object} Offer
 * @property {string} label
 * @property {string} description
 * @property {string} insertText replaces the text from `from` to the cursor
 * @property {number} from
 * @property {boolean} isSending whether taking it also sends the message
 *
 * @typedef {object} Offers
 * @property {string} title
 * @property {Offer[]} offers
 * @property {boolean} isFirstChosen whether Enter takes the first one rather than sending the text
 */

/** @type {Offers} */
export const NO_OFFERS = { title: '', offers: [], isFirstChosen: false };

/** @type {readonly { label: string, description: string, insertText: string, isOpen?: true }[]} open ones take words */
const COMMANDS = [
  {
    label: '/imagine',
    description: 'Draw what you describe',
    insertText: '/imagine ',
    isOpen: true,
  },
  { label: '/help', description: 'How to say what you want', insertText: '/help' },
  { label: '/models', description: 'The models that are installed', insertText: '/models' },
  {
    label: '/animate',
    description: 'A moving picture: "a cat" to "a dog"',
    insertText: '/animate ',
    isOpen: true,
  },
  { label: '/history', description: 'Your latest pictures and their ids', insertText: '/history' },
  {
    label: '/show',
    description: 'A picture again, by its id',
    insertText: '/show ',
    isOpen: true,
  },
  { label: '/queue', description: 'What waits, and your quota', insertText: '/queue' },
  {
    label: '/settings',
    description: 'Your own defaults, such as --ar 3:2',
    insertText: '/settings ',
    isOpen: true,
  },
  { label: '/info', description: 'How this bot is doing', insertText: '/info' },
];
const SHOWN_CHARACTERS = 90;

/**
 * @param {string} typed
 * @returns {Offers}
 */
function offerCommands(typed) {
  const offers = COMMANDS.filter((command) => command.label.startsWith(typed.toLowerCase())).map(
    ({ isOpen, ...command }) => ({ ...command, from: 0, isSending: isOpen !== true }),
  );
  return { title: 'Commands', offers, isFirstChosen: true };
}

/**
 * @param {string} text
 * @returns {Offers}
 */
function offerImagine(text) {
  const insertText = `/imagine ${text.trim()}`;
  const label = shorten(insertText, SHOWN_CHARACTERS);
  return {
    title: 'Press Enter to draw this',
    offers: [{ label, description: '', insertText, from: 0, isSending: true }],
    isFirstChosen: true,
  };
}

/**
 * Offers that need no question to the bot; undefined when it must be asked.
 *
 * @param {string} text
 * @param {number} cursor
 * @returns {Offers | undefined}
 */
export function findOwnOffers(text, cursor) {
  if (text.trim() === '') return NO_OFFERS;
  if (!/^\s*\//.test(text)) return offerImagine(text);
  const before = text.slice(0, cursor);
  if (/^\/\S*$/.test(before)) return text === before ? offerCommands(before) : NO_OFFERS;
  return cursor < toArgumentStart(text) ? NO_OFFERS : undefined;
}

/**
 * Where the text after `/imagine ` begins; Infinity for other commands.
 *
 * @param {string} text
 */
function toArgumentStart(text) {
  return /^\s*\/imagine\s+/i.exec(text)?.[0].length ?? Infinity;
}

/**
 * Flags and values, as the bot offers them.
 *
 * @param {string} text
 * @param {number} cursor
 * @param {AbortSignal} signal
 * @returns {Promise<Offers>}
 */
export async function askForOffers(text, cursor, signal) {
  const start = toArgumentStart(text);
  const found = await fetchCompletions(text.slice(start), cursor - start, signal);
  const word = /\S*$/.exec(text.slice(0, cursor))?.[0] ?? '';
  return {
    title: 'Flags and values',
    offers: found.map((offer) => ({ ...offer, from: offer.from + start, isSending: false })),
    // Once the word is whole Enter means "send".
    isFirstChosen: !found.some((offer) => offer.insertText.trim() === word),
  };
}
