/** What the stack writes into the environment of the bot's Lambdas. */
import * as z from 'zod';

const environmentSchema = z.object({
  RECORDS_TABLE: z.string(),
  RUNS_TABLE: z.string(),
  PICTURES_BUCKET: z.string(),
  JOBS_QUEUE_URL: z.string(),
  EVENTS_QUEUE_URL: z.string(),
  DISPATCHER_FUNCTION: z.string(),
  CHAT_SECRET: z.string(),
  USD_PER_MACHINE_HOUR: z.coerce.number().min(0).default(0),
  DISCORD_PUBLIC_KEY: z.string().optional(),
  DISCORD_APPLICATION_ID: z.string().optional(),
  SLACK_ENABLED: z.literal('true').optional(),
  DISCORD_API_URL: z.string().default('https://discord.com/api'),
  SLACK_API_URL: z.string().default('https://slack.com/api/'),
});
export type CloudEnvironment = z.infer<typeof environmentSchema>;

/** Throws a ZodError that names the variable. */
export function readCloudEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): CloudEnvironment {
  return environmentSchema.parse(environment);
}
