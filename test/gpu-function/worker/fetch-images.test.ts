/** A request that names a picture by its key gets the bytes before the engine sees it, or one sentence. */
import { expect, test } from 'vitest';
import { generateRequestSchema } from '#contract/generation-request.ts';
import { toJobImageKey } from '#contract/image-source.ts';
import { fetchImages } from '../../../gpu-function/worker/fetch-images.ts';
import { createJobBoard, readJobImage } from '../../../gpu-function/worker/job-board.ts';

const stored = (id: string, index: number) =>
  ({ kind: 'stored', key: toJobImageKey(id, index) }) as const;
const request = generateRequestSchema.parse({
  kind: 'generate',
  prompt: 'a red apple',
  seed: 1,
  startImage: stored('first', 0),
  inpaint: { mask: { kind: 'image', image: stored('first', 1) } },
});

async function finishedBoard() {
  const board = createJobBoard({ nowMs: () => 0, newLogId: () => 'log' });
  const drawing = generateRequestSchema.parse({ kind: 'generate', prompt: 'a', seed: 1 });
  board.submit({ id: 'first', owner: 'somebody', request: drawing });
  await board.take(new AbortController().signal);
  board.finish('first', { status: 'canceled' }, [Buffer.from('one'), Buffer.from('two')]);
  return board;
}

test('start image and mask are fetched from the function’s own finished jobs', async () => {
  const board = await finishedBoard();
  const job = { id: 'second', owner: 'somebody', request };
  const fetched = await fetchImages(job, (key) => readJobImage(board, key));
  const base64 = (text: string) => ({
    kind: 'inline',
    base64: Buffer.from(text).toString('base64'),
  });
  expect(fetched.request).toMatchObject({
    startImage: base64('one'),
    inpaint: { mask: { image: base64('two') } },
  });
});

test.each(['jobs/other/images/0', 'jobs/first/images/7', 'somewhere/else'])(
  'the key %s leads nowhere, and is named',
  async (key) => {
    const board = await finishedBoard();
    const startImage = { kind: 'stored', key } as const;
    const job = { id: 'second', owner: 'somebody', request: { ...request, startImage } };
    await expect(fetchImages(job, (wanted) => readJobImage(board, wanted))).rejects.toMatchObject({
      code: 'image-unknown',
      message: expect.stringContaining(key) as string,
    });
  },
);
