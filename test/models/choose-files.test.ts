/** Out of everything that a repository holds, a pull takes what the engine needs, under the names that it looks for. */
import { describe, expect, test } from 'vitest';
import { chooseFiles, type ChoiceOptions } from '../../models/pull/choose-files.ts';

const PACKAGE = [
  'model_index.json',
  'scheduler/scheduler_config.json',
  'tokenizer/vocab.json',
  'tokenizer/merges.txt',
  'text_encoder/config.json',
  'text_encoder/model.onnx',
  'unet/config.json',
  'unet/model.onnx',
  'vae_decoder/model.onnx',
];

function choose(paths: readonly string[], options: ChoiceOptions = {}): string[] {
  const files = paths.map((path) => ({ path, sizeBytes: 1_000 }));
  return chooseFiles(files, 'ada/model', options)
    .map(({ path, remote }) => (path === remote.path ? path : `${remote.path} → ${path}`))
    .sort();
}

test('weights of other programs, pictures and parts that are not run stay where they are', () => {
  const others = [
    '.gitattributes',
    'unet/diffusion_pytorch_model.safetensors',
    'unet/diffusion_pytorch_model.bin',
    'unet/openvino_model.xml',
    'unet/openvino_model.bin',
    'unet/diffusion_flax_model.msgpack',
    'text_encoder/model.safetensors',
    'text_encoder/model.safetensors.index.json',
    'safety_checker/model.onnx',
    'feature_extractor/preprocessor_config.json',
    'unet/old/model.onnx',
    'assets/picture.png',
    'sd_xl_base_1.0.safetensors',
  ];
  expect(choose([...PACKAGE, ...others])).toEqual([...PACKAGE].sort());
});

test('weights beside a graph come along, whatever their names', () => {
  const weights = [
    'unet/model.onnx_data',
    'unet/weights.pb',
    'unet/model.onnx.data',
    'unet/onnx__MatMul_5000',
    'unet/data.bin',
  ];
  expect(choose([...PACKAGE, ...weights])).toEqual([...PACKAGE, ...weights].sort());
});

test('licences and cards travel with the weights', () => {
  const papers = ['README.md', 'LICENSE', 'LICENSE.md', 'NOTICES.md', 'licences/mit.txt'];
  expect(choose([...PACKAGE, ...papers])).toEqual([...PACKAGE, ...papers].sort());
});

test('an old package without an index is known by its folders', () => {
  const old = PACKAGE.filter((path) => path !== 'model_index.json');
  expect(choose(old)).toEqual(old.sort());
});

describe('precisions beside each other', () => {
  const half = [
    'unet/model_fp16.onnx',
    'unet/model_fp16.onnx_data',
    'text_encoder/model_fp16.onnx',
    'unet/model.onnx_data',
  ];

  test('the plain one when nothing is said', () => {
    expect(choose([...PACKAGE, ...half])).toEqual([...PACKAGE, 'unet/model.onnx_data'].sort());
  });

  test('the wanted one under the plain name, and the plain one where there is none', () => {
    const chosen = choose([...PACKAGE, ...half], { variant: 'fp16' });
    expect(chosen).toContain('unet/model_fp16.onnx → unet/model.onnx');
    expect(chosen).toContain('unet/model_fp16.onnx_data');
    expect(chosen).not.toContain('unet/model.onnx_data');
    expect(chosen).toContain('vae_decoder/model.onnx');
  });

  test('the half one where it is the only one', () => {
    const only = PACKAGE.map((path) => path.replace('model.onnx', 'model_fp16.onnx'));
    expect(choose(only)).toContain('unet/model_fp16.onnx → unet/model.onnx');
  });
});

describe('several packages in one repository', () => {
  const inside = (folder: string) => PACKAGE.map((path) => `${folder}/${path}`);

  test('the only one is found', () => {
    expect(choose(inside('onnx'))).toContain('onnx/unet/model.onnx → unet/model.onnx');
  });

  test('of several one must be named', () => {
    const both = [...inside('fp16'), ...inside('fp32')];
    expect(() => choose(both)).toThrow(
      'ada/model holds several packages; add --subfolder with one of "fp16", "fp32".',
    );
    expect(choose(both, { subfolder: 'fp32/' })).toContain(
      'fp32/unet/model.onnx → unet/model.onnx',
    );
    expect(() => choose(both, { subfolder: 'int8' })).toThrow(
      /no package in "int8"; there is one in/,
    );
  });
});

test.each([
  [['README.md', 'model.safetensors'], /^ada\/model has no ONNX files; choose an ONNX export/],
  [['unet.onnx', 'vae.onnx'], /^ada\/model has no model_index\.json/],
  [
    PACKAGE.filter((path) => !path.startsWith('vae')),
    /^ada\/model is not complete: vae_decoder\/model\.onnx is missing/,
  ],
  [
    PACKAGE.map((path) => path.replace('model.onnx', 'model.safetensors')),
    /has no ONNX files where the engine needs them \(text_encoder\/model\.onnx, unet/,
  ],
])('what is no package is one sentence: %#', (paths, sentence) => {
  expect(() => choose(paths)).toThrow(sentence);
});

test('more files than any package has are refused', () => {
  const many = Array.from({ length: 5_000 }, (_, index) => `unet/onnx__MatMul_${index}`);
  expect(() => choose([...PACKAGE, ...many])).toThrow(/no package has more than 4000/);
});
