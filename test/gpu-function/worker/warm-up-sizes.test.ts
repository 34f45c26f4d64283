/** Every size is drawn before anybody waits for it, and how long that took is told as it was. */
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { createModelLibrary } from '../../../gpu-function/onnx/model-library.ts';
import { createEngine } from '../../../gpu-function/pipeline/engine.ts';
import { warmUpSizes } from '../../../gpu-function/worker/warm-up-sizes.ts';
import { draw } from '../../fakes/run-engine.ts';
import { tinyModelFolder } from '../../fixture-paths.ts';

test('cold and warm times of each size and count, and any other size is rounded to one of them', async () => {
  const sizeBuckets = [
    { kind: 'aspect', width: 1, height: 1 },
    { kind: 'pixels', widthPx: 96, heightPx: 64 },
  ] as const;
  const library = createModelLibrary({
    folders: [dirname(tinyModelFolder)],
    defaultModelId: 'onnx',
    provider: 'cpu',
    sizeBuckets,
  });
  let nowMs = 0;
  // A clock of 10 ms a look: what is measured is the difference of two looks.
  const clock = { nowMs: () => (nowMs += 10) };
  const engine = createEngine({ library, clock: { nowMs: () => performance.now() } });
  const warmUps = await warmUpSizes({ engine, clock, sizes: sizeBuckets, counts: [1, 2] });
  const times = { modelId: 'onnx', coldMs: 10, warmMs: 10 };
  expect(warmUps).toEqual([
    { ...times, widthPx: 64, heightPx: 64, count: 1 },
    { ...times, widthPx: 64, heightPx: 64, count: 2 },
    { ...times, widthPx: 96, heightPx: 64, count: 1 },
    { ...times, widthPx: 96, heightPx: 64, count: 2 },
  ]);
  const outcome = await draw(engine, {
    steps: 1,
    modelId: 'onnx',
    size: { kind: 'pixels', widthPx: 128, heightPx: 64 },
  });
  expect(outcome.result.images[0]).toMatchObject({ widthPx: 96, heightPx: 64 });
  expect(outcome.result.notes.join()).toContain('of the sizes that this machine is prepared for');
  await engine.close();
});
