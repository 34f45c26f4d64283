/** The queue in words: how much waits, one's own place in it, what is left of one's quota. */
import { formatAction } from './action.ts';
import type { CardButton } from './card.ts';
import { formatNumber } from './format-number.ts';
import type { JobEntry, Notice, QueueView } from './service.ts';

const BUTTONS_PER_ROW = 5;

export function describeQueue({ own, openJobs, people, used, quota }: QueueView): Notice {
  const others = people === 1 ? '1 person' : `${formatNumber(people)} people`;
  const waiting = `${toJobs(openJobs)} of ${others} waiting or drawing.`;
  return {
    title: 'The queue',
    lines: [
      openJobs === 0 ? 'Nothing is waiting; the next picture starts at once.' : waiting,
      "Jobs are drawn in turn by person, so nobody waits for all of somebody else's.",
      ...own.map(({ card }, place) => `${place + 1}. ${card.title}: ${card.statusText}`),
    ],
    details: [
      { label: 'Open now', value: toShare(used.openJobs, quota.openJobs) },
      { label: 'In the last minute', value: toShare(used.jobsPerMinute, quota.jobsPerMinute) },
      { label: 'Today', value: toShare(used.jobsPerDay, quota.jobsPerDay) },
    ],
    buttons: own.length === 0 ? [] : [own.slice(0, BUTTONS_PER_ROW).map(toCancelButton)],
  };
}

function toCancelButton({ record, card }: JobEntry, place: number): CardButton {
  return {
    actionId: formatAction({ name: 'cancel', jobId: record.id, index: 0 }),
    label: `Cancel ${place + 1}`,
    description: `Cancel ${card.title}`,
    style: 'danger',
  };
}

const toJobs = (count: number): string => `${formatNumber(count)} ${count === 1 ? 'job' : 'jobs'}`;
const toShare = (used: number, limit: number): string =>
  `${formatNumber(used)} of ${formatNumber(limit)}`;
