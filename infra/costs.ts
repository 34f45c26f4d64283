/** What a month costs, idle and with pictures, from the price file alone. `node infra/costs.ts` prints the table. */
import { prices, usdPerMachineHour } from './prices.ts';

export interface Usage {
  pictures: number;
  /** Pictures of one command. */
  picturesPerJob: number;
  /** Work of one job on the GPU, seconds. */
  secondsPerJob: number;
  /** Jobs that a machine draws between its start and its end: alone in the night it is 1, in a lively chat many. */
  jobsPerWake: number;
  /** Start and idle minutes that each machine is paid for besides its work. */
  minutesPerWake: number;
  /** Two Lambdas ask their queues all the time: 5 pollers each, once in 20 seconds. */
  polledQueues: number;
}

export interface CostLine {
  name: string;
  usd: number;
}

export const USAGE: Omit<Usage, 'pictures'> = {
  picturesPerJob: 4,
  secondsPerJob: 20,
  jobsPerWake: 5,
  minutesPerWake: 10,
  polledQueues: 2,
};

const INSTANCE_TYPES = ['g4dn.xlarge', 'g6.xlarge', 'g5.xlarge'];
const SECONDS_PER_MONTH = 30 * 24 * 3_600;
const POLLERS = 5;
const POLL_SECONDS = 20;
/** Of both container images, and of pictures and weights. */
const IMAGE_GB = 3.5;
const OBJECT_GB = 5;
/** Of one job: log of the run, record with its indices, visits of the notifier. */
const PER_JOB = { tableWrites: 260, tableReads: 400, notifierVisits: 12, notifierSeconds: 1.2 };
const ALARMS = 9;

/** US dollars a month by service; free allowances of the first year are left out. */
export function toMonthlyCosts(usage: Usage): CostLine[] {
  const jobs = usage.pictures / usage.picturesPerJob;
  const gpuHours =
    (jobs * usage.secondsPerJob) / 3_600 + ((jobs / usage.jobsPerWake) * usage.minutesPerWake) / 60;
  const polls = (usage.polledQueues * POLLERS * SECONDS_PER_MONTH) / POLL_SECONDS;
  const requests = Math.max(0, polls + jobs * 60 - prices.queueRequestsFree);
  const lambdaSeconds = jobs * PER_JOB.notifierVisits * PER_JOB.notifierSeconds;
  return [
    { name: 'GPU machines, on demand', usd: gpuHours * usdPerMachineHour(INSTANCE_TYPES) },
    { name: 'Chat secret', usd: prices.secretMonth },
    { name: 'Alarms', usd: Math.max(0, ALARMS - prices.alarmsFree) * prices.alarmMonth },
    { name: 'Container images', usd: IMAGE_GB * prices.imageRegistryGbMonth },
    {
      name: 'Pictures and weights',
      usd:
        OBJECT_GB * prices.objectStorageGbMonth +
        ((usage.pictures * 2) / 1_000) * prices.objectPutThousand,
    },
    {
      name: 'Tables',
      usd:
        (jobs * PER_JOB.tableWrites * prices.tableWriteMillion) / 1e6 +
        (jobs * PER_JOB.tableReads * prices.tableReadMillion) / 1e6,
    },
    { name: 'Queues', usd: (requests / 1e6) * prices.fifoQueueRequestMillion },
    { name: 'Lambdas', usd: lambdaSeconds * prices.lambdaArmGbSecond },
  ];
}

const total = (pictures: number): CostLine[] => toMonthlyCosts({ ...USAGE, pictures });

/** The table of docs/aws.md, in Markdown. */
export function toCostTable(): string {
  const columns = [0, 100, 10_000].map(total);
  const [first = []] = columns;
  const rows = first.map(({ name }, row) =>
    toRow(
      name,
      columns.map((lines) => lines[row]?.usd ?? 0),
    ),
  );
  const sums = columns.map((lines) => lines.reduce((sum, { usd }) => sum + usd, 0));
  return [
    '| US dollars a month | idle | 100 pictures | 10,000 pictures |',
    '| --- | --: | --: | --: |',
    ...rows,
    toRow('**Sum**', sums),
    '',
    `Prices of ${prices.asOf}, ${prices.region}.`,
  ].join('\n');
}

const toRow = (name: string, values: readonly number[]): string =>
  `| ${name} | ${values.map((usd) => usd.toFixed(2)).join(' | ')} |`;

if (import.meta.main) process.stdout.write(`${toCostTable()}\n`);
