/** `npm run parity -- FOLDER`: replays reference numbers, one line a case. Exit code 1 when one fails or none is found. */
import { statSync } from 'node:fs';
import { isFailure, toLine, type CaseResult } from './case-result.ts';
import { checkReference } from './check-reference.ts';

const USAGE =
  'Usage: npm run parity -- FOLDER, where FOLDER holds reference numbers (schedulers, torch_randn, pipelines, …).';

async function main([folder]: readonly string[]): Promise<number> {
  if (folder === undefined || statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    const problem = folder === undefined ? '' : `${folder} is not a folder. `;
    process.stderr.write(`${problem}${USAGE}\n`);
    return 1;
  }
  const counts = { ok: 0, failed: 0, unsupported: 0 };
  for await (const result of checkReference(folder)) {
    process.stdout.write(`${toLine(result)}\n`);
    counts[toCount(result)]++;
  }
  const { ok, failed, unsupported } = counts;
  process.stdout.write(`${ok} ok, ${failed} FAIL, ${unsupported} not supported\n`);
  if (ok + failed > 0) return failed > 0 ? 1 : 0;
  process.stderr.write(`No case was found in ${folder}. ${USAGE}\n`);
  return 1;
}

function toCount(result: CaseResult): 'ok' | 'failed' | 'unsupported' {
  if (result.kind === 'unsupported') return 'unsupported';
  return isFailure(result) ? 'failed' : 'ok';
}

process.exitCode = await main(process.argv.slice(2));
