/** A mistake in a request is told in one sentence that names field, value and range. */
import { expect, test } from 'vitest';
import { describeIssue } from '#contract/describe-issue.ts';
import { jobSubmissionSchema } from '#contract/job.ts';

const apple = { kind: 'generate', prompt: 'a red apple', seed: 7 };

const cases: readonly (readonly [string, unknown, string])[] = [
  ['no object', 5, 'The input is 5; it must be a JSON object.'],
  ['no request', {}, 'request is missing; it must be a JSON object.'],
  [
    'too few steps',
    { request: { ...apple, steps: 0 } },
    'request.steps is 0; it must be from 1 to 1000.',
  ],
  [
    'absurdly many steps',
    { request: { ...apple, steps: 1e9 } },
    'request.steps is 1000000000; it must be from 1 to 1000.',
  ],
  [
    'half a step',
    { request: { ...apple, steps: 2.5 } },
    'request.steps is 2.5; it must be a whole number.',
  ],
  [
    'a negative seed',
    { request: { ...apple, seed: -1 } },
    'request.seed is -1; it must be from 0 to 4294967295.',
  ],
  [
    'an empty prompt',
    { request: { ...apple, prompt: '' } },
    'request.prompt is empty; it must have at least 1 character.',
  ],
  [
    'a very long prompt',
    { request: { ...apple, prompt: 'x'.repeat(10_000) } },
    'request.prompt is 10000 characters long; it must have at most 2000 characters.',
  ],
  [
    'a size that is not divisible',
    { request: { ...apple, size: { kind: 'pixels', widthPx: 17, heightPx: 64 } } },
    'request.size.widthPx is 17; it must be a multiple of 8.',
  ],
  [
    'an unknown kind',
    { request: { ...apple, kind: 'sing' } },
    'request.kind is "sing"; it must be generate, upscale or animate.',
  ],
  [
    'a path as a model',
    { request: { ...apple, modelId: '../x' } },
    'request.modelId is "../x"; it must be letters, digits, ., _ or - only.',
  ],
  [
    'unknown fields',
    { request: { ...apple, colour: 1, mood: 2 } },
    'request has the unknown fields "colour", "mood"; leave them out.',
  ],
  [
    'null for a number',
    { request: { ...apple, guidanceScale: null } },
    'request.guidanceScale is null; it must be a number.',
  ],
];

test.each(cases)('%s', (_name, input, sentence) => {
  const parsed = jobSubmissionSchema.safeParse(input);
  expect(parsed.success ? 'accepted' : describeIssue(parsed.error, input)).toBe(sentence);
});

test('a long value is shortened, so that a message stays one line', () => {
  const input = { request: { ...apple, sampler: 'y'.repeat(5_000) } };
  const parsed = jobSubmissionSchema.safeParse(input);
  const sentence = parsed.success ? '' : describeIssue(parsed.error, input);
  expect(sentence).toContain('it must be ddpm, ddim');
  expect(sentence.length).toBeLessThan(400);
});
