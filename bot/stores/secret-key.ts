/** A secret of this installation, made at its first start and kept beside the jobs. */
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from './make-folder.ts';

const KEY_BYTES = 32;
const FILE_NAME = 'link-key';

/** 32 bytes, the same at every start. Only this user of the machine can read the file. Throws an Error with a sentence. */
export function readSecretKey(dataDir: string): Uint8Array {
  const path = join(dataDir, FILE_NAME);
  makeFolder(dataDir);
  try {
    // Fails where the file is there already, also when another process makes it at this moment.
    writeFileSync(path, randomBytes(KEY_BYTES), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const key = readFileSync(path);
  if (key.byteLength === KEY_BYTES) return key;
  throw new Error(`${path} is damaged; remove it, and links to pictures are made anew.`);
}
