/** A file named on the command line, as something that came with the command. */
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { LIMITS } from '#contract/limits.ts';
import type { Attachment } from '../../core/service.ts';

export type ReadAttachment =
  | { kind: 'attachment'; attachment: Attachment }
  | { kind: 'refused'; message: string };

const MEBIBYTE = 1024 * 1024;

export async function readAttachment(
  path: string,
  role: Attachment['role'],
): Promise<ReadAttachment> {
  try {
    const facts = await stat(path);
    // A device or a pipe has no size, and may never end.
    if (!facts.isFile()) return { kind: 'refused', message: `--${role} ${path} is not a file.` };
    const bytesMax = role === 'mask' ? LIMITS.maskBytes : LIMITS.imageBytes;
    if (facts.size > bytesMax) {
      return {
        kind: 'refused',
        message: `--${role} ${path} is larger than ${bytesMax / MEBIBYTE} MiB; use a smaller file.`,
      };
    }
    const bytes = await readFile(path);
    const name = basename(path);
    return { kind: 'attachment', attachment: { role, name, mediaType: '', bytes } };
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
    const reason = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`;
    return { kind: 'refused', message: `--${role} ${path} cannot be used: ${reason}.` };
  }
}
