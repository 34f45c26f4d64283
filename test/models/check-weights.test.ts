/** A package whose graph keeps weights beside it is not put in place without them. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findExternalFiles } from '../../models/external-weights.ts';
import { createRepository } from '../fakes/model-hub/repository.ts';
import { writeOnnxFile } from '../fakes/onnx-file.ts';
import { makeTemporaryFolder } from '../fakes/temporary-folder.ts';
import { contents, messageOf, UNET, useTinyHub } from './tiny-hub.ts';

const tiny = useTinyHub();

function graphWith(...files: string[]): Buffer {
  const weights = Object.fromEntries(
    files.map((file, index) => [
      `w${index}`,
      {
        type: 'float32' as const,
        shape: [2],
        values: [1, 2],
        external: { file, offset: 0, length: 8 },
      },
    ]),
  );
  const shape = { type: 'float32', dimensions: [2] } as const;
  return writeOnnxFile({
    inputs: [{ name: 'x', ...shape }],
    outputs: [{ name: 'y', ...shape }],
    nodes: [{ operator: 'Add', inputs: ['x', 'w0'], output: 'y' }],
    weights,
  });
}

test('the names are found wherever they stand in a graph of any length', async () => {
  const folder = makeTemporaryFolder();
  const long = `${'n'.repeat(200)}.data`;
  const graph = graphWith('weights.pb', './model.onnx_data', long);
  const file = join(folder, 'model.onnx');
  for (const padding of [0, 1, 4 * 1024 * 1024 - 60, 4 * 1024 * 1024 - 5, 9 * 1024 * 1024]) {
    writeFileSync(file, Buffer.concat([Buffer.alloc(padding), graph, Buffer.alloc(padding)]));
    expect(await findExternalFiles(file)).toEqual(new Set(['weights.pb', 'model.onnx_data', long]));
  }
  writeFileSync(file, contents.get(UNET) ?? '');
  expect(await findExternalFiles(file)).toEqual(new Set());
});

test('weights that are there come along', async () => {
  const folder = makeTemporaryFolder();
  const weights = Buffer.alloc(8);
  const files = new Map([...contents, [UNET, graphWith('any-name')], ['unet/any-name', weights]]);
  tiny.hub.add(createRepository('ada/split', files));
  await tiny.pull(folder, { id: 'ada/split' });
  expect(readFileSync(join(folder, 'split/unet/any-name')).equals(weights)).toBe(true);
});

test.each(['weights.pb', '../../elsewhere', '/etc/passwd'])('%s is missed', async (name) => {
  const folder = makeTemporaryFolder();
  tiny.hub.add(createRepository('ada/split', new Map([...contents, [UNET, graphWith(name)]])));
  expect(await messageOf(tiny.pull(folder, { id: 'ada/split' }))).toMatch(
    /^unet\/model\.onnx keeps weights in ".+", which http.+\/ada\/split does not have beside it/,
  );
  expect(existsSync(join(folder, 'split'))).toBe(false);
});
