/** What a command of `npm run models` gives back, and the exit codes. */

/** failed: what was asked for did not come about; stopped: by the person. */
export const EXIT = { ok: 0, failed: 1, badCommand: 2, stopped: 130 } as const;

export interface Answer {
  exitCode: number;
  /** For programs. */
  json: unknown;
  /** For people. */
  text: string;
}

/** Empty counts as left out, as everywhere. */
export function readVariable(name: string): string | undefined {
  const value = process.env[name];
  return value === '' ? undefined : value;
}
