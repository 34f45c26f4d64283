/** Everything the bot reads from its environment, in one schema. An error names the variable, the value, the remedy. */
import { resolve } from 'node:path';
import * as z from 'zod';

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

/** Variables whose value must never be repeated in a message. */
const SECRETS = new Set(['GPU_FUNCTION_TOKEN']);

const REMEDIES: Readonly<Record<string, string>> = {
  PORT: 'a whole number from 0 to 65535',
  GPU_FUNCTION_URL: 'an address such as http://192.0.2.1:8000',
  LOG_LEVEL: 'one of debug, info, warn, error, silent',
};

export type ParsedConfig =
  | { kind: 'config'; config: BotConfig }
  | { kind: 'refused'; message: string };

function toSentence(
  issue: z.core.$ZodIssue,
  environment: Readonly<Record<string, unknown>>,
): string {
  const name = String(issue.path[0] ?? '');
  const value = SECRETS.has(name) ? '(hidden)' : JSON.stringify(environment[name]);
  const remedy = REMEDIES[name] ?? 'a value within its limits';
  return `The environment variable ${name} is ${value}; set it to ${remedy}, or leave it out (${issue.message}).`;
}

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
  const [issue] = parsed.error.issues;
  const message =
    issue === undefined ? 'The environment is not valid.' : toSentence(issue, present);
  return { kind: 'refused', message };
}
