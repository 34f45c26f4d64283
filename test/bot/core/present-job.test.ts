/** What a card says in each state of a job. */
import { describe, expect, test } from 'vitest';
import type { JobState } from '#contract/job-state.ts';
import { presentJob, toRunningLeftMs, type Presentation } from '../../../bot/core/present-job.ts';
import type { JobRecord } from '../../../bot/core/ports.ts';
import { makeRecord, makeRequest, makeSettings, makeSucceeded } from '../../fakes/job-records.ts';

const present = (changes: Partial<JobRecord>, presentation: Partial<Presentation> = {}) =>
  presentJob(makeRecord(changes), { nowMs: 1_000, averages: {}, abilities: [], ...presentation });
const labels = (changes: Partial<JobRecord>) =>
  present(changes).buttons.map((row) => row.map(({ label }) => label));

const denoising = (step: number): JobState => ({
  status: 'denoising',
  step,
  steps: 20,
  startedAtMs: 500_000,
  updatedAtMs: 500_000 + step * 100,
  settings: makeSettings(makeRequest({ guidanceRescale: 0.7 })),
  notes: ['3:2 became 1:1, the only shape of this model.'],
});
const upscale: JobRecord['request'] = {
  kind: 'upscale',
  image: { kind: 'inline', base64: '' },
  factor: 2,
};

describe('the line about now', () => {
  test.each<[JobState, string]>([
    [{ status: 'queued' }, 'Waiting for a place in the queue'],
    [{ status: 'queued', position: 1 }, 'Waiting, next in the queue'],
    [{ status: 'queued', position: 3 }, 'Waiting, number 3 in the queue'],
    [{ status: 'starting', stage: 'engine', attempt: 1 }, 'Starting the image engine'],
    [{ status: 'starting', stage: 'model', attempt: 1 }, 'Loading the model'],
    [
      { status: 'starting', stage: 'engine', attempt: 2 },
      'Starting the image engine again after a crash (attempt 2)',
    ],
    [denoising(0), 'Reading the prompt'],
    [denoising(7), 'Drawing, step 7 of 20 (35%)'],
    [{ status: 'decoding', notes: [] }, 'Developing the pictures'],
    [makeSucceeded(), 'Done in 1.5 s'],
    [{ status: 'failed', error: { code: 'internal', message: 'x', isRetryable: true } }, 'Failed'],
    [{ status: 'canceled' }, 'Canceled'],
  ])('%j', (state, text) => {
    expect(present({ state }).statusText).toBe(text);
  });

  test('of an upscale speaks of enlarging', () => {
    const state = { ...denoising(0), steps: 1, settings: undefined } as JobState;
    expect(present({ request: upscale, state }).statusText).toBe('Enlarging');
    const tiles = { ...denoising(3), steps: 9, settings: undefined } as JobState;
    expect(present({ request: upscale, state: tiles }).statusText).toBe(
      'Enlarging, part 3 of 9 (33%)',
    );
  });

  test('tells of trouble instead, and promises no time then', () => {
    const card = present(
      { state: denoising(7) },
      { averages: { jobMs: 5_000 }, trouble: 'The queue is full; trying again' },
    );
    expect(card.statusText).toBe('The queue is full; trying again');
    expect(card.readyAtMs).toBeUndefined();
  });
});

describe('when it should be done', () => {
  test("comes from the job's own steps, whatever the function's clock says", () => {
    // 13 of 20 steps are left at 100 ms each; the function's clock is far ahead of the bot's.
    const card = present({ state: denoising(7), updatedAtMs: 1_000 });
    expect(card.readyAtMs).toBe(1_000 + 1_300);
    expect(card.progress).toBe(7 / 20);
  });

  test('adds what earlier jobs took beyond their steps', () => {
    const averages = { jobMs: 2_400 };
    expect(present({ state: denoising(7) }, { averages }).readyAtMs).toBe(1_000 + 1_300 + 400);
  });

  test.each<[JobState, number | undefined]>([
    [{ status: 'starting', stage: 'model', attempt: 1 }, 3_000],
    [denoising(0), 3_000],
    [{ status: 'decoding', notes: [] }, undefined],
    [makeSucceeded(), undefined],
  ])('comes from recent jobs while nothing is drawn: %#', (state, readyAtMs) => {
    expect(present({ state }, { averages: { jobMs: 2_000 } }).readyAtMs).toBe(readyAtMs);
  });

  test('of a waiting job counts what is being drawn and every job ahead, from now on', () => {
    const averages = { jobMs: 2_000 };
    const pace = { nowMs: 1_700, averages };
    const running = makeRecord({ state: denoising(7), updatedAtMs: 1_000 });
    const runningLeftMs = toRunningLeftMs([makeRecord(), running], pace);
    expect(runningLeftMs).toBe(1_300 - 700);
    const waiting = { state: { status: 'queued', position: 3 }, updatedAtMs: 0 } as const;
    const card = present(waiting, { ...pace, runningLeftMs });
    expect(card.readyAtMs).toBe(1_700 + 600 + 3 * 2_000);
    expect(toRunningLeftMs([makeRecord(waiting)], pace)).toBeUndefined();
    expect(present(waiting, pace).readyAtMs).toBeUndefined();
    expect(toRunningLeftMs([running], { ...pace, nowMs: 60_000 })).toBe(0);
  });

  test('is not told when nothing is known, or when it has passed', () => {
    expect(present({ state: { status: 'queued', position: 3 } }).readyAtMs).toBeUndefined();
    expect(present({ state: denoising(7) }, { nowMs: 9_000 }).readyAtMs).toBeUndefined();
  });

  test('is not guessed from other jobs where the person chose the number of steps', () => {
    const request = makeRequest({ steps: 900 });
    const averages = { jobMs: 2_000 };
    expect(
      present({ request, state: { status: 'queued' } }, { averages }).readyAtMs,
    ).toBeUndefined();
    expect(present({ request, state: denoising(7) }, { averages }).readyAtMs).toBe(1_000 + 1_300);
  });
});

describe('buttons', () => {
  test('of a grid are U1 to V4 in rows, then the rest', () => {
    expect(labels({ state: makeSucceeded() })).toEqual([
      ['U1', 'U2', 'U3', 'U4'],
      ['V1', 'V2', 'V3', 'V4'],
      ['Reroll', 'Edit', 'Delete'],
    ]);
    const [first] = present({ state: makeSucceeded() }).buttons.flat();
    expect(first).toMatchObject({ actionId: 'upscale:job-1:0', description: 'Upscale picture 1' });
  });

  test('of a single picture carry no number', () => {
    const request = makeRequest({ count: 1 });
    expect(labels({ request, state: makeSucceeded(request) })).toEqual([
      ['Upscale 2×', 'Upscale 4×'],
      ['Vary subtle', 'Vary strong'],
      ['Reroll', 'Edit', 'Delete'],
    ]);
  });

  test('are shown for what the model can do, and for nothing else', () => {
    const request = makeRequest({ count: 1 });
    const abilities = ['image-to-image', 'inpaint', 'outpaint'] as const;
    const { buttons } = present({ request, state: makeSucceeded(request) }, { abilities });
    expect(buttons.map((row) => row.map(({ label }) => label))).toEqual([
      ['Upscale 2×', 'Upscale 4×', 'Creative 2×'],
      ['Vary subtle', 'Vary strong', 'Edit region'],
      ['Zoom out 1.5×', 'Zoom out 2×', 'Custom zoom'],
      ['← Pan', '→ Pan', '↑ Pan', '↓ Pan'],
      ['Reroll', 'Edit', 'Delete'],
    ]);
  });

  test('of open, failed and enlarged jobs are those that make sense', () => {
    expect(labels({ state: { status: 'queued' } })).toEqual([['Cancel']]);
    expect(labels({ state: denoising(3) })).toEqual([['Cancel']]);
    expect(labels({ state: { status: 'canceled' } })).toEqual([['Retry', 'Edit', 'Delete']]);
    const state = makeSucceeded(makeRequest({ count: 1 }));
    expect(labels({ request: upscale, state }).at(-1)).toEqual(['Edit', 'Delete']);
  });
});

describe('the small print', () => {
  const details = (changes: Partial<JobRecord>) =>
    Object.fromEntries(present(changes).details.map(({ label, value }) => [label, value]));

  test('tells the seed at once and what was asked for', () => {
    const request = makeRequest({
      size: { kind: 'aspect', width: 3, height: 2 },
      negativePrompt: 'text',
      sampler: 'euler-ancestral',
      spacing: 'karras',
    });
    expect(details({ request })).toEqual({
      Seed: '7',
      Sampler: 'Euler a, karras',
      Size: '3:2',
      'Not wanted': 'text',
    });
  });

  test('tells what is really used as soon as it is known', () => {
    expect(details({ state: denoising(3) })).toEqual({
      Seed: '7',
      Sampler: 'DPM++ 2M, karras',
      Steps: '20',
      Guidance: '5 (rescale 0.7)',
      Size: '128 × 128',
      Model: 'tiny (0123456789abcdef)',
    });
  });

  test('tells at the end where the time went', () => {
    expect(details({ state: makeSucceeded() })).toMatchObject({
      'Time in total': '1.5 s',
      'Time by stage':
        'waiting 500 ms, loading the model 200 ms, prompt 10 ms, drawing 700 ms, decoding 80 ms, saving 10 ms',
    });
  });
});

describe('texts', () => {
  test('notes of the engine and the sentence of a failure are on the card', () => {
    expect(present({ state: denoising(3) }).notes).toEqual([
      '3:2 became 1:1, the only shape of this model.',
    ]);
    const error = { code: 'model-broken' as const, message: 'Pull it again.', isRetryable: false };
    expect(present({ state: { status: 'failed', error } }).notes).toEqual(['Pull it again.']);
  });

  test('alternative texts and titles stay within the limits of the platforms', () => {
    const request = makeRequest({ prompt: '🍎'.repeat(1_000) });
    const card = present({ request, state: makeSucceeded(request) });
    expect(card.title.length).toBeLessThanOrEqual(200);
    for (const { altText } of card.images) {
      expect(altText.length).toBeLessThanOrEqual(1_000);
      expect(altText.isWellFormed()).toBe(true);
      expect(altText).toMatch(/^Machine-made picture \d of 4: 🍎.*…$/u);
    }
  });

  test('a prompt is plain data, whatever it holds', () => {
    const prompt = '<b>@everyone</b> **x** [a](http://b)';
    const card = present({ request: makeRequest({ prompt }) });
    expect(card.title).toBe(prompt);
  });

  test('of an upscale name the picture that it came from', () => {
    const card = present({
      request: upscale,
      command: '"a red --apple" --count 1 --seed 9',
      lineage: { jobId: 'parent', index: 2, action: 'upscale' },
    });
    expect(card.title).toBe('Upscale of picture 3 – a red --apple');
    const old = present({ request: upscale, command: 'from an --older version' });
    expect(old.title).toBe('from an --older version');
  });
});
