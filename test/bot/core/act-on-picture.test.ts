/** What the buttons of a single picture make of it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { formatAction } from '../../../bot/core/action.ts';
import { FakeBackend, TEST_MODEL } from '../../fakes/fake-backend.ts';
import { makePicture } from '../../fakes/job-records.ts';
import { expectJob, TestBot, type JobOutcome } from '../../fakes/test-bot.ts';
import { waitFor } from '../../fakes/wait-for.ts';

let bot: TestBot;
beforeEach(async () => {
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

describe('upscale', () => {
  test('hands over the picture itself, and its command draws that picture', async () => {
    const source = await draw('a red apple --seed 7');
    const upscaled = expectJob(await press(source, 'U3'));
    const submitted = await waitFor('the submission', () =>
      bot.backend.submitted.find(({ id }) => id === upscaled.record.id),
    );
    const png = Buffer.from(makePicture(source.record.request, 2)).toString('base64');
    expect(submitted.request).toEqual({
      kind: 'upscale',
      image: { kind: 'inline', base64: png },
      factor: 2,
    });
    const card = await bot.finalCard(upscaled);
    expect(card).toMatchObject({
      title: 'Upscale of picture 3 – a red apple',
      command: 'a red apple --count 1 --seed 9',
    });
    expect(card.images).toMatchObject([{ widthPx: 256, heightPx: 256 }]);
    expect(card.buttons.map((row) => row.map(({ label }) => label))).toEqual([
      ['Upscale 2×', 'Upscale 4×'],
      ['Vary subtle', 'Vary strong'],
      ['Edit', 'Delete'],
    ]);
  });

  test('keeps no second copy of the picture', async () => {
    const upscaled = expectJob(await press(await draw('a red apple'), 'U1'));
    await bot.finalCard(upscaled);
    const record = await bot.jobStore.get(upscaled.record.id);
    expect(record?.request).toMatchObject({ image: { kind: 'stored' } });
  });

  test('can be retried, from the picture in the store', async () => {
    const source = await draw('a red apple --seed 7');
    bot.backend.isHeld = true;
    const upscaled = expectJob(await press(source, 'U2'));
    await bot.press(formatAction({ name: 'cancel', jobId: upscaled.record.id, index: 0 }));
    bot.backend.isHeld = false;
    const retried = expectJob(await press(upscaled, 'Retry'));
    const png = Buffer.from(makePicture(source.record.request, 1)).toString('base64');
    expect(retried.record.request).toEqual(upscaled.record.request);
    expect(retried.card.title).toBe('Upscale of picture 2 – a red apple');
    expect(await bot.finalCard(retried)).toMatchObject({ status: 'succeeded' });
    expect(bot.backend.submitted.at(-1)?.request).toMatchObject({ image: { base64: png } });
  });

  test('of a picture that is gone says how to get it back', async () => {
    const source = await draw('a red apple');
    await bot.imageStore.delete(source.record.id);
    expect(await press(source, 'U2')).toEqual({
      kind: 'refused',
      message: 'Picture 2 is no longer stored; press Edit and send the command to draw it again.',
    });
  });

  test('of an upscale there is no reroll', async () => {
    const upscaled = expectJob(await press(await draw('a red apple'), 'U1'));
    await bot.finalCard(upscaled);
    const actionId = formatAction({ name: 'reroll', jobId: upscaled.record.id, index: 0 });
    expect(await bot.press(actionId)).toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/card it came/),
    });
  });

  test('of an upscale goes on from the enlarged picture, until it is too large', async () => {
    const source = await draw('a red apple');
    const once = expectJob(await press(source, 'U1'));
    const twice = expectJob(await press(once, 'Upscale 4×'));
    expect(twice.record.request).toMatchObject({
      image: { key: `jobs/${once.record.id}/images/0` },
      factor: 4,
    });
    expect(twice.card.title).toBe('4× upscale of picture 1 – a red apple');
  });

  test('varies as the picture that it was made from', async () => {
    const source = await draw('a red apple --seed 7');
    const upscaled = expectJob(await press(source, 'U3'));
    const varied = expectJob(await press(upscaled, 'Vary subtle'));
    expect(varied.record.request).toMatchObject({
      kind: 'generate',
      seed: 9,
      count: 4,
      variations: [{ strength: 0.25 }],
    });
  });
});

describe('with a model that can edit pictures', () => {
  beforeEach(async () => {
    bot.backend.modelList = [
      {
        ...TEST_MODEL,
        abilities: ['image-to-image', 'inpaint', 'outpaint', 'tile', 'prompt-walk'],
      },
    ];
    await bot.service.models();
  });

  test.each([
    ['Zoom out 1.5×', { kind: 'zoom', factor: 1.5 }, 'Zoom out 1.5× of picture 1 – a red apple'],
    ['Zoom out 2×', { kind: 'zoom', factor: 2 }, 'Zoom out of picture 1 – a red apple'],
    [
      '← Pan',
      { kind: 'pan', direction: 'left', amount: 0.5 },
      'Pan left of picture 1 – a red apple',
    ],
    [
      '↓ Pan',
      { kind: 'pan', direction: 'down', amount: 0.5 },
      'Pan down of picture 1 – a red apple',
    ],
  ])('%s goes on beyond the edges', async (label, outpaint, title) => {
    const source = await draw('a red apple --count 1 --no text');
    const zoomed = expectJob(await press(source, label));
    expect(zoomed.record.request).toMatchObject({
      outpaint,
      negativePrompt: 'text',
      count: 4,
      startImage: { kind: 'stored', key: `jobs/${source.record.id}/images/0` },
    });
    expect(zoomed.card.title).toBe(title);
    const submitted = await waitFor('the submission', () =>
      bot.backend.submitted.find(({ id }) => id === zoomed.record.id),
    );
    expect(submitted.request).toMatchObject({ startImage: { kind: 'inline' } });
  });

  test('a custom zoom is a command to finish, and what it makes is a child of the picture', async () => {
    const source = await draw('a red apple --count 1');
    const edit = await press(source, 'Custom zoom');
    const { id } = source.record;
    expect(edit).toEqual({ kind: 'edit', command: `a red apple --image ${id}/1 --zoom 1.8` });
    const child = await bot.start(edit.kind === 'edit' ? edit.command : '');
    expect(child.record.lineage).toEqual({ jobId: id, index: 0, action: 'zoom-custom' });
  });

  test('a region is picked cell by cell, and ends in a command with its mask', async () => {
    const source = await draw('a red apple --count 1');
    const region = await press(source, 'Edit region');
    if (region.kind !== 'region') throw new Error('no region');
    expect(region.buttons.map((row) => row.length)).toEqual([4, 4, 4, 4, 2]);
    const cell = region.buttons[1]?.[2];
    expect(cell?.label).toBe('□ C2');
    const chosen = await bot.press(cell?.actionId ?? '');
    if (chosen.kind !== 'region') throw new Error('no region');
    expect(chosen.buttons[1]?.[2]).toMatchObject({ label: '■ C2', style: 'primary' });
    const empty = region.buttons.at(-1)?.[0]?.actionId ?? '';
    expect(await bot.press(empty)).toMatchObject({ kind: 'refused' });
    const done = await bot.press(chosen.buttons.at(-1)?.[0]?.actionId ?? '');
    const command = `a red apple --image ${source.record.id}/1 --mask 4x4:6`;
    expect(done).toEqual({ kind: 'edit', command });
    const child = await bot.start(command);
    expect(child.record.request).toMatchObject({
      inpaint: { mask: { kind: 'cells', columns: 4, rows: 4, cells: [6] }, area: 'whole' },
    });
    expect(child.card.title).toBe('Region of picture 1 – a red apple');
  });

  test('a creative upscale draws it over with its own words', async () => {
    const source = await draw('a red apple --count 1 --style ink');
    const creative = expectJob(await press(source, 'Creative 2×'));
    expect(creative.record.request).toMatchObject({
      kind: 'upscale',
      creative: { prompt: 'a red apple', style: 'ink' },
    });
  });
});
