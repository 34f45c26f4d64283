/** The engine process's side of the talk: takes messages from the worker, draws, reports. */
import { toGenerationError } from '#contract/generation-error.ts';
import type { Job } from '#contract/job.ts';
import type { EngineOutcome } from '../pipeline/ports.ts';
import type { EngineSetup } from './engine-host.ts';
import type { MessageFromEngine, MessageToEngine, OutcomeMessage } from './engine-messages.ts';

export interface EngineLogger {
  error(fields: Record<string, unknown>, message: string): void;
}

/**
 * Serves the process that forked this one, and ends when that one goes away: there are no orphans, even when it
 * was killed. The signals of a terminal are left to the parent, which ends this process in good order.
 */
export async function serveEngine(setup: EngineSetup, logger: EngineLogger): Promise<void> {
  process.once('disconnect', () => process.exit(0));
  process.on('SIGINT', () => undefined);
  const canceled = new Set<number>();
  process.on('message', (message: MessageToEngine) => {
    switch (message.type) {
      case 'run':
        void run(setup, message, { canceled, logger });
        break;
      case 'cancel':
        canceled.add(message.runId);
        break;
      case 'list-models':
        void sendModels(setup, logger);
        break;
    }
  });
  await sendModels(setup, logger);
  const problem = await warmUp(setup, logger);
  const loadedModelId = setup.loadedModelId();
  send({
    type: 'ready',
    executionProvider: setup.executionProvider,
    loadedModelId,
    problem,
    device: setup.device?.(),
    warmUps: setup.warmUps === undefined ? undefined : [...setup.warmUps()],
    abilities: await setup.engine.abilities?.(),
  });
}

/** Loads the default model; the sentence that says why not when it cannot. */
export async function warmUp(
  setup: EngineSetup,
  logger: EngineLogger,
): Promise<string | undefined> {
  try {
    await setup.warmUp();
    return undefined;
  } catch (error) {
    logger.error({ err: error }, 'The default model could not be loaded');
    return toGenerationError(error).message;
  }
}

interface RunContext {
  canceled: Set<number>;
  logger: EngineLogger;
}

async function run(
  setup: EngineSetup,
  { runId, job }: { runId: number; job: Job },
  { canceled, logger }: RunContext,
): Promise<void> {
  let outcome: OutcomeMessage['outcome'];
  try {
    outcome = toPlainOutcome(
      await setup.engine.run({
        job,
        report: (event) => send({ type: 'event', runId, event }),
        isCanceled: () => canceled.has(runId),
      }),
    );
  } catch (error) {
    logger.error({ err: error, jobId: job.id }, 'A job failed');
    outcome = { status: 'failed', error: toGenerationError(error).toBody() };
  }
  canceled.delete(runId);
  send({ type: 'outcome', runId, outcome, loadedModelId: setup.loadedModelId() });
}

/** Buffers arrive at the other side as what they are here; the worker wants plain bytes. */
function toPlainOutcome(outcome: EngineOutcome): OutcomeMessage['outcome'] {
  if (outcome.status === 'canceled') return outcome;
  const images = outcome.images.map((image) => Uint8Array.from(image));
  return { ...outcome, images };
}

async function sendModels(setup: EngineSetup, logger: EngineLogger): Promise<void> {
  try {
    send({ type: 'models', models: await setup.engine.models() });
  } catch (error) {
    logger.error({ err: error }, 'The models could not be listed');
  }
}

function send(message: MessageFromEngine): void {
  // A parent that went away is not an error: 'disconnect' follows at once.
  process.send?.(message, undefined, undefined, () => undefined);
}
