/** Everything about a deployment that an operator chooses, in one schema: the key "imagine" of cdk.json's context. */
import * as z from 'zod';

const instanceType = z
  .string()
  .regex(/^(g4dn|g5|g6|g6e|g6f|gr6|gr6f)\.\d*x?large$/, 'it must be a GPU type such as g6.xlarge');

const configSchema = z
  .strictObject({
    /** Part of the stacks' names: two deployments of one account differ in it. */
    name: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,20}$/, 'it must be lower-case letters, digits and -')
      .default('imagine'),
    /** Left out: what the command line's profile says. */
    region: z.string().optional(),
    /** The first that is free is taken, cheapest first; all need 16 GB of GPU memory or more. */
    instanceTypes: z.array(instanceType).min(1).default(['g4dn.xlarge', 'g6.xlarge', 'g5.xlarge']),
    /** Most machines at a time: the ceiling of what an hour may cost. */
    machinesMax: z.int().min(1).max(500).default(1),
    /** Waiting jobs that are worth one machine. */
    jobsPerMachine: z.int().min(1).max(1_000).default(4),
    /** Without a job for so long a machine leaves: shorter is cheaper, longer means fewer cold starts. */
    idleMinutes: z.int().min(1).max(240).default(5),
    gpuHoursPerDay: z
      .number()
      .min(0.1)
      .max(24 * 500)
      .default(4),
    machineHoursMax: z.number().min(0.5).max(24).default(6),
    /** Hours of the day (UTC) in which one machine is always up, such as [8, 18]. */
    warmHours: z.tuple([z.int().min(0).max(24), z.int().min(0).max(24)]).optional(),
    /** A model package under weights/ of the bucket; left out: the model that is in the image. */
    modelId: z.string().max(100).optional(),
    /** The name of that model's licence, by whoever has read it; `npm run preflight` asks for it. */
    acceptedLicence: z.string().max(200).optional(),
    picturesKeptDays: z.int().min(1).max(3_650).default(90),
    discord: z
      .strictObject({
        publicKey: z.string().regex(/^[0-9a-f]{64}$/i, 'it must be 64 hexadecimal characters'),
        applicationId: z.string().regex(/^\d{5,25}$/),
      })
      .optional(),
    slack: z.boolean().default(false),
    /** Also a bot that stays, on Fargate, for the gateway and Socket Mode: about 9 dollars a month. */
    alwaysOnBot: z.boolean().default(false),
    alarmEmail: z.email().optional(),
    monthlyBudgetUsd: z.number().min(1).max(100_000).default(25),
    /** Where the alarms' texts point. */
    runbookUrl: z.url().default('https://example.com/imagine/docs/runbook.md'),
  })
  .refine(({ discord, slack }) => discord !== undefined || slack, {
    error: 'discord or slack must be set, or nobody could ask for a picture',
  });
export type InfraConfig = z.infer<typeof configSchema>;

/** Throws an Error whose message names the first thing that is wrong. */
export function parseInfraConfig(context: unknown): InfraConfig {
  const parsed = configSchema.safeParse(context ?? {});
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path.join('.') ?? '';
  throw new Error(
    `In cdk.json, context "imagine"${path === '' ? '' : `, "${path}"`}: ${issue?.message ?? 'invalid'}.`,
  );
}
