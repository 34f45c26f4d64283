/** Everything the bot reads from its environment, in one schema. An error names the variable, the value, the remedy. */
import { resolve } from 'node:path';
import * as z from 'zod';
import { describeIssue } from '#contract/describe-issue.ts';
import { NSFW_RULES, quotaSchema } from './core/settings.ts';

const port = z.coerce.number().int().min(0).max(65_535);
const secret = z.string().min(1).max(4_096);
const positive = (fallback: number, max: number) =>
  z.coerce.number().int().min(1).max(max).default(fallback);

/** A JSON text of the schema's shape. */
function jsonText<T extends z.ZodType>(schema: T) {
  return z
    .string()
    .max(100_000)
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: 'custom', message: 'it must be a JSON object' });
        return z.NEVER;
      }
    })
    .pipe(schema);
}

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
  GPU_FUNCTION_TOKEN: secret.optional(),
  /** Open jobs that one person may have at a time. */
  OPEN_JOBS_PER_USER: positive(10, 1_000),
  /** Jobs that one person may start within a minute. */
  JOBS_PER_MINUTE: positive(30, 10_000),
  /** Jobs of one person that the image function may have at a time; more of them wait in the bot. */
  RUNNING_JOBS_PER_USER: positive(1_000, 10_000),
  /** Jobs that one person may start between two midnights UTC. */
  JOBS_PER_DAY: positive(2_000, 1_000_000),
  /** More for some: a JSON object from a role's id, or "moderator", to the numbers that it raises. */
  ROLE_QUOTAS: jsonText(z.record(z.string().min(1).max(100), quotaSchema.partial())).default({}),
  /** Where pictures for adults may be drawn. */
  NSFW_RULE: z.enum(NSFW_RULES).default('age-restricted'),
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
  /** Where the world reaches this bot's server: for links to pictures that are too large for a chat. */
  PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** Discord joins in when its token is set. */
  DISCORD_TOKEN: secret.optional(),
  /** Another Discord, for tests; the gateway's address comes from it. */
  DISCORD_API_URL: z.url({ protocol: /^https?$/ }).default('https://discord.com/api'),
  DISCORD_APPLICATION_ID: z
    .string()
    .regex(/^\d{15,25}$/, 'it must be digits')
    .optional(),
  /** Set for commands that come in over HTTP; left out, they come over the gateway. */
  DISCORD_PUBLIC_KEY: z
    .string()
    .regex(/^[0-9a-f]{64}$/i, 'it must be 64 digits or a to f')
    .optional(),
  /** Slack joins in when its bot token is set, with one of the two beside it. */
  SLACK_BOT_TOKEN: secret.optional(),
  /** Another Slack, for tests: Web API and Socket Mode. */
  SLACK_API_URL: z.url({ protocol: /^https?$/ }).default('https://slack.com/api/'),
  /** For Socket Mode. */
  SLACK_APP_TOKEN: secret.optional(),
  /** For commands that come in over HTTP. */
  SLACK_SIGNING_SECRET: secret.optional(),
  /** Prompts are in the log only where this is 1. */
  LOG_PROMPTS: z.enum(['0', '1']).default('0'),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('warn'),
});

export type BotConfig = z.infer<typeof environmentSchema>;

/** Stands in messages for values that must never be repeated. */
const HIDDEN = Object.fromEntries(
  [
    'GPU_FUNCTION_TOKEN',
    'DISCORD_TOKEN',
    'SLACK_BOT_TOKEN',
    'SLACK_APP_TOKEN',
    'SLACK_SIGNING_SECRET',
  ].map((name) => [name, '(hidden)']),
);

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
