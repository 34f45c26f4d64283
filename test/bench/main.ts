/** `npm run bench`: the project's figures as a table on standard error and as one line of JSON on standard output. */
import { cpus } from 'node:os';
import { formatTable, type Figure } from './figures.ts';
import { measureChat } from './measure-chat.ts';
import { measureFamilies } from './measure-families.ts';
import { measureFunction } from './measure-function.ts';
import { measureOverhead } from './measure-overhead.ts';

const figures: Figure[] = [];
const measurements = [
  ['the pipeline beside the network', measureOverhead],
  ['the loop of each family', measureFamilies],
  ['the image function', measureFunction],
  ['the chat', measureChat],
] as const;
process.stderr.write('About three minutes on a quiet machine with two cores.\n\n');
for (const [subject, measure] of measurements) {
  process.stderr.write(`Measuring ${subject} …\n`);
  const measured = await measure();
  process.stderr.write(`${formatTable(measured)}\n\n`);
  figures.push(...measured);
}
const machine = { processor: cpus()[0]?.model, processors: cpus().length, node: process.version };
process.stdout.write(`${JSON.stringify({ machine, figures })}\n`);
