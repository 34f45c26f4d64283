/** Packages are found, described and, where they are broken, blamed on a file; one hides no other. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { modelDescriptionSchema } from '#contract/model-description.ts';
import { isNonCommercial } from '../../models/read-licence.ts';
import {
  checkModelSettings,
  chooseDefaultId,
  describePackage,
  findPackages,
  modelFolders,
  unknownModel,
} from '../../models/store.ts';
import { tinyModelFolder } from '../fixture-paths.ts';
import { changeJson, createTemporaryPackages, cutFile } from '../temporary-package.ts';
import type { TemporaryPackages } from '../temporary-package.ts';

let packages: TemporaryPackages;
beforeEach(async () => {
  packages = await createTemporaryPackages();
});
afterEach(() => packages.remove());

const describeAll = async (folders = [packages.folder]) =>
  (await findPackages(folders)).map(describePackage);

test('the built-in model is the default, whole and described', async () => {
  const found = await findPackages(modelFolders(packages.folder));
  const id = chooseDefaultId(found, undefined);
  const description = found.map(describePackage).find((model) => model.id === id);
  expect(modelDescriptionSchema.parse(description)).toMatchObject({
    id: 'icons-128',
    fixedSize: { widthPx: 128, heightPx: 128 },
    defaults: { widthPx: 128, heightPx: 128, guidanceScale: 3 },
    styles: ['fluent', 'noto', 'twemoji'],
  });
  expect(description?.problem).toBeUndefined();
});

test('a package without a manifest is described by its own files', async () => {
  await packages.add('tiny');
  expect(await describeAll()).toEqual([
    expect.objectContaining({
      id: 'tiny',
      name: 'tiny',
      sizeBytes: expect.any(Number) as number,
      defaults: expect.objectContaining({ widthPx: 64, heightPx: 64 }) as object,
      styles: [],
    }),
  ]);
});

test("a manifest's words, defaults and styles go before", async () => {
  const folder = await packages.add('tiny');
  const manifest = {
    id: 'tiny',
    name: 'Tiny',
    licence: 'MIT',
    defaults: {
      steps: 7,
      guidanceScale: 2,
      guidanceRescale: 0.1,
      sampler: 'euler',
      spacing: 'trailing',
    },
    styles: { night: '{prompt} at night' },
  };
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
  expect(await describeAll()).toEqual([
    expect.objectContaining({
      name: 'Tiny',
      licence: 'MIT',
      styles: ['night'],
      defaults: { ...manifest.defaults, widthPx: 64, heightPx: 64 },
    }),
  ]);
});

test('without an index the folders tell the family', async () => {
  const folder = await packages.add('tiny');
  await rm(join(folder, 'model_index.json'));
  expect(await describeAll()).toMatchObject([{ description: 'A Stable Diffusion model.' }]);
  await mkdir(join(folder, 'transformer'));
  expect((await describeAll())[0]?.problem).toMatch(/^The package is FLUX, which needs a T5/);
});

test('a refiner is refused by name', async () => {
  const folder = await packages.add('tiny');
  await changeJson(join(folder, 'model_index.json'), {
    _class_name: 'StableDiffusionXLImg2ImgPipeline',
    requires_aesthetics_score: true,
  });
  expect((await describeAll())[0]?.problem).toMatch(/refiner of Stable Diffusion XL/);
});

test.each([
  ['license: mit', 'mit'],
  ['license: "apache-2.0" # free', 'apache-2.0'],
  ['license: other\nlicense_name: sai-nc-community', 'sai-nc-community'],
  ['tags:\n- onnx', 'not stated: see where the package comes from'],
])('the licence in the head of its card is told: %j', async (head, licence) => {
  const folder = await packages.add('tiny');
  await writeFile(join(folder, 'README.md'), `---\n${head}\n---\n# Tiny\nlicense: none\n`);
  expect(await describeAll()).toMatchObject([{ licence }]);
});

test.each([
  ['sai-nc-community', true],
  ['CC BY-NC 4.0', true],
  ['Stability Non-Commercial Research License', true],
  ['mit', false],
  ['creativeml-openrail-m', false],
])('%s forbids to earn money: %s', (licence, isForbidden) => {
  expect(isNonCommercial(licence)).toBe(isForbidden);
});

test('a folder that is a package itself is taken as one', async () => {
  const ids = (await findPackages([tinyModelFolder])).map((entry) => entry.id);
  expect(ids).toEqual([basename(tinyModelFolder)]);
});

test('other folders and files are no packages, and a missing folder holds none', async () => {
  await mkdir(join(packages.folder, 'notes'));
  await writeFile(join(packages.folder, 'readme.txt'), 'hello');
  await mkdir(join(packages.folder, '.cache'));
  expect(await findPackages([packages.folder, join(packages.folder, 'absent')])).toEqual([]);
});

test("a person's package hides the built-in one of the same id", async () => {
  const folder = await packages.add('icons-128');
  const found = await findPackages(modelFolders(packages.folder));
  expect(found.map((entry) => entry.folder)).toEqual([folder]);
});

describe('a broken package', () => {
  const breakages: [string, (folder: string) => Promise<void>, RegExp][] = [
    [
      'a missing graph',
      (folder) => rm(join(folder, 'unet/model.onnx')),
      /^unet\/model\.onnx is missing/,
    ],
    [
      'no vocabulary',
      (folder) => rm(join(folder, 'tokenizer/vocab.json')),
      /^tokenizer\/tokenizer\.json is missing/,
    ],
    [
      'an empty graph',
      (folder) => cutFile(join(folder, 'unet/model.onnx'), 0),
      /^unet\/model\.onnx is empty/,
    ],
    [
      'a Git LFS pointer',
      (folder) =>
        writeFile(join(folder, 'unet/model.onnx'), 'version https://git-lfs.github.com/spec/v1\n'),
      /^unet\/model\.onnx is a Git LFS pointer/,
    ],
    [
      'JSON that ends early',
      (folder) => cutFile(join(folder, 'unet/config.json'), 20),
      /^unet\/config\.json is not valid JSON/,
    ],
    [
      'a configuration of wrong types',
      (folder) => changeJson(join(folder, 'vae_decoder/config.json'), { scaling_factor: 'big' }),
      /^vae_decoder\/config\.json is wrong at "scaling_factor"/,
    ],
    [
      'a scheduler of wrong values',
      (folder) =>
        changeJson(join(folder, 'scheduler/scheduler_config.json'), { prediction_type: 'mood' }),
      /"prediction_type" in scheduler_config\.json/,
    ],
    [
      'another family',
      (folder) =>
        changeJson(join(folder, 'model_index.json'), { _class_name: 'StableDiffusion3Pipeline' }),
      /Stable Diffusion 3, which needs three text encoders/,
    ],
    [
      'a family without its second text encoder',
      (folder) =>
        changeJson(join(folder, 'model_index.json'), { _class_name: 'StableDiffusionXLPipeline' }),
      /^text_encoder_2\/model\.onnx is missing/,
    ],
    [
      'an unheard-of family',
      (folder) => changeJson(join(folder, 'model_index.json'), { _class_name: 'DreamPipeline' }),
      /DreamPipeline, of which nothing is known/,
    ],
    [
      'another id than its folder',
      (folder) => writeFile(join(folder, 'manifest.json'), '{"id":"other"}'),
      /^manifest\.json says the id is "other"/,
    ],
    [
      'a manifest that leads out of the folder',
      (folder) =>
        writeFile(
          join(folder, 'manifest.json'),
          JSON.stringify({
            files: [{ path: '../secret', sizeBytes: 1, sha256: '0'.repeat(64) }],
          }),
        ),
      /^manifest\.json is wrong at "files\.0\.path"/,
    ],
    [
      'a file of another size than its manifest says',
      (folder) =>
        writeFile(
          join(folder, 'manifest.json'),
          JSON.stringify({
            files: [{ path: 'unet/model.onnx', sizeBytes: 9, sha256: '0'.repeat(64) }],
          }),
        ),
      /^unet\/model\.onnx has \d+ bytes where 9 are expected/,
    ],
  ];

  test.each(breakages)(
    'with %s is blamed by name; its neighbour works',
    async (_, breakIt, problem) => {
      await breakIt(await packages.add('bad'));
      await packages.add('good');
      const [bad, good] = await describeAll();
      expect(modelDescriptionSchema.parse(bad)).toMatchObject({
        id: 'bad',
        problem: expect.any(String) as string,
      });
      expect(bad?.problem).toMatch(problem);
      expect(bad?.problem).not.toContain(dirname(packages.folder));
      expect(good).toMatchObject({ id: 'good' });
      expect(good?.problem).toBeUndefined();
    },
  );

  test('is never the default', async () => {
    await rm(join(await packages.add('bad'), 'unet/model.onnx'));
    await packages.add('good');
    expect(chooseDefaultId(await findPackages([packages.folder]), 'bad')).toBe('good');
  });

  test('with a name that cannot be typed says so', async () => {
    await packages.add('my model');
    const [model] = await describeAll();
    expect(model?.problem).toContain('"my model"');
  });
});

test('an unknown id is answered with the nearest, or with the choice', () => {
  expect(unknownModel('icon128', ['icons-128', 'sd15']).message).toContain(
    'did you mean "icons-128"?',
  );
  expect(unknownModel('zebra', ['icons-128', 'sd15']).message).toContain('icons-128, sd15');
  expect(unknownModel('../../etc/passwd', ['icons-128']).code).toBe('model-unknown');
  expect(unknownModel('x', []).message).toContain('MODEL_DIR');
});

test('the model card and the notices of the built-in model are there', async () => {
  const folder = join(modelFolders(undefined).at(-1) ?? '', 'icons-128');
  expect(await readFile(join(folder, 'NOTICES.md'), 'utf8')).toContain('CC BY 4.0');
  expect(await readFile(join(folder, 'MODEL_CARD.md'), 'utf8')).toContain('# Icons 128');
});

describe('settings of the operator', () => {
  test('a MODEL_DIR that does not exist is named', () => {
    expect(() => modelFolders('/no/such/folder')).toThrow(/MODEL_DIR is "\/no\/such\/folder"/);
  });
  test('a DEFAULT_MODEL that does not exist is named, with the nearest that does', async () => {
    await expect(checkModelSettings(undefined, 'icon-128')).rejects.toThrow(
      /DEFAULT_MODEL is wrong.*did you mean "icons-128"/,
    );
    await expect(checkModelSettings(undefined, 'icons-128')).resolves.toBeUndefined();
  });
});
