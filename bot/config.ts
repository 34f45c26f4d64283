/** Everything the bot reads from its environment, in one schema. An error names the variable, the value, the remedy. */
import { resolve } from 'node:path';
import * as z from 'zod';
import { describeIssue } from '#contract/describe-issue.ts';

const port = z.coerce.number().int().min(0).max(65_535);
const positive = (fallback: number, max: number) =>
  z.coerce.number().int().min(1).max(max).default(fallback);

/** Empty strings are what a line such as `PORT=` in a .env file gives: the same as not set. */
const environmentSchema = z.object({
  /** Left out: 8080 or the first free port above it. Set: this one or none. */
  PORT: port.optional(),
  /** Only this machine can reach the page unless it is set otherwise. */
  HOST: z.string().min(1).max(255).default('127.0.0.1'),
  /** Where jobs and pictures are kept. */
  DATA_DIR: z.string().min(1).default('data'),
  /** A GPU function that runs elsewhere. Left out: one is started here, on the CPU. */
  GPU_FUNCTION_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** The bearer token of that function. */
  GPU_FUNCTION_TOKEN: z.string().min(1).max(4_096).optional(),
  /** Open jobs that one person may have at a time. */
  OPEN_JOBS_PER_USER: positive(10, 1_000),
  /** Jobs that one person may start within a minute. */
  JOBS_PER_MINUTE: positive(30, 10_000),
  /** Pictures on disk are removed, oldest first, past this many mebibytes. */
  IMAGES_MAX_MIB: positive(4_096, 10_000_000),
  /** Words that no prompt may hold, separated by commas. */
  BLOCKED_WORDS: z
    .string()
    .max(100_000)
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((word) => word.trim())
        .filter((word) => word !== ''),
    ),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('warn'),
});

export type BotConfig = z.infer<typeof environmentSchema>;

/** Stands in messages for values that must never be repeated. */
const HIDDEN = { GPU_FUNCTION_TOKEN: '(hidden)' };

export type ParsedConfig =
  | { kind: 'config'; config: BotConfig }
  | { kind: 'refused'; message: string };

/** The bot's settings, or one sentence about the first thing that is wrong with them. */
export function parseConfig(
  environment: Readonly<Record<string, string | undefined>>,
): ParsedConfig {
  const present = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = environmentSchema.safeParse(present);
  if (parsed.success) {
    return { kind: 'config', config: { ...parsed.data, DATA_DIR: resolve(parsed.data.DATA_DIR) } };
  }
  const problem = describeIssue(parsed.error, { ...present, ...HIDDEN });
  return { kind: 'refused', message: `The environment variable ${problem}` };
}
