/** Reading blocks as a client does: their parts are plain JSON. */
export type Part = Readonly<Record<string, unknown>>;

export function asText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** The words of a text object. */
export function textOf(value: unknown): string {
  return typeof value === 'object' && value !== null && 'text' in value ? asText(value.text) : '';
}
