/** Lower-casing as the reference tokenizers do it, with a way back to the words as they were typed. */

export interface LowerCaseText {
  text: string;
  /** Index in the original text for each index in `text`, its end included. */
  originalIndexes: Uint32Array;
}

/**
 * Lower case character by character, as Rust's `char::to_lowercase`: a final capital sigma becomes the medial
 * form, which JavaScript's toLowerCase over a whole string does not give.
 */
export function toLowerCaseText(original: string): LowerCaseText {
  const parts: string[] = [];
  const indexes: number[] = [];
  let position = 0;
  for (const character of original) {
    const lower = character.toLowerCase();
    parts.push(lower);
    for (let index = 0; index < lower.length; index++) indexes.push(position);
    position += character.length;
  }
  indexes.push(position);
  return { text: parts.join(''), originalIndexes: Uint32Array.from(indexes) };
}
