/** Log lines as CloudWatch takes them: one JSON object a line. Errors keep name, message and stack, and nothing else. */
import type { Logger } from '../core/ports.ts';

export function createLineLogger(
  write: (line: string) => void = (line) => void process.stdout.write(line),
): Logger {
  const log =
    (level: 'info' | 'warn' | 'error') =>
    (fields: Record<string, unknown>, message: string): void =>
      write(`${JSON.stringify({ level, message, ...toPlain(fields) })}\n`);
  return { info: log('info'), warn: log('warn'), error: log('error') };
}

/** Errors of SDKs carry requests and answers, tokens included: only their words may be written. */
function toPlain(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) =>
      value instanceof Error
        ? [name, { name: value.name, message: value.message, stack: value.stack }]
        : [name, value],
    ),
  );
}
