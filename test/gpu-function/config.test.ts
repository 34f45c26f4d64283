/** A mistake in the environment is told by variable, value and remedy, and never opens a door. */
import { expect, test } from 'vitest';
import { isLoopback, parseConfig } from '../../gpu-function/config.ts';

test('with nothing set the function listens to this machine alone', () => {
  expect(parseConfig({})).toMatchObject({
    host: '127.0.0.1',
    port: 8090,
    token: undefined,
    executionProvider: 'cpu',
    isolation: 'process',
  });
});

test('an empty variable is one that is left out', () => {
  expect(parseConfig({ PORT: '', GPU_FUNCTION_TOKEN: '' })).toEqual(parseConfig({}));
});

test('memory is given in MiB, and without it the library chooses', () => {
  expect(parseConfig({ MODEL_MEMORY_MIB: '3' }).modelMemoryBytesMax).toBe(3 * 1024 ** 2);
  expect(parseConfig({}).modelMemoryBytesMax).toBeUndefined();
});

test('models that may not earn money are used where it is allowed', () => {
  expect(parseConfig({}).allowsNonCommercialModels).toBe(false);
  expect(parseConfig({ NON_COMMERCIAL_MODELS: 'allow' }).allowsNonCommercialModels).toBe(true);
});

test('times are given in seconds', () => {
  expect(parseConfig({ JOB_TIMEOUT_SECONDS: '60' }).jobTimeoutMs).toBe(60_000);
});

test('sizes that a GPU is prepared for are ratios or pixels, or none at all', () => {
  expect(parseConfig({ SIZE_BUCKETS: '1:1, 768x512' }).sizeBuckets).toEqual([
    { kind: 'aspect', width: 1, height: 1 },
    { kind: 'pixels', widthPx: 768, heightPx: 512 },
  ]);
  expect(parseConfig({ SIZE_BUCKETS: 'any' }).sizeBuckets).toEqual([]);
  for (const wrong of ['large', '3:0', '511x512', '1:1,']) {
    expect(() => parseConfig({ SIZE_BUCKETS: wrong })).toThrow(
      /^SIZE_BUCKETS is ".*"; it must be "any", or up to 16 sizes/,
    );
  }
});

test.each([
  ['PORT', 'eighty', 'PORT is "eighty"; it must be a whole number. Leave it out for the default.'],
  ['PORT', '70000', 'PORT is "70000"; it must be at most 65535. Leave it out for the default.'],
  [
    'EXECUTION_PROVIDER',
    'tpu',
    'EXECUTION_PROVIDER is "tpu"; it must be cpu or cuda. Leave it out for the default.',
  ],
  [
    'ENGINE_THREADS',
    '0',
    'ENGINE_THREADS is "0"; it must be at least 1. Leave it out for the default.',
  ],
])('%s=%s', (name, value, message) => {
  expect(() => parseConfig({ [name]: value })).toThrow(message);
});

test('a token is never repeated in a message', () => {
  expect(() => parseConfig({ GPU_FUNCTION_TOKEN: 'too short' })).toThrow(
    'GPU_FUNCTION_TOKEN is "(hidden)"; it must be 16 or more characters without spaces.',
  );
});

test('other machines are let in with a token only', () => {
  for (const HOST of ['0.0.0.0', '::', '192.0.2.1', 'gpu.example']) {
    expect(() => parseConfig({ HOST })).toThrow('set GPU_FUNCTION_TOKEN');
    expect(parseConfig({ HOST, GPU_FUNCTION_TOKEN: 'x'.repeat(16) }).host).toBe(HOST);
  }
});

test('the names of this machine', () => {
  for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '::1']) {
    expect(isLoopback(host)).toBe(true);
  }
  for (const host of ['127.0.0.1.evil.example', '0.0.0.0', '10.0.0.1', '']) {
    expect(isLoopback(host)).toBe(false);
  }
});
