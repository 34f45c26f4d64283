/** Everything the function reads from its environment, in one schema. An error names variable, value and remedy. */
import * as z from 'zod';
import { describeIssue } from '#contract/describe-issue.ts';
import { GenerationError } from '#contract/generation-error.ts';
import { requestedSizeSchema, type RequestedSize } from '#contract/generation-request.ts';

const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,13}$/, 'it must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min).max(max));

/** Looser than an address of the web: servers for tests give hosts such as sqs.us-east-1.127.0.0.1. */
const queueUrl = z
  .string()
  .max(1_000)
  .regex(/^https?:\/\/\S+$/, 'it must be the address of a queue');

/** "768x512" or "3:2". */
function toRequestedSize(text: string): RequestedSize {
  const [first, second] = text.split(/[:x]/).map(Number);
  const size = text.includes(':')
    ? { kind: 'aspect', width: first, height: second }
    : { kind: 'pixels', widthPx: first, heightPx: second };
  return requestedSizeSchema.parse(size);
}

const SIZE = /^(?:\d{1,3}:\d{1,3}|\d{1,5}x\d{1,5})$/;
const SIZES_MAX = 16;
const SIZES_SENTENCE = `it must be "any", or up to ${SIZES_MAX} sizes such as 3:2 or 768x512, separated by commas`;
const sizeBuckets = z.string().transform((text, context): RequestedSize[] => {
  if (text === 'any') return [];
  const sizes = text.split(',').map((size) => size.trim());
  try {
    if (sizes.length <= SIZES_MAX && sizes.every((size) => SIZE.test(size))) {
      return sizes.map(toRequestedSize);
    }
  } catch {
    // A side or a ratio beyond the limits: the same sentence.
  }
  context.addIssue({ code: 'custom', message: SIZES_SENTENCE });
  return z.NEVER;
});

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
  /** A package in a bucket of the operator's own, fetched into MODEL_DIR before the start. Never a public hub. */
  MODEL_SOURCE: z
    .string()
    .max(1_000)
    .regex(/^s3:\/\/[a-z0-9.-]+\/.*[^/]\/?$/, 'it must look like s3://bucket/prefix/name')
    .optional(),
  /** The model of requests that name none; the fetched one when there is one. */
  DEFAULT_MODEL: z.string().max(100).optional(),
  /** MiB of package files that may be in memory at the same time; a third of the machine's memory when left out. */
  MODEL_MEMORY_MIB: whole(1, 10_000_000).optional(),
  /** Whether models may be used whose licence forbids to earn money with them. */
  NON_COMMERCIAL_MODELS: z.enum(['refuse', 'allow']).default('refuse'),
  EXECUTION_PROVIDER: z.enum(['cpu', 'cuda']).default('cpu'),
  /** What CUDA is prepared for, besides the model's own size; any other is rounded. `any` = every size, unprepared. */
  SIZE_BUCKETS: sizeBuckets.default(['1:1', '3:2', '2:3'].map(toRequestedSize)),
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
  /** Told to stop, the job that is being drawn may take this long. Spot takes a machine away after two minutes. */
  SHUTDOWN_GRACE_SECONDS: whole(0, 600).default(90),
  /** Where jobs come from: callers over HTTP, or a queue on AWS. The variables below are for the queue. */
  JOB_SOURCE: z.enum(['http', 'sqs']).default('http'),
  JOBS_QUEUE_URL: queueUrl.optional(),
  EVENTS_QUEUE_URL: queueUrl.optional(),
  RUNS_TABLE: z.string().max(255).optional(),
  PICTURES_BUCKET: z.string().max(63).optional(),
  /** Without a job for so long the worker leaves, and with it the machine. */
  IDLE_EXIT_SECONDS: whole(1, 86_400).default(300),
  /** A worker that vanished is noticed after this. */
  VISIBILITY_SECONDS: whole(1, 3_600).default(120),
  /** Machines that may be lost over one job. */
  DELIVERIES_MAX: whole(1, 100).default(4),
  /** When the dispatcher asked for this machine, in Unix milliseconds. */
  MACHINE_ASKED_AT_MS: whole(0, 9_999_999_999_999).optional(),
  /** Set by ECS in every container. */
  ECS_CONTAINER_METADATA_URI_V4: z.string().max(1_000).optional(),
  USD_PER_MACHINE_HOUR: z.coerce.number().min(0).max(1_000).default(0),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

export interface GpuFunctionConfig {
  port: number;
  host: string;
  token: string | undefined;
  modelDir: string | undefined;
  modelSource: string | undefined;
  defaultModelId: string | undefined;
  modelMemoryBytesMax: number | undefined;
  allowsNonCommercialModels: boolean;
  executionProvider: 'cpu' | 'cuda';
  sizeBuckets: readonly RequestedSize[];
  threads: number | undefined;
  niceness: number;
  isolation: 'process' | 'none';
  queueMax: number;
  queuePerOwnerMax: number;
  jobTimeoutMs: number;
  cancelGraceMs: number;
  shutdownGraceMs: number;
  /** Undefined when jobs come over HTTP. */
  queue: QueueConfig | undefined;
  logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

interface QueueConfig {
  jobsQueueUrl: string;
  eventsQueueUrl: string;
  runsTable: string;
  bucketName: string;
  idleExitMs: number;
  visibilityMs: number;
  shutdownGraceMs: number;
  deliveriesMax: number;
  usdPerHour: number;
  askedAtMs: number | undefined;
  metadataUrl: string | undefined;
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
    modelSource: values.MODEL_SOURCE,
    defaultModelId: values.DEFAULT_MODEL,
    modelMemoryBytesMax:
      values.MODEL_MEMORY_MIB === undefined ? undefined : values.MODEL_MEMORY_MIB * 1024 ** 2,
    allowsNonCommercialModels: values.NON_COMMERCIAL_MODELS === 'allow',
    executionProvider: values.EXECUTION_PROVIDER,
    sizeBuckets: values.SIZE_BUCKETS,
    threads: values.ENGINE_THREADS,
    niceness: values.ENGINE_NICENESS,
    isolation: values.ISOLATION,
    queueMax: values.QUEUE_MAX,
    queuePerOwnerMax: values.QUEUE_PER_OWNER_MAX,
    jobTimeoutMs: values.JOB_TIMEOUT_SECONDS * 1_000,
    cancelGraceMs: values.CANCEL_GRACE_SECONDS * 1_000,
    shutdownGraceMs: values.SHUTDOWN_GRACE_SECONDS * 1_000,
    queue: values.JOB_SOURCE === 'sqs' ? toQueueConfig(values) : undefined,
    logLevel: values.LOG_LEVEL,
  };
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function refuseOpenDoor({ HOST, GPU_FUNCTION_TOKEN, JOB_SOURCE }: Values): void {
  // A worker on a queue listens nowhere.
  if (JOB_SOURCE === 'sqs' || isLoopback(HOST) || GPU_FUNCTION_TOKEN !== undefined) return;
  throw new GenerationError(
    'invalid-request',
    `HOST is ${JSON.stringify(HOST)}, which other machines can reach; set GPU_FUNCTION_TOKEN to a secret of 16 or more characters, or HOST to 127.0.0.1.`,
  );
}

type Values = z.infer<typeof environmentSchema>;

function toQueueConfig(values: Values): QueueConfig {
  const required = (
    name: 'JOBS_QUEUE_URL' | 'EVENTS_QUEUE_URL' | 'RUNS_TABLE' | 'PICTURES_BUCKET',
  ) => {
    const value = values[name];
    if (value !== undefined) return value;
    throw new GenerationError(
      'invalid-request',
      `JOB_SOURCE is "sqs" but ${name} is not set; set it to what the stack printed, or JOB_SOURCE to "http".`,
    );
  };
  return {
    jobsQueueUrl: required('JOBS_QUEUE_URL'),
    eventsQueueUrl: required('EVENTS_QUEUE_URL'),
    runsTable: required('RUNS_TABLE'),
    bucketName: required('PICTURES_BUCKET'),
    idleExitMs: values.IDLE_EXIT_SECONDS * 1_000,
    visibilityMs: values.VISIBILITY_SECONDS * 1_000,
    shutdownGraceMs: values.SHUTDOWN_GRACE_SECONDS * 1_000,
    deliveriesMax: values.DELIVERIES_MAX,
    usdPerHour: values.USD_PER_MACHINE_HOUR,
    askedAtMs: values.MACHINE_ASKED_AT_MS,
    metadataUrl: values.ECS_CONTAINER_METADATA_URI_V4,
  };
}
