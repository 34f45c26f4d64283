/** Who may see a job. */
import type { JobRecord } from './ports.ts';
import type { Asker } from './service.ts';

/** A private picture is for nobody but the person who asked for it. */
export function isVisible({ user, place }: JobRecord, asker: Asker): boolean {
  const isOwn = user.id === asker.user.id && place.platform === asker.place.platform;
  return isOwn || !place.isPrivate;
}
