/** The models there are, remembered: a command must be judged at once, even while the image function is asleep. */
import type { ModelDescription } from '#contract/model-description.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Backend, Clock } from './ports.ts';

const FRESH_MS = 30_000;
/** Chat platforms want their answer within 3 s, and there is more to do in them than this. */
const PATIENCE_MS = 1_000;

export interface ModelCatalogue {
  /** What is known without waiting; asks anew in the background when that is old. */
  known(): readonly ModelDescription[];
  /** The list, if it comes soon; undefined while the image function cannot say. */
  soon(): Promise<readonly ModelDescription[] | undefined>;
  /** The list of this moment. Throws what the backend throws. */
  list(): Promise<ModelDescription[]>;
}

export function createModelCatalogue(backend: Backend, clock: Clock): ModelCatalogue {
  let models: ModelDescription[] = [];
  let readAtMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<ModelDescription[]> | undefined;

  const isFresh = (): boolean => clock.nowMs() - readAtMs < FRESH_MS;

  function list(): Promise<ModelDescription[]> {
    reading ??= backend
      .models()
      .then((answer) => {
        models = answer;
        readAtMs = clock.nowMs();
        return answer;
      })
      .finally(() => {
        reading = undefined;
      });
    return reading;
  }

  return {
    known() {
      // Why it fails is told by the job that needs the function.
      if (!isFresh()) list().catch(() => {});
      return models;
    },
    async soon() {
      if (isFresh()) return models;
      const answer = list().catch(() => undefined);
      return Promise.race([answer, sleep(PATIENCE_MS, undefined, { ref: false })]);
    },
    list,
  };
}
