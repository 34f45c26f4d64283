/** Upscalers and raters beside the models: found by their manifest, a person's own first, broken ones left out. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createToolbox } from '../../../gpu-function/onnx/toolbox.ts';
import { findPackages, modelFolders } from '../../../models/store.ts';
import { digestOfFiles, hashFile } from '../../../models/package-files.ts';
import { makeTemporaryFolder } from '../../fakes/temporary-folder.ts';

const EMBEDDED = join(import.meta.dirname, '../../../models/embedded');

function makeModelDir(): string {
  const folder = makeTemporaryFolder();
  cpSync(join(EMBEDDED, 'enlarger-4x'), join(folder, 'real-esrgan'), { recursive: true });
  const manifest = {
    kind: 'upscaler',
    name: 'Real-ESRGAN',
    nativeFactor: 4,
    licence: 'BSD-3-Clause',
  };
  writeFileSync(join(folder, 'real-esrgan/manifest.json'), JSON.stringify(manifest));
  for (const [name, content] of [
    ['no-graph', manifest],
    ['no-factor', { kind: 'upscaler' }],
  ] as const) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'manifest.json'), JSON.stringify(content));
  }
  writeFileSync(join(folder, 'no-factor/model.onnx'), 'nothing');
  return folder;
}

test('an upscaler in MODEL_DIR comes first, is opened by its folder’s name, and is no model', async () => {
  const folders = modelFolders(makeModelDir());
  const toolbox = createToolbox({ folders, provider: 'cpu' });
  const names = (await toolbox.listUpscalers()).map(({ id, licence }) => `${id}: ${licence}`);
  expect(names).toEqual(['real-esrgan: BSD-3-Clause', 'enlarger-4x: CC BY 4.0']);
  const upscaler = await toolbox.openUpscaler('real-esrgan');
  const enlarged = await upscaler?.enlarge({
    data: new Float32Array(3 * 5 * 7).fill(0.5),
    shape: [1, 3, 5, 7],
  });
  expect(enlarged?.shape).toEqual([1, 3, 20, 28]);
  await toolbox.close();
  expect((await findPackages(folders)).map(({ id }) => id)).toEqual(['icons-128']);
});

test('the built-in rater finds a flat picture harmless', async () => {
  const toolbox = createToolbox({ folders: modelFolders(undefined), provider: 'cpu' });
  expect(await toolbox.hasRater()).toBe(true);
  const rater = await toolbox.openRater();
  const side = rater?.sidePx ?? 0;
  const score = await rater?.rate({
    data: new Float32Array(3 * side * side).fill(0.8),
    shape: [1, 3, side, side],
  });
  expect(score).toBeGreaterThanOrEqual(0);
  expect(score).toBeLessThan(0.5);
  await toolbox.close();
});

test.each(['enlarger-4x', 'nsfw-rater'])(
  'the files of %s are those of its manifest',
  async (id) => {
    const { default: manifest } = (await import(join(EMBEDDED, id, 'manifest.json'), {
      with: { type: 'json' },
    })) as { default: { files: { path: string; sha256: string }[] } };
    for (const { path, sha256 } of manifest.files) {
      expect(await hashFile(join(EMBEDDED, id, path))).toBe(sha256);
    }
    expect(digestOfFiles(manifest.files)).toMatch(/^[0-9a-f]+$/);
  },
);
