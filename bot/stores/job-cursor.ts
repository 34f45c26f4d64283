/** Where a page of jobs ended: its last job's time and id, so that jobs of one millisecond are neither lost nor doubled. */

export interface JobPosition {
  createdAtMs: number;
  id: string;
}

export function formatCursor({ createdAtMs, id }: JobPosition): string {
  return `${createdAtMs}.${id}`;
}

/** Throws RangeError for a text that no page gave. */
export function parseCursor(cursor: string): JobPosition {
  const match = /^(\d{1,16})\.([A-Za-z0-9_-]{1,64})$/.exec(cursor);
  const [, createdAtMs, id] = match ?? [];
  if (createdAtMs === undefined || id === undefined) {
    throw new RangeError('The place in the list is unknown; start again from its beginning.');
  }
  return { createdAtMs: Number(createdAtMs), id };
}
