/** Words of people inside Slack's markup, and markup of people back into words. */

/** Control characters have no look; the rest of a prompt is kept as it is. */
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000B-\u001F\u007F]/g;

/** No mention, link or entity can come out of this: https://docs.slack.dev/messaging/formatting-message-text */
export function escapeText(text: string): string {
  return text
    .replaceAll(CONTROL, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

/** What a person typed, from the text of a message event: entities undone, links and mentions as words. */
export function readMessageText(text: string): string {
  return text
    .replaceAll(/<(?:https?:\/\/|mailto:)([^|>]*)\|([^>]*)>/g, '$2')
    .replaceAll(/<((?:https?:\/\/|mailto:)[^|>]*)>/g, '$1')
    .replaceAll(/<[@#!][^|>]*\|([^>]*)>/g, '$1')
    .replaceAll(/<[@#!][^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replaceAll(/[“”„]/g, '"')
    .trim();
}

/** At most so many UTF-16 units, as Slack counts, without half a character at the end. */
export function cut(text: string, charactersMax: number): string {
  if (text.length <= charactersMax) return text;
  return `${text.slice(0, charactersMax - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
