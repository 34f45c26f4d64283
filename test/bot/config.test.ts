/** What an operator sets in the environment, and the sentence when it is wrong. */
import { isAbsolute } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../bot/config.ts';

describe('the environment', () => {
  test('quotas of roles are a JSON object, and a wrong one gets a sentence', () => {
    const given = parseConfig({ ROLE_QUOTAS: '{"r1":{"openJobs":40}}', NSFW_RULE: 'block' });
    expect(given).toMatchObject({
      config: { ROLE_QUOTAS: { r1: { openJobs: 40 } }, NSFW_RULE: 'block' },
    });
    for (const text of ['{', '[]', '{"r1":{"openJobs":0}}', '{"r1":{"open":1}}']) {
      const refused = parseConfig({ ROLE_QUOTAS: text });
      expect(refused).toMatchObject({
        kind: 'refused',
        message: expect.stringContaining('ROLE_QUOTAS'),
      });
    }
  });

  test('needs nothing: this machine only, the first free port, a folder beside the project', () => {
    const parsed = parseConfig({});
    expect(parsed).toMatchObject({
      kind: 'config',
      config: { HOST: '127.0.0.1', LOG_LEVEL: 'warn', BLOCKED_WORDS: [] },
    });
    expect(parsed.kind === 'config' && parsed.config.PORT).toBeUndefined();
    expect(parsed.kind === 'config' && isAbsolute(parsed.config.DATA_DIR)).toBe(true);
  });

  test('an empty line of a .env file counts as left out', () => {
    expect(parseConfig({ PORT: '', DATA_DIR: '' })).toMatchObject({ kind: 'config' });
  });

  test('words are read from a list with commas', () => {
    expect(parseConfig({ BLOCKED_WORDS: ' gore, ,blood ' })).toMatchObject({
      config: { BLOCKED_WORDS: ['gore', 'blood'] },
    });
  });

  test.each([
    [{ PORT: 'abc' }, /PORT is "abc"; it must be a number/],
    [{ PORT: '70000' }, /PORT is "70000"; it must be at most 65535/],
    [{ GPU_FUNCTION_URL: 'ftp://box' }, /GPU_FUNCTION_URL is "ftp:\/\/box"/],
    [{ LOG_LEVEL: 'loud' }, /LOG_LEVEL is "loud"; it must be debug, info, warn, error or silent/],
    [{ OPEN_JOBS_PER_USER: '0' }, /OPEN_JOBS_PER_USER is "0"; it must be at least 1/],
  ])('%j is refused with name, value and rule', (environment, sentence) => {
    expect(parseConfig(environment)).toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(sentence),
    });
  });

  test('a secret is never repeated', () => {
    const secret = 'x'.repeat(5_000);
    const parsed = parseConfig({ GPU_FUNCTION_TOKEN: secret });
    expect(parsed.kind).toBe('refused');
    expect(JSON.stringify(parsed)).not.toContain('xxxx');
  });
});
