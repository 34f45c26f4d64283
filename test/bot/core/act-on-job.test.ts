/** What every button does, who may press it, and what its card and command say. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { GenerateRequest, GenerationRequest } from '#contract/generation-request.ts';
import { GenerationError } from '#contract/generation-error.ts';
import { LIMITS } from '#contract/limits.ts';
import { toSinglePicture } from '#contract/recipe.ts';
import { formatAction } from '../../../bot/core/action.ts';
import { parseCommand } from '../../../bot/core/parse-command.ts';
import { FakeBackend } from '../../fakes/fake-backend.ts';
import { BOB, expectJob, quota, TestBot, type JobOutcome } from '../../fakes/test-bot.ts';
import { waitFor } from '../../fakes/wait-for.ts';

let bot: TestBot;
beforeEach(() => {
  bot = new TestBot({ backend: new FakeBackend() });
});
afterEach(() => bot.service.stop());

async function draw(text: string): Promise<JobOutcome> {
  const outcome = await bot.start(text);
  await bot.finalCard(outcome);
  return outcome;
}

const press = async (outcome: JobOutcome, label: string) =>
  bot.press(bot.button(await bot.finalCard(outcome), label));

function generated(request: GenerationRequest): GenerateRequest {
  if (request.kind !== 'generate') throw new Error('not a picture that was drawn');
  return request;
}

describe('reroll', () => {
  test('is the same request with fresh noise', async () => {
    const source = await draw('a red apple --ar 3:2 --seed 7 --no text');
    const rerolled = expectJob(await press(source, 'Reroll'));
    expect(rerolled.record.request).toEqual({ ...source.record.request, seed: 1_000 });
    expect(rerolled.card.title).toBe('Reroll – a red apple');
    expect(rerolled.card.command).toBe('a red apple --ar 3:2 --seed 1000 --no text');
    expect(rerolled.record.lineage).toEqual({
      jobId: source.record.id,
      index: 0,
      action: 'reroll',
    });
  });

  test('of variations gives other variations of the same picture', async () => {
    const varied = expectJob(await press(await draw('a red apple --seed 7'), 'V2'));
    const rerolled = generated(expectJob(await press(varied, 'Reroll')).record.request);
    expect(rerolled.seed).toBe(8);
    expect(rerolled.variations).toEqual([{ seed: 1_001, strength: 0.35 }]);
  });
});

describe('vary', () => {
  test('turns the noise of that very picture towards a fresh seed, as many as the grid had', async () => {
    const source = await draw('a red apple --seed 7');
    const varied = expectJob(await press(source, 'V3'));
    expect(varied.record.request).toMatchObject({
      seed: 9,
      count: 4,
      variations: [{ seed: 1_000, strength: 0.35 }],
    });
    expect(varied.card.title).toBe('Variation of picture 3 – a red apple');
    expect(varied.card.command).toBe('a red apple --seed 9 --variation 1000:0.35');
    const card = await bot.finalCard(varied);
    expect(card.images[1]?.altText).toBe(
      'Machine-made picture 2 of 4 (variation of picture 3): a red apple',
    );
  });

  test('of a variation starts from the noise of the variation', async () => {
    const varied = expectJob(await press(await draw('a red apple --seed 7'), 'V2'));
    const again = expectJob(await press(varied, 'V4'));
    const parent = toSinglePicture(generated(varied.record.request), 3);
    expect(again.record.request).toMatchObject({
      seed: parent.seed,
      variations: [...(parent.variations ?? []), { seed: 1_001, strength: 0.35 }],
    });
    expect(again.record.command).toBe('a red apple --seed 8 --variation 1003:0.35,1001:0.35');
  });

  test('seeds go round at the top of their range', async () => {
    const source = await draw(`a red apple --seed ${LIMITS.seed.max}`);
    const varied = expectJob(await press(source, 'V2'));
    expect(generated(varied.record.request).seed).toBe(0);
  });

  test('ends with a sentence when it is as deep as it goes', async () => {
    const turns = Array.from({ length: LIMITS.variations.max }, (_, turn) => `${turn}:0.1`);
    const source = await draw(`a red apple --variation ${turns.join(',')}`);
    expect(await press(source, 'V1')).toEqual({
      kind: 'refused',
      message:
        'This picture is 16 variations deep, which is as far as it goes; reroll it or edit its prompt.',
    });
  });
});

describe('cancel', () => {
  test('ends the job at once with its last preview, here and at the function', async () => {
    bot = new TestBot({ backend: new FakeBackend({ stepMs: 3, steps: 200 }) });
    const outcome = await bot.start('a red apple');
    const running = await waitFor('a preview', () => {
      const card = bot.platform.latest(outcome.record.id);
      return card?.preview ? card : undefined;
    });
    expect(await bot.press(bot.button(running, 'Cancel'))).toEqual({ kind: 'done' });
    const card = await bot.finalCard(outcome);
    expect(card).toMatchObject({ status: 'canceled', statusText: 'Canceled' });
    expect(card.preview).toBeDefined();
    expect(card.buttons.flat().map(({ label }) => label)).toEqual(['Retry', 'Edit', 'Delete']);
    await waitFor('the cancel at the function', () => bot.backend.canceled[0]);
    expect(await bot.press(bot.button(running, 'Cancel'))).toEqual({ kind: 'done' });
  });

  test('works while the function is away, and reaches it when it is back', async () => {
    bot.backend.isHeld = true;
    const outcome = await bot.start('a red apple');
    await waitFor('the submission', () => bot.backend.submitted[0]);
    bot.backend.fault = new GenerationError('unreachable', 'no route', { isRetryable: true });
    await bot.press(formatAction({ name: 'cancel', jobId: outcome.record.id, index: 0 }));
    bot.backend.fault = undefined;
    bot.backend.isHeld = false;
    await waitFor('the cancel at the function', () => bot.backend.canceled[0]);
    expect((await bot.finalCard(outcome)).status).toBe('canceled');
    expect(await bot.service.image(outcome.record.id, 0)).toBeUndefined();
  });

  test('gives the same seed to a retry', async () => {
    bot.backend.isHeld = true;
    const outcome = await bot.start('a red apple');
    await bot.press(formatAction({ name: 'cancel', jobId: outcome.record.id, index: 0 }));
    bot.backend.isHeld = false;
    const retried = expectJob(await press(outcome, 'Retry'));
    expect(retried.record.request).toEqual(outcome.record.request);
    expect(retried.record.id).not.toBe(outcome.record.id);
  });

  test.each(['cancel', 'delete'] as const)('%s belongs to the person who asked', async (name) => {
    bot.backend.isHeld = true;
    const { record } = await bot.start('a red apple');
    const actionId = formatAction({ name, jobId: record.id, index: 0 });
    expect(await bot.press(actionId, { user: BOB })).toEqual({
      kind: 'refused',
      message: `Only Ada or a moderator may ${name} this.`,
    });
    expect(await bot.jobStore.get(record.id)).toBeDefined();
  });
});

describe('delete', () => {
  test('removes record, pictures and card; a second click does nothing', async () => {
    const outcome = await draw('a red apple');
    const actionId = bot.button(await bot.finalCard(outcome), 'Delete');
    expect(await bot.press(actionId)).toEqual({ kind: 'done' });
    expect(await bot.press(actionId)).toEqual({ kind: 'done' });
    expect(await bot.jobStore.get(outcome.record.id)).toBeUndefined();
    expect(await bot.service.image(outcome.record.id, 0)).toBeUndefined();
    expect(bot.platform.removed).toContain(outcome.record.id);
    expect(
      await bot.press(formatAction({ name: 'vary', jobId: outcome.record.id, index: 0 })),
    ).toEqual({ kind: 'refused', message: 'This card was deleted; start anew with /imagine.' });
  });

  test('of a running job stops it and nothing of it appears again', async () => {
    bot = new TestBot({ backend: new FakeBackend({ stepMs: 2, steps: 30 }) });
    const outcome = await bot.start('a red apple');
    await waitFor('a step', () => bot.platform.latest(outcome.record.id)?.progress);
    await bot.press(formatAction({ name: 'delete', jobId: outcome.record.id, index: 0 }));
    const shown = bot.platform.shown.length;
    await waitFor('the cancel at the function', () => bot.backend.canceled.length > 1 || undefined);
    expect(bot.platform.shown).toHaveLength(shown);
    expect(await bot.service.image(outcome.record.id, 0)).toBeUndefined();
    expect(await bot.jobStore.listOpen()).toEqual([]);
  });
});

describe('buttons', () => {
  test('pressed twice with one delivery make one job', async () => {
    const source = await draw('a red apple');
    const actionId = bot.button(await bot.finalCard(source), 'V1');
    const first = expectJob(await bot.press(actionId, { deliveryId: 'click' }));
    const second = expectJob(await bot.press(actionId, { deliveryId: 'click' }));
    expect(second.record.id).toBe(first.record.id);
    expect(second.record.request).toEqual(first.record.request);
  });

  test('that make new jobs are free to everybody', async () => {
    const source = await draw('a red apple');
    const card = await bot.finalCard(source);
    for (const label of ['U1', 'V1', 'Reroll']) {
      const outcome = expectJob(await bot.press(bot.button(card, label), { user: BOB }));
      expect(outcome.record.user).toEqual(BOB);
    }
  });

  test('count for the quota of the person who presses', async () => {
    bot = new TestBot({ policy: { quota: quota({ openJobs: 1 }) } });
    const card = await bot.finalCard(await bot.start('a red apple'));
    bot.backend.isHeld = true;
    expect(await bot.press(bot.button(card, 'V1'))).toMatchObject({ kind: 'job' });
    expect(await bot.press(bot.button(card, 'V2'))).toMatchObject({ kind: 'refused' });
  });

  test('edit gives back a command that means the same', async () => {
    const source = await draw('a "rock -- and roll" band --seed 7 --ar 3:2 --no text, people');
    const outcome = await press(source, 'Edit');
    if (outcome.kind !== 'edit') throw new Error('not an edit');
    expect(parseCommand(outcome.command, { defaultCount: 4 }).request).toEqual(
      source.record.request,
    );
  });

  test.each([
    ['rubbish', 'This button is not known here; it may be from an older version.'],
    ['upscale:unknown:0', 'This card was deleted; start anew with /imagine.'],
  ])('%s is refused with a sentence', async (actionId, message) => {
    expect(await bot.press(actionId)).toEqual({ kind: 'refused', message });
  });

  test('for pictures that are not there are refused with a sentence', async () => {
    const source = await draw('a red apple --count 2');
    const { id } = source.record;
    expect(await bot.press(`vary:${id}:2`)).toEqual({
      kind: 'refused',
      message: 'This job has 2 pictures, so there is no picture 3.',
    });
    expect(await bot.press(`retry:${id}:0`)).toMatchObject({
      message: 'Only a job that failed or was canceled can be tried again.',
    });
    bot.backend.isHeld = true;
    const open = await bot.start('a green apple');
    expect(await bot.press(`upscale:${open.record.id}:0`)).toMatchObject({
      message: 'Picture 1 is not there yet; wait until the job is done.',
    });
  });
});
