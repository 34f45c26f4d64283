/** What a job is about, in words: an upscale has no prompt of its own, but its command has. */
import { CommandError } from './command-error.ts';
import { parseCommand } from './parse-command.ts';
import type { JobRecord } from './ports.ts';

export function toPrompt(record: JobRecord): string {
  const { request } = record;
  if (request.kind === 'generate') return request.prompt;
  if (request.kind === 'animate') return `${request.prompt} to ${request.toPrompt}`;
  try {
    return parseCommand(record.command, { defaultCount: 1 }).request.prompt;
  } catch (error) {
    // A command from an older version may hold a flag that is gone: the whole text is still honest.
    if (error instanceof CommandError) return record.command;
    throw error;
  }
}

/** At most this many characters of a text, whole emojis and an ellipsis where it was cut. */
export function shorten(text: string, charactersMax: number): string {
  if (text.length <= charactersMax) return text;
  return `${text.slice(0, charactersMax - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
