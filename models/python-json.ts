/** JSON as Python writes it: published scheduler configurations hold a bare -Infinity, which JSON does not know. */

/** A string literal, which stays as it is, or a number that is none. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g;

/** `-Infinity`, `Infinity` and `NaN` become these words as strings. Throws SyntaxError as JSON.parse does. */
export function parsePythonJson(text: string): unknown {
  return JSON.parse(
    text.replaceAll(TOKENS, (token) => (token.startsWith('"') ? token : `"${token}"`)),
  );
}
