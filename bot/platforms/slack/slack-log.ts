/** Slack's libraries write to the bot's own log: warnings and errors only, since their debug lines hold prompts. */
import { LogLevel, type Logger as SlackLog } from '@slack/web-api';
import type { Logger } from '../../core/ports.ts';

export type { SlackLog };

const LINE_CHARACTERS_MAX = 500;
/** Tokens of every kind that Slack gives out, and addresses that work without one. */
const SECRETS = /xox[a-z]-[\w-]+|xapp-[\w-]+|https?:\/\/\S+/g;

export function createSlackLog(logger: Logger): SlackLog {
  const toLine = (parts: readonly unknown[]): string =>
    parts
      .map((part) => (part instanceof Error ? part.message : String(part)))
      .join(' ')
      .replaceAll(SECRETS, '(hidden)')
      .slice(0, LINE_CHARACTERS_MAX);
  return {
    debug: () => {},
    info: () => {},
    warn: (...parts: unknown[]) => logger.warn({ from: 'slack' }, toLine(parts)),
    error: (...parts: unknown[]) => logger.warn({ from: 'slack' }, toLine(parts)),
    setLevel: () => {},
    getLevel: () => LogLevel.WARN,
    setName: () => {},
  };
}
