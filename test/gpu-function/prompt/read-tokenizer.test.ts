/** The right tokenizer is built from whatever a package's folder holds, and a broken file is named. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readTokenizer } from '../../../gpu-function/prompt/read-tokenizer.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tokenizer-'));
});
afterEach(() => rm(folder, { recursive: true }));

const write = (file: string, content: unknown) =>
  writeFile(join(folder, file), typeof content === 'string' ? content : JSON.stringify(content));

const wordLevel = {
  truncation: { max_length: 6, direction: 'Right' },
  padding: { strategy: { Fixed: 6 }, direction: 'Right', pad_id: 0 },
  normalizer: { type: 'Lowercase' },
  pre_tokenizer: {
    type: 'Split',
    pattern: { Regex: '[a-z0-9]+' },
    behavior: 'Removed',
    invert: true,
  },
  post_processor: {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '[CLS]' } }, { Sequence: { id: 'A' } }],
    special_tokens: { '[CLS]': { ids: [1] } },
  },
  model: {
    type: 'WordLevel',
    vocab: { '[PAD]': 0, '[CLS]': 1, '[UNK]': 2, a: 3, red: 4, apple: 5 },
    unk_token: '[UNK]',
  },
};

describe('a word-level tokenizer.json', () => {
  test('maps known words, marks unknown ones, pads', async () => {
    await write('tokenizer.json', wordLevel);
    const tokenizer = await readTokenizer(folder, undefined);
    expect(tokenizer.tokenize('A RED, (pineapple)!')).toEqual({
      ids: [1, 3, 4, 2, 0, 0],
      truncatedText: '',
    });
  });

  test('says which words it left out, as they were typed', async () => {
    await write('tokenizer.json', wordLevel);
    const tokenizer = await readTokenizer(folder, undefined);
    const { ids, truncatedText } = tokenizer.tokenize('İ a red red apple, Apple and MORE');
    expect(ids).toEqual([1, 2, 3, 4, 4, 5]);
    expect(truncatedText).toBe('Apple and MORE');
  });

  test('never makes more ids than the text encoder has places for', async () => {
    await write('tokenizer.json', wordLevel);
    expect((await readTokenizer(folder, 4)).tokenize('a').ids).toEqual([1, 3, 0, 0]);
  });

  test('of another type is refused by name', async () => {
    await write('tokenizer.json', { ...wordLevel, model: { ...wordLevel.model, type: 'Unigram' } });
    await expect(readTokenizer(folder, undefined)).rejects.toMatchObject({
      code: 'model-broken',
      message: expect.stringMatching(/tokenizer\.json.*model\.type/) as string,
    });
  });
});

describe('CLIP files', () => {
  const vocabulary = { '!': 0, 'a</w>': 1, a: 2, '<|startoftext|>': 3, '<|endoftext|>': 4 };

  test('pad as special_tokens_map.json says where the config is of the old kind', async () => {
    await write('vocab.json', vocabulary);
    await write('merges.txt', '#version: 0.2\n');
    await write('tokenizer_config.json', { pad_token: '<|endoftext|>', model_max_length: 1e30 });
    await write('special_tokens_map.json', { pad_token: { content: '!' } });
    expect((await readTokenizer(folder, 6)).tokenize('a!').ids).toEqual([3, 1, 0, 4, 0, 0]);
  });

  test('pad as tokenizer_config.json says where it lists the added tokens', async () => {
    await write('vocab.json', vocabulary);
    await write('merges.txt', '#version: 0.2\n');
    await write('tokenizer_config.json', { pad_token: '!', added_tokens_decoder: {} });
    await write('special_tokens_map.json', { pad_token: '<|endoftext|>' });
    expect((await readTokenizer(folder, 5)).tokenize('a').ids).toEqual([3, 1, 4, 0, 0]);
  });

  test.each([
    ['vocab.json', '{"a": 1', /tokenizer\/vocab\.json.*JSON/],
    ['vocab.json', '{"a": "one"}', /tokenizer\/vocab\.json.*"a"/],
    ['vocab.json', '{"a": 1}', /tokenizer\/vocab\.json.*startoftext/],
    ['merges.txt', '#version: 0.2\nnoblank\n', /tokenizer\/merges\.txt.*noblank/],
    ['tokenizer_config.json', '[]', /tokenizer\/tokenizer_config\.json/],
  ])('a broken %s (%s) is named', async (file, content, message) => {
    await write('vocab.json', vocabulary);
    await write('merges.txt', '');
    await write(file, content);
    await expect(readTokenizer(folder, 77)).rejects.toMatchObject({
      code: 'model-broken',
      message: expect.stringMatching(message) as string,
    });
  });

  test('merges.txt that is missing is asked for', async () => {
    await write('vocab.json', vocabulary);
    await expect(readTokenizer(folder, 77)).rejects.toThrow('merges.txt');
  });
});

test('an empty folder is told what it lacks', async () => {
  await expect(readTokenizer(folder, 77)).rejects.toMatchObject({
    code: 'model-broken',
    message: expect.stringContaining('tokenizer/vocab.json') as string,
  });
});
