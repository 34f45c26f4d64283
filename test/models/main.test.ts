/** `npm run models`: what a person and a program get, and the exit codes. */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as z from 'zod';
import { modelDescriptionSchema } from '#contract/model-description.ts';
import { hashFile } from '../../models/package-files.ts';
import { createTemporaryPackages } from '../temporary-package.ts';
import type { TemporaryPackages } from '../temporary-package.ts';

const MAIN = join(import.meta.dirname, '../../models/main.ts');

let packages: TemporaryPackages;
beforeEach(async () => {
  packages = await createTemporaryPackages();
});
afterEach(() => packages.remove());

const models = (...parameters: string[]) => run(parameters);

function run(parameters: readonly string[], environment: Record<string, string> = {}) {
  const env = { ...process.env, MODEL_DIR: packages.folder, ...environment };
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [MAIN, ...parameters], { env }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

/** A manifest that knows two files. */
async function writeManifest(folder: string): Promise<void> {
  const files = [];
  for (const path of ['unet/model.onnx', 'tokenizer/vocab.json']) {
    const file = join(folder, path);
    const { length: sizeBytes } = await readFile(file);
    files.push({ path, sizeBytes, sha256: await hashFile(file) });
  }
  await writeFile(join(folder, 'manifest.json'), JSON.stringify({ files }));
}

test('list shows every model in a table, with the default marked', async () => {
  await packages.add('tiny');
  const { code, stdout } = await models('list');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ID +PICTURE +SIZE +LICENCE +STATE\n/);
  expect(stdout).toMatch(/^tiny +64×64 +\d+\.\d kB .* ok$/m);
  expect(stdout).toMatch(/^icons-128 \(default\) +128×128 +\d+\.\d MB .* ok$/m);
});

test('list marks what DEFAULT_MODEL names', async () => {
  await packages.add('tiny');
  const { stdout } = await run(['list'], { DEFAULT_MODEL: 'tiny' });
  expect(stdout).toMatch(/^tiny \(default\)/m);
  expect(stdout).toMatch(/^icons-128 +128/m);
});

test('list --json is what GET /models gives', async () => {
  const { stdout } = await models('list', '--json');
  const [model] = z.array(modelDescriptionSchema).parse(JSON.parse(stdout));
  expect(model).toMatchObject({ id: 'icons-128', isDefault: true });
});

test('verify reads every byte: one changed byte is found, with exit code 1', async () => {
  const folder = await packages.add('tiny');
  await writeManifest(folder);
  expect(await models('verify', 'tiny')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^tiny +ok +2$/m) as string,
  });
  const file = join(folder, 'unet/model.onnx');
  const bytes = await readFile(file);
  bytes[1_000] = (bytes[1_000] ?? 0) ^ 1;
  await writeFile(file, bytes);
  const { code, stdout } = await models('verify', 'tiny', '--json');
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toEqual([
    {
      id: 'tiny',
      status: 'broken',
      filesChecked: 2,
      problems: [expect.stringContaining('unet/model.onnx') as string],
    },
  ]);
});

test('verify without an id proves the built-in model, and says what has no manifest', async () => {
  await packages.add('tiny');
  const { code, stdout } = await models('verify');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^icons-128 +ok +12$/m);
  expect(stdout).toMatch(/^tiny +unproven +0 +it has no manifest/m);
});

test.each([
  [['verify', 'icons128'], 'did you mean "icons-128"?'],
  [['verify', '../icons-128'], 'There is no model'],
  [['verfy'], 'Did you mean "verify"?'],
  [['list', 'more'], 'Usage'],
  [['--yaml'], 'Usage'],
])('%j ends with exit code 2 and a sentence', async (parameters, sentence) => {
  const { code, stderr } = await models(...parameters);
  expect(code).toBe(2);
  expect(stderr).toContain(sentence);
});
