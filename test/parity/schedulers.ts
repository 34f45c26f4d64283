/** schedulers: tables, noising, scaling, velocity and whole sampling loops of one configuration each. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { GenerationError } from '#contract/generation-error.ts';
import type { CaseResult } from './case-result.ts';
import { readReference } from './reference-file.ts';
import {
  readArguments,
  setTimestepsSchema,
  toReferenceSampler,
  toReferenceScheduler,
  toScheduleRequest,
} from './scheduler-case.ts';
import { schedulerCaseSchema, type SchedulerCase } from './scheduler-case-schema.ts';
import { checkSchedulerLoop } from './scheduler-loop.ts';
import { checkDefaults, checkFormulas, checkTables, type TableCase } from './scheduler-tables.ts';
import { checkTimestepsTable } from './timesteps-table.ts';

export async function* checkSchedulers(folder: string): AsyncGenerator<CaseResult> {
  const files = await readdir(folder, { recursive: true });
  for (const file of files.filter((path) => path.endsWith('.json')).sort()) {
    if (file === 'timesteps_table.json') yield* checkTimestepsTable(folder);
    else if (file !== 'index.json') yield* checkFile(folder, file);
  }
}

/** A file that cannot be read loses its own cases only. */
async function* checkFile(folder: string, file: string): AsyncGenerator<CaseResult> {
  let reference: SchedulerCase;
  try {
    reference = await readReference(join(folder, file), schedulerCaseSchema);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    yield { kind: 'broken', name: `schedulers ${file}`, reason };
    return;
  }
  const name = `schedulers ${reference.name}`;
  try {
    yield* checkCase(name, reference);
  } catch (error) {
    yield toFailure(name, error);
  }
}

async function* checkCase(name: string, reference: SchedulerCase): AsyncGenerator<CaseResult> {
  const scheduler = toReferenceScheduler(reference.scheduler, reference.config);
  if (!scheduler.isSupported) {
    yield { kind: 'unsupported', name, reason: scheduler.reason };
    return;
  }
  const given = readArguments(setTimestepsSchema, reference.set_timesteps);
  if ('unknown' in given) {
    const reason = `set_timesteps with ${given.unknown} is not built`;
    yield { kind: 'unsupported', name, reason };
    return;
  }
  const request = toScheduleRequest(scheduler, given.known);
  const sampler = toReferenceSampler(scheduler, request);
  const table: TableCase = { reference, scheduler, sampler };
  yield checkDefaults(name, table);
  yield* checkTables(name, table);
  if (hasFormulas(reference)) yield checkFormulas(name, table);
  for (const loop of reference.loops) {
    const loopName = `${name} ${loop.model}:${loop.mode}`;
    try {
      yield await checkSchedulerLoop(loopName, { loop, scheduler, request });
    } catch (error) {
      yield toFailure(loopName, error);
    }
  }
}

function hasFormulas(reference: SchedulerCase): boolean {
  const { add_noise, scale_noise, scale_model_input, get_velocity } = reference;
  const lists = [add_noise, scale_noise, scale_model_input];
  return lists.some((list) => (list?.length ?? 0) > 0) || Boolean(get_velocity);
}

/** What we refuse to draw is not supported; anything else that is thrown is a mistake of ours. */
function toFailure(name: string, error: unknown): CaseResult {
  const reason = error instanceof Error ? error.message : String(error);
  const isRefusal = error instanceof GenerationError && error.code === 'sampler-unsupported';
  return { kind: isRefusal ? 'unsupported' : 'broken', name, reason };
}
