/** As many models in memory as the budget holds; a load that fails leaves nothing behind and may be tried again. */
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createModelLibrary } from '../../../gpu-function/onnx/model-library.ts';
import type { ModelLibrary } from '../../../gpu-function/pipeline/ports.ts';
import { tinyFloat16ModelFolder } from '../../fixture-paths.ts';
import { createTemporaryPackages, cutFile } from '../../temporary-package.ts';
import type { TemporaryPackages } from '../../temporary-package.ts';

let packages: TemporaryPackages;
let library: ModelLibrary;
beforeEach(async () => {
  packages = await createTemporaryPackages();
  await packages.add('one');
  await packages.add('two');
  library = createModelLibrary({
    folders: [packages.folder],
    defaultModelId: 'one',
    provider: 'cpu',
    memoryBytesMax: 1,
  });
});
afterEach(async () => {
  await library.close();
  await packages.remove();
});

const problems = async () => (await library.list()).map(({ id, problem }) => ({ id, problem }));

test('nothing is loaded until a model is asked for; without an id it is the default', async () => {
  expect(library.loadedModelId()).toBeUndefined();
  expect((await library.list()).map(({ id, isDefault }) => [id, isDefault])).toEqual([
    ['one', true],
    ['two', false],
  ]);
  const model = await library.open(undefined);
  expect(model.description.id).toBe('one');
  expect(library.loadedModelId()).toBe('one');
});

test('a load is told before it begins, and only when there is one', async () => {
  const told: (string | undefined)[] = [];
  const open = (id: string | undefined) => library.open(id, () => told.push(id));
  await open('one');
  await open('one');
  await open(undefined);
  await open('two');
  await open(undefined);
  await expect(open('three')).rejects.toMatchObject({ code: 'model-unknown' });
  expect(told).toEqual(['one', 'two', undefined]);
});

test('the loaded model is given again; another one takes its place', async () => {
  const one = await library.open('one');
  expect(await library.open('one')).toBe(one);
  const two = await library.open('two');
  expect(library.loadedModelId()).toBe('two');
  const latents = { data: new Float32Array(256), shape: [1, 4, 8, 8] };
  expect((await two.decode(latents)).shape).toEqual([1, 3, 64, 64]);
  expect(await library.open('one')).not.toBe(one);
});

test('many who ask at once get the same model, loaded once', async () => {
  const models = await Promise.all(Array.from({ length: 5 }, () => library.open('one')));
  expect(new Set(models).size).toBe(1);
});

describe('with room for two', () => {
  let roomy: ModelLibrary;
  beforeEach(async () => {
    await packages.add('three');
    const [{ sizeBytes } = { sizeBytes: 0 }] = await library.list();
    roomy = createModelLibrary({
      folders: [packages.folder],
      provider: 'cpu',
      memoryBytesMax: 2.5 * sizeBytes,
    });
  });
  afterEach(() => roomy.close());

  test('two stay, and the one that was used longest ago leaves for a third', async () => {
    const one = await roomy.open('one');
    const two = await roomy.open('two');
    expect(await roomy.open('one')).toBe(one);
    await roomy.open('three');
    expect(roomy.loadedModelId()).toBe('three');
    expect(await roomy.open('one')).toBe(one);
    expect(await roomy.open('two')).not.toBe(two);
  });

  test('a broken one costs the others their place, not their lives', async () => {
    const one = await roomy.open('one');
    await cutFile(join(packages.folder, 'two', 'unet', 'model.onnx'), 100_000);
    await expect(roomy.open('two')).rejects.toThrow('unet/model.onnx');
    expect(await roomy.open('one')).toBe(one);
  });
});

describe('a licence that forbids to earn money', () => {
  const openUnder = async (allowsNonCommercial: boolean) => {
    await writeFile(
      join(packages.folder, 'two', 'README.md'),
      '---\nlicense: other\nlicense_name: sai-nc-community\n---\n',
    );
    return createModelLibrary({
      folders: [packages.folder],
      provider: 'cpu',
      allowsNonCommercial,
    });
  };

  test('keeps a model from being used, with the remedy', async () => {
    const strict = await openUnder(false);
    await expect(strict.open('two')).rejects.toThrow(
      'The model "two" cannot be used: The licence (sai-nc-community) forbids commercial use; set NON_COMMERCIAL_MODELS to "allow"',
    );
    expect((await strict.list()).map(({ problem }) => problem?.slice(0, 11))).toEqual([
      undefined,
      'The licence',
    ]);
    await strict.open('one');
    await strict.close();
  });

  test('is allowed by a setting', async () => {
    const free = await openUnder(true);
    expect((await free.open('two')).description.licence).toBe('sai-nc-community');
    await free.close();
  });
});

test('close forgets the model, and opening works again', async () => {
  await library.open('one');
  await library.close();
  expect(library.loadedModelId()).toBeUndefined();
  await library.open('one');
  expect(library.loadedModelId()).toBe('one');
});

test.each(['thre', '../one', 'one/../two', '/etc', ''])(
  'the unknown id %j opens nothing',
  async (id) => {
    await expect(library.open(id)).rejects.toMatchObject({ code: 'model-unknown' });
    expect(library.loadedModelId()).toBeUndefined();
  },
);

describe('a graph that is cut', () => {
  const graph = () => join(packages.folder, 'two', 'unet', 'model.onnx');
  beforeEach(() => cutFile(graph(), 100_000));

  test('is named when the model is opened and in the list from then on', async () => {
    await expect(library.open('two')).rejects.toMatchObject({
      code: 'model-broken',
      message: expect.stringMatching(/"two".*unet\/model\.onnx.*cut/) as string,
    });
    expect(await problems()).toEqual([
      { id: 'one', problem: undefined },
      { id: 'two', problem: expect.stringContaining('unet/model.onnx') as string },
    ]);
  });

  test('leaves nothing behind: other models work, and so does this one once it is whole', async () => {
    await library.open('one');
    await expect(library.open('two')).rejects.toThrow('unet/model.onnx');
    expect(library.loadedModelId()).toBeUndefined();
    await library.open('one');
    await copyFile(join(tinyFloat16ModelFolder, 'unet', 'model.onnx'), graph());
    expect(await problems()).toEqual([
      { id: 'one', problem: undefined },
      { id: 'two', problem: undefined },
    ]);
    await library.open('two');
    expect(library.loadedModelId()).toBe('two');
  });
});

test('a file that is missing is named in the list before anybody opens the model', async () => {
  await rm(join(packages.folder, 'two', 'vae_decoder', 'model.onnx'));
  expect((await problems())[1]?.problem).toContain('vae_decoder/model.onnx is missing');
  await expect(library.open('two')).rejects.toThrow('vae_decoder/model.onnx is missing');
});

test.each([
  'scheduler/scheduler_config.json',
  'vae_decoder/config.json',
  'tokenizer/special_tokens_map.json',
])('a change in %s is another digest', async (path) => {
  const before = (await library.open('one')).digest;
  const file = join(packages.folder, 'one', path);
  await writeFile(file, `${await readFile(file, 'utf8')}\n`);
  await library.close();
  expect((await library.open('one')).digest).not.toBe(before);
});
