/** What chats share: places that become known, people with roles, double clicks, repeated deliveries. */
import { expect, test } from 'vitest';
import { formatAction } from '../../../bot/core/action.ts';
import { PlaceGoneError } from '../../../bot/core/ports.ts';
import { FakePlatform } from '../../fakes/fake-platform.ts';
import { makeBot } from '../../fakes/make-bot.ts';
import { ADA, BOB, expectJob, quota, type TestBot } from '../../fakes/test-bot.ts';
import { waitFor } from '../../fakes/wait-for.ts';

const cancelOf = (jobId: string) => formatAction({ name: 'cancel', jobId, index: 0 });

async function firstCard(bot: TestBot, jobId: string): Promise<void> {
  await waitFor('the first card', () => bot.platform.latest(jobId));
}

test('the message that a platform made for a card is kept, and every later card goes there', async () => {
  const bot = makeBot();
  bot.platform.changes = () => ({ messageId: 'm1', replyToken: 'newer' });
  const outcome = await bot.start('a red apple');
  await bot.finalCard(outcome);
  const { id } = outcome.record;
  expect((await bot.jobStore.get(id))?.place).toMatchObject({
    messageId: 'm1',
    replyToken: 'newer',
  });
  const later = bot.platform.records.filter((record) => record.id === id).slice(1);
  expect(later.length).toBeGreaterThan(0);
  expect(later.every(({ place }) => place.messageId === 'm1')).toBe(true);
});

test('a message that is deleted under a running job cancels it, and nothing more is shown', async () => {
  const bot = makeBot();
  bot.backend.isHeld = true;
  const { record } = await bot.start('a red apple');
  await firstCard(bot, record.id);
  bot.platform.beforeShow = () => {
    throw new PlaceGoneError('10008');
  };
  bot.backend.isHeld = false;
  const ended = await waitFor('the end', async () => {
    const stored = await bot.jobStore.get(record.id);
    return stored?.answeredAtMs === undefined ? undefined : stored;
  });
  expect(ended.state.status).toBe('canceled');
  expect(bot.backend.canceled).toContain(record.id);
});

test('a deleted channel is told from outside: its jobs end, the others go on', async () => {
  const bot = makeBot();
  bot.backend.isHeld = true;
  const { record } = await bot.start('a red apple');
  await firstCard(bot, record.id);
  const { platform } = bot.place;
  await bot.service.placeGone({ platform, channelId: 'elsewhere' });
  expect((await bot.jobStore.get(record.id))?.state.status).not.toBe('canceled');
  await bot.service.placeGone({ platform, channelId: 'general' });
  const ended = await waitFor('the end', async () => {
    const stored = await bot.jobStore.get(record.id);
    return stored?.state.status === 'canceled' ? stored : undefined;
  });
  expect(ended.place.channelId).toBe('general');
});

test('a press on the card brings the job a reply token that lives longer', async () => {
  const bot = makeBot();
  bot.platform.changes = () => ({ messageId: 'm1' });
  bot.backend.isHeld = true;
  const { record } = await bot.start('a red apple');
  await waitFor('the message id', async () => (await bot.jobStore.get(record.id))?.place.messageId);
  const place = { ...bot.place, messageId: 'm1', replyToken: 'new', replyTokenExpiresAtMs: 99 };
  const actionId = formatAction({ name: 'edit', jobId: record.id, index: 0 });
  await bot.service.act({ actionId, user: BOB, place, deliveryId: 'p1' });
  const { place: kept } = await waitFor('the new token', async () => {
    const stored = await bot.jobStore.get(record.id);
    return stored?.place.replyToken === 'new' ? stored : undefined;
  });
  expect(kept).toMatchObject({ messageId: 'm1', replyTokenExpiresAtMs: 99 });
});

test('a moderator of the same server may cancel what is not theirs, one of another may not', async () => {
  const bot = makeBot();
  bot.backend.isHeld = true;
  const place = { ...bot.place, spaceId: 's1' };
  const message = { text: 'a red apple', user: ADA, place, deliveryId: 'd1' };
  const { record } = expectJob(await bot.service.imagine(message));
  const moderator = { ...BOB, isModerator: true };
  const press = { actionId: cancelOf(record.id), user: moderator };
  const elsewhere = { ...bot.place, spaceId: 's2' };
  expect(await bot.service.act({ ...press, place: elsewhere, deliveryId: 'd2' })).toEqual({
    kind: 'refused',
    message: 'Only Ada or a moderator may cancel this.',
  });
  expect(await bot.service.act({ ...press, place, deliveryId: 'd3' })).toEqual({ kind: 'done' });
  expect((await bot.jobStore.get(record.id))?.state.status).toBe('canceled');
});

test('a double click is one job, and a press a while later is another one', async () => {
  const bot = makeBot({ policy: { doublePressMs: 150 } });
  const source = await bot.start('a red apple');
  const reroll = bot.button(await bot.finalCard(source), 'Reroll');
  const clicks = await Promise.all([bot.press(reroll), bot.press(reroll)]);
  clicks.push(await bot.press(reroll));
  expect(new Set(clicks.map((outcome) => expectJob(outcome).record.id)).size).toBe(1);
  const other = expectJob(await bot.press(reroll, { user: BOB }));
  expect(other.record.id).not.toBe(expectJob(clicks[0] ?? { kind: 'done' }).record.id);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const later = expectJob(await bot.press(reroll));
  expect(later.record.id).not.toBe(expectJob(clicks[0] ?? { kind: 'done' }).record.id);
});

test('a delivery that is repeated gets the very same answer, a refusal too', async () => {
  const bot = makeBot({ policy: { quota: quota({ openJobs: 1 }) } });
  bot.backend.isHeld = true;
  await bot.start('one');
  const refused = await bot.imagine('two', { deliveryId: 'again' });
  expect(refused.kind).toBe('refused');
  bot.backend.isHeld = false;
  await waitFor('the end', () => bot.platform.shown.some(({ card }) => card.isFinal) || undefined);
  expect(await bot.imagine('two', { deliveryId: 'again' })).toEqual(refused);
});

test('roles raise the quota, and the day is counted across restarts', async () => {
  const policy = {
    quota: quota({ jobsPerDay: 2, openJobs: 5 }),
    roleQuotas: { r1: { jobsPerDay: 3 }, moderator: { jobsPerDay: 100 } },
  };
  const bot = makeBot({ policy });
  await bot.finalCard(await bot.start('one'));
  await bot.finalCard(await bot.start('two'));
  const message =
    'You started 2 jobs today, which is as many as one person may; go on after midnight UTC.';
  expect(await bot.imagine('three')).toEqual({ kind: 'refused', message });
  const again = makeBot({ policy, settingsStore: bot.settingsStore, jobStore: bot.jobStore });
  expect(await again.imagine('three', { deliveryId: 'x' })).toEqual({ kind: 'refused', message });
  const withRole = { ...ADA, roleIds: ['r1'] };
  expect(expectJob(await again.imagine('three', { user: withRole, deliveryId: 'y' })).kind).toBe(
    'job',
  );
  expect((await again.imagine('four', { user: withRole, deliveryId: 'z' })).kind).toBe('refused');
});

test('a failure has an error id that the log has too, and no prompt is in the log', async () => {
  const bot = makeBot({ platform: new FakePlatform() });
  const card = await bot.finalCard(await bot.start('a broken vase with a secret'));
  expect(card.errorId).toHaveLength(8);
  expect(card.details).toContainEqual({ label: 'Error id', value: card.errorId });
  expect(card.buttons.flat()[0]?.label).toBe('Retry');
  const lines = bot.logger.lines;
  expect(lines.some(({ fields }) => fields['errorId'] === card.errorId)).toBe(true);
  expect(JSON.stringify(lines)).not.toContain('secret');
  const open = makeBot({ policy: { logsPrompts: true } });
  await open.start('a vase with a secret');
  expect(JSON.stringify(open.logger.lines)).toContain('secret');
});

test('no more jobs of one person are handed over at once than the quota says', async () => {
  const bot = makeBot({ policy: { quota: quota({ runningJobs: 2, openJobs: 10 }) } });
  bot.backend.isHeld = true;
  for (const text of ['one', 'two', 'three']) await bot.start(text);
  await bot.imagine('of another', { user: BOB });
  await waitFor('three submissions', () => bot.backend.submitted.length === 3 || undefined);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(bot.backend.submitted).toHaveLength(3);
  bot.backend.isHeld = false;
  await waitFor('all submissions', () => bot.backend.submitted.length === 4 || undefined);
});
