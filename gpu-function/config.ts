/** Everything the function reads from its environment, in one schema. An error names variable, value and remedy. */
import * as z from 'zod';
import { describeIssue } from '#contract/describe-issue.ts';
import { GenerationError } from '#contract/generation-error.ts';

const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,12}$/, 'it must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min).max(max));

const environmentSchema = z.object({
  /** 0 takes any free port; the address is printed in either case. */
  PORT: whole(0, 65_535).default(8090),
  HOST: z.string().max(255).default('127.0.0.1'),
  /** Bearer token that every caller must show. Needed as soon as other machines can reach the function. */
  GPU_FUNCTION_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]{16,4096}$/, 'it must be 16 or more characters without spaces')
    .optional(),
  /** A folder with model packages, besides the built-in ones. */
  MODEL_DIR: z.string().max(4_096).optional(),
  /** The model of requests that name none. */
  DEFAULT_MODEL: z.string().max(100).optional(),
  EXECUTION_PROVIDER: z.enum(['cpu', 'cuda']).default('cpu'),
  /** Threads inside one operator; as many as the processor has when left out. */
  ENGINE_THREADS: whole(1, 256).optional(),
  /**
   * How far the engine stands back behind the rest of the machine, 0 to 19. On two busy cores 5 halves the slowest
   * percent of `/health` while it draws (6 ms instead of 11), and the picture takes as long as with 0.
   */
  ENGINE_NICENESS: whole(0, 19).default(5),
  /** `none` keeps the engine in this process, for snapshots: then a cancel cannot be enforced. */
  ISOLATION: z.enum(['process', 'none']).default('process'),
  QUEUE_MAX: whole(1, 10_000).default(100),
  QUEUE_PER_OWNER_MAX: whole(1, 10_000).default(20),
  JOB_TIMEOUT_SECONDS: whole(1, 1_000_000).default(3_600),
  CANCEL_GRACE_SECONDS: whole(1, 600).default(5),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

export interface GpuFunctionConfig {
  port: number;
  host: string;
  token: string | undefined;
  modelDir: string | undefined;
  defaultModelId: string | undefined;
  executionProvider: 'cpu' | 'cuda';
  threads: number | undefined;
  niceness: number;
  isolation: 'process' | 'none';
  queueMax: number;
  queuePerOwnerMax: number;
  jobTimeoutMs: number;
  cancelGraceMs: number;
  logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

/**
 * Throws a GenerationError `invalid-request` with one sentence for the first thing that is wrong.
 * A variable that is empty counts as left out, as a line `PORT=` in an .env file means it.
 */
export function parseConfig(
  environment: Readonly<Record<string, string | undefined>>,
): GpuFunctionConfig {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = environmentSchema.safeParse(given);
  if (!parsed.success) {
    const shown =
      given['GPU_FUNCTION_TOKEN'] === undefined ? {} : { GPU_FUNCTION_TOKEN: '(hidden)' };
    throw new GenerationError(
      'invalid-request',
      `${describeIssue(parsed.error, { ...given, ...shown })} Leave it out for the default.`,
    );
  }
  const values = parsed.data;
  refuseOpenDoor(values);
  return {
    port: values.PORT,
    host: values.HOST,
    token: values.GPU_FUNCTION_TOKEN,
    modelDir: values.MODEL_DIR,
    defaultModelId: values.DEFAULT_MODEL,
    executionProvider: values.EXECUTION_PROVIDER,
    threads: values.ENGINE_THREADS,
    niceness: values.ENGINE_NICENESS,
    isolation: values.ISOLATION,
    queueMax: values.QUEUE_MAX,
    queuePerOwnerMax: values.QUEUE_PER_OWNER_MAX,
    jobTimeoutMs: values.JOB_TIMEOUT_SECONDS * 1_000,
    cancelGraceMs: values.CANCEL_GRACE_SECONDS * 1_000,
    logLevel: values.LOG_LEVEL,
  };
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function refuseOpenDoor({ HOST, GPU_FUNCTION_TOKEN }: z.infer<typeof environmentSchema>): void {
  if (isLoopback(HOST) || GPU_FUNCTION_TOKEN !== undefined) return;
  throw new GenerationError(
    'invalid-request',
    `HOST is ${JSON.stringify(HOST)}, which other machines can reach; set GPU_FUNCTION_TOKEN to a secret of 16 or more characters, or HOST to 127.0.0.1.`,
  );
}
