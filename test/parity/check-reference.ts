/** Finds what a folder of reference numbers holds and replays all of it. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { CaseResult } from './case-result.ts';
import { checkForwardProcess } from './forward-process.ts';
import { checkImageProcessing } from './image-processing.ts';
import { checkPipelines } from './pipelines.ts';
import { checkPublished } from './published.ts';
import { checkLcg } from './reference-noise.ts';
import { checkSchedulers } from './schedulers.ts';
import { checkSmallMaths } from './small-maths.ts';
import { checkTokenizer } from './tokenizer.ts';
import { checkTorchRandn } from './torch-randn.ts';

type Checker = (folder: string) => AsyncGenerator<CaseResult>;

/** Name of a folder → what replays it. */
const CHECKERS: Readonly<Record<string, Checker>> = {
  forward_process: checkForwardProcess,
  image_processing: checkImageProcessing,
  pipelines: checkPipelines,
  published: checkPublished,
  schedulers: checkSchedulers,
  small_maths: checkSmallMaths,
  tokenizer: checkTokenizer,
  torch_randn: checkTorchRandn,
};
const LCG_FILE = 'lcg_check.json';

/** A whole reference, one of its folders, or one model of its pipelines. */
export async function* checkReference(path: string): AsyncGenerator<CaseResult> {
  const folder = resolve(path);
  const own = CHECKERS[basename(folder)];
  if (own !== undefined) {
    yield* guarded(basename(folder), own(folder));
    return;
  }
  if (existsSync(join(folder, LCG_FILE))) yield* guarded('lcg_check', checkLcg(folder));
  for (const entry of (await readdir(folder, { withFileTypes: true })).filter((e) =>
    e.isDirectory(),
  )) {
    const check = CHECKERS[entry.name];
    if (check !== undefined) yield* guarded(entry.name, check(join(folder, entry.name)));
    else
      yield { kind: 'unsupported', name: entry.name, reason: 'nothing here replays this folder' };
  }
}

/** A checker that throws loses its remaining cases, and says so, but not those of the others. */
async function* guarded(
  name: string,
  results: AsyncGenerator<CaseResult>,
): AsyncGenerator<CaseResult> {
  try {
    yield* results;
  } catch (error) {
    yield { kind: 'broken', name, reason: error instanceof Error ? error.message : String(error) };
  }
}
