/** The function's process: started on a free port with a token of its own, and again when it ends. */
import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { GenerationError } from '#contract/generation-error.ts';
import type { Logger } from '../core/ports.ts';
import type { Endpoint } from './http-caller.ts';
import { parseJson } from './parse-json.ts';

export interface SupervisorOptions {
  /** The bot's own environment; the function gets the variables in it that it understands, and no secrets. */
  environment: Readonly<Record<string, string | undefined>>;
  logger: Logger;
  /** The function's module; the real one when left out. */
  entryPath?: string;
  /** How long a call waits for a function that is starting. */
  startTimeoutMs?: number;
}

export interface FunctionSupervisor {
  /** Waits until the function listens. Throws GenerationError `unreachable` when it does not, `invalid-request` for good when it refused its settings. */
  endpoint(): Promise<Endpoint>;
  processId(): number | undefined;
  stop(): Promise<void>;
}

const FUNCTION_ENTRY = fileURLToPath(new URL('../../gpu-function/main.ts', import.meta.url));
const START_TIMEOUT_MS = 30_000;
const STOP_GRACE_MS = 5_000;
const RESTART_DELAY_MS = { first: 100, max: 30_000 };
/** A function that lived this long was healthy: its end starts the count of failures anew. */
const HEALTHY_AFTER_MS = 60_000;

/** What the function and its libraries read. The bot's tokens are not in here. */
const PASSED_VARIABLES =
  /^(PATH|HOME|TMPDIR|TZ|LANG|LC_.*|LD_LIBRARY_PATH|CUDA_.*|NVIDIA_.*|OMP_.*|MODEL_DIR|MODEL_MEMORY_MIB|NON_COMMERCIAL_MODELS|DEFAULT_MODEL|EXECUTION_PROVIDER|ENGINE_.*|ISOLATION|QUEUE_.*|JOB_TIMEOUT_SECONDS|CANCEL_GRACE_SECONDS|LOG_LEVEL|SYSTEMROOT|TEMP|TMP)$/i;

const statusLineSchema = z.discriminatedUnion('event', [
  z.object({ event: z.literal('listening'), url: z.string() }),
  z.object({ event: z.literal('refused'), message: z.string() }),
]);

interface State {
  child?: ChildProcess | undefined;
  endpoint?: Endpoint | undefined;
  /** Why the last one could not start, in its own words. */
  refusal?: string | undefined;
}

/** Starts the function at once, and again, ever more slowly, as often as it ends; not when it refuses its settings. */
export function superviseFunction(options: SupervisorOptions): FunctionSupervisor {
  const state: State = {};
  const stopping = new AbortController();
  /** Replaced at every change, so that whoever waits sees it. */
  let change = Promise.withResolvers<void>();
  const announce = () => {
    change.resolve();
    change = Promise.withResolvers();
  };
  const supervision = keepAlive(state, options, { announce, stopping: stopping.signal });

  return {
    async endpoint() {
      const timeout = AbortSignal.timeout(options.startTimeoutMs ?? START_TIMEOUT_MS);
      const expired = Promise.withResolvers<void>();
      timeout.addEventListener('abort', () => expired.resolve());
      while (state.endpoint === undefined) {
        if (timeout.aborted || stopping.signal.aborted || state.refusal !== undefined) {
          throw toStartError(state.refusal);
        }
        await Promise.race([change.promise, expired.promise]);
      }
      return state.endpoint;
    },
    processId: () => state.child?.pid,
    async stop() {
      stopping.abort();
      announce();
      const { child } = state;
      child?.kill('SIGTERM');
      const force = setTimeout(() => child?.kill('SIGKILL'), STOP_GRACE_MS);
      await supervision;
      clearTimeout(force);
    },
  };
}

interface Signals {
  announce: () => void;
  stopping: AbortSignal;
}

async function keepAlive(
  state: State,
  options: SupervisorOptions,
  { announce, stopping }: Signals,
): Promise<void> {
  let failures = 0;
  while (!stopping.aborted) {
    const startedAtMs = performance.now();
    const reason = await liveOnce(state, options, announce);
    state.child = undefined;
    state.endpoint = undefined;
    announce();
    if (stopping.aborted) return;
    if (state.refusal !== undefined) {
      // A setting is wrong: the next start would end the same way.
      options.logger.error({ refusal: state.refusal }, 'The image function refused to start');
      return;
    }
    if (performance.now() - startedAtMs > HEALTHY_AFTER_MS) failures = 0;
    const waitMs = Math.min(RESTART_DELAY_MS.max, RESTART_DELAY_MS.first * 2 ** failures);
    failures += 1;
    options.logger.warn({ reason, waitMs }, 'The image function ended and is started again');
    await delay(waitMs, undefined, { signal: stopping }).catch(() => undefined);
  }
}

/** Starts one function and waits for its end; the reason of the end. */
function liveOnce(
  state: State,
  { environment, entryPath = FUNCTION_ENTRY }: SupervisorOptions,
  announce: () => void,
): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  const child = fork(entryPath, [], {
    env: toFunctionEnvironment(environment, token),
    execArgv: [],
    // The open channel is how the function notices that the bot is gone.
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  state.child = child;
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const status = statusLineSchema.safeParse(parseJson(line));
      if (!status.success) return;
      noteStatus(state, status.data, token);
      announce();
    });
  }
  return new Promise((resolve) => {
    child.on('error', (error) => {
      // With an id it lives, and the call that failed will be seen to fail; without one it never did.
      if (child.pid === undefined) resolve(`it could not be started (${error.message})`);
    });
    child.once('exit', (code, signal) => resolve(`it ended with ${signal ?? `code ${code}`}`));
  });
}

function noteStatus(state: State, status: z.infer<typeof statusLineSchema>, token: string): void {
  switch (status.event) {
    case 'listening':
      state.refusal = undefined;
      state.endpoint = { url: status.url, token };
      break;
    case 'refused':
      state.refusal = status.message;
      break;
  }
}

function toFunctionEnvironment(own: SupervisorOptions['environment'], token: string) {
  const passed = Object.entries(own).filter(([name]) => PASSED_VARIABLES.test(name));
  return {
    LOG_LEVEL: 'warn',
    ...Object.fromEntries(passed),
    PORT: '0',
    HOST: '127.0.0.1',
    GPU_FUNCTION_TOKEN: token,
  };
}

function toStartError(refusal: string | undefined): GenerationError {
  return refusal === undefined
    ? new GenerationError(
        'unreachable',
        'The image function does not start; see its log above, and try again.',
        { isRetryable: true },
      )
    : new GenerationError(
        'invalid-request',
        `The image function cannot start. ${refusal} Then start the bot again.`,
      );
}
