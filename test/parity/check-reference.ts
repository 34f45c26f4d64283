/** Finds what a folder of reference numbers holds and replays all of it. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { CaseResult } from './case-result.ts';
import { guarded } from './guarded.ts';
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

const PIPELINES = 'pipelines';

/** Name of a folder → what replays it. */
const CHECKERS: Readonly<Record<string, Checker>> = {
  forward_process: checkForwardProcess,
  image_processing: checkImageProcessing,
  [PIPELINES]: (folder) => checkPipelines(folder),
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
  const name = basename(folder);
  const own = CHECKERS[name];
  if (own !== undefined) yield* guarded(name, own(folder));
  else if (basename(dirname(folder)) === PIPELINES) {
    yield* guarded(name, checkPipelines(dirname(folder), name));
  } else yield* checkSubfolders(folder);
}

async function* checkSubfolders(folder: string): AsyncGenerator<CaseResult> {
  if (existsSync(join(folder, LCG_FILE))) yield* guarded('lcg_check', checkLcg(folder));
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  for (const name of names.sort()) {
    const check = CHECKERS[name];
    if (check !== undefined) yield* guarded(name, check(join(folder, name)));
    else yield { kind: 'unsupported', name, reason: 'nothing here replays this folder' };
  }
}
