/** People's words as Discord's text: nothing in them is markup, a mention, a link or a line of its own. */

/** Everything that starts a form of Discord's markdown within a line (reference, "Message formatting"). */
const MARKUP = /[\\*_~`|>#<[\]@]|:(?=\/\/)/g;
/** What makes a list or small print where a line begins. */
const LINE_START = /^(?=[-+])|^(\d+)(?=\.(?:\s|$))/;
const INVISIBLE = /[\p{Cc}\p{Zl}\p{Zp}]+/gu;

/** One line in which every sign shows as it is. */
export function escapeMarkdown(text: string): string {
  return text
    .replaceAll(INVISIBLE, ' ')
    .trim()
    .replaceAll(MARKUP, String.raw`\$&`)
    .replace(LINE_START, '$1\\');
}

/** The text cut so that it is no longer than the limit once it is escaped; no escape is cut in two. */
export function escapeWithin(text: string, charactersMax: number): string {
  const escaped = escapeMarkdown(text);
  if (escaped.length <= charactersMax) return escaped;
  const cut = escaped.slice(0, charactersMax - 1);
  // An odd number of backslashes at the end, or half of a surrogate pair, belongs to what was cut off.
  const backslashes = /\\*$/.exec(cut)?.[0].length ?? 0;
  return `${backslashes % 2 === 1 ? cut.slice(0, -1) : cut}…`.replace(/[\uD800-\uDBFF](?=…$)/, '');
}
