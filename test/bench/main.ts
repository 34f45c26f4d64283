/** `npm run bench`: the project's figures as a table on standard error and as one line of JSON on standard output. */
import { cpus } from 'node:os';
import { formatTable, type Figure } from './figures.ts';
import { measureChat } from './measure-chat.ts';
import { measureFunction } from './measure-function.ts';
import { measureOverhead } from './measure-overhead.ts';

const figures: Figure[] = [];
for (const measure of [measureOverhead, measureFunction, measureChat]) {
  const measured = await measure();
  process.stderr.write(`${formatTable(measured)}\n\n`);
  figures.push(...measured);
}
const machine = { processor: cpus()[0]?.model, processors: cpus().length, node: process.version };
process.stdout.write(`${JSON.stringify({ machine, figures })}\n`);
