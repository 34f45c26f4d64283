/** What people type for a thing whose Unicode name is another: hand-written, in synonyms.json by concept label. */
import lines from './synonyms.json' with { type: 'json' };

/** Concept label → other names. */
export const SYNONYMS: Readonly<Record<string, readonly string[]>> = lines;
