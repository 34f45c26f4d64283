/** The page's files, read once at start: a request can only name one of them, never a path. */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface StaticFile {
  bytes: Uint8Array<ArrayBuffer>;
  mediaType: string;
  /** Strong validator, RFC 9110 section 8.8.3. */
  entityTag: string;
}

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
};

/** By address: `/` and `/<file>`. Files of other types in the folder are not served. */
export function readStaticFiles(): ReadonlyMap<string, StaticFile> {
  const folder = new URL('./page/', import.meta.url);
  const files = new Map<string, StaticFile>();
  for (const name of readdirSync(fileURLToPath(folder))) {
    const mediaType = MEDIA_TYPES[extname(name)];
    if (mediaType === undefined) continue;
    const bytes = new Uint8Array(readFileSync(new URL(name, folder)));
    const digest = createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
    const file = { bytes, mediaType, entityTag: `"${digest}"` };
    files.set(name === 'index.html' ? '/' : `/${name}`, file);
  }
  return files;
}
