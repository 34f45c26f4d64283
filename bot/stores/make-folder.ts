/** Makes a folder and those above it, level by level. */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Throws the file system's error. Not `mkdirSync` with `recursive`: where a folder refuses children with ENOENT, as
 * those of /proc do, Node 24 tries for ever.
 */
export function makeFolder(path: string): void {
  const missing: string[] = [];
  for (let level = path; !existsSync(level); level = dirname(level)) missing.unshift(level);
  for (const level of missing) mkdirSync(level);
}
