/** `npm run models -- pull ID`: from the catalog, a hub, a bucket or a folder to where `npm start` looks. */
import { createInterface } from 'node:readline/promises';
import { FetchError } from '../fetch/byte-source.ts';
import { formatBytes } from '../fetch/disk-error.ts';
import { RETRY_POLICY } from '../fetch/retry.ts';
import { toLicenceLine } from '../pull/licences.ts';
import { parseTarget, type PullTarget } from '../pull/parse-target.ts';
import { pullPackage, type PullOutcome, type PullPlan } from '../pull/pull-package.ts';
import { createProgressDisplay, type ProgressDisplay } from '../pull/show-progress.ts';
import { createFolderSource } from '../sources/folder-source.ts';
import { createHubSource, DEFAULT_HUB } from '../sources/hub-source.ts';
import type { PackageSource } from '../sources/package-source.ts';
import { CommandMistake } from '../command-mistake.ts';
import { EXIT, readVariable, type Answer } from './answer.ts';

const MAX_GB_DEFAULT = 100;

export interface PullCommand {
  typed: string;
  /** The name to keep it under. */
  as: string | undefined;
  subfolder: string | undefined;
  variant: string | undefined;
  maxGb: string | undefined;
  acceptLicence: boolean;
  modelsFolder: string;
}

export async function pullModel(command: PullCommand): Promise<Answer> {
  const target = parseTarget(command.typed, command.as);
  const bytesMax = parseMaxGb(command.maxGb) * 1e9;
  const stopping = new AbortController();
  // The second Ctrl-C ends at once, as nobody listens any more.
  const stop = () => stopping.abort();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  let display: ProgressDisplay | undefined;
  try {
    const outcome = await pullPackage({
      target,
      source: await createSource(target),
      modelsFolder: command.modelsFolder,
      subfolder: command.subfolder,
      variant: command.variant,
      bytesMax,
      retry: RETRY_POLICY,
      signal: stopping.signal,
      progress: { onBytes: (doneBytes) => display?.onBytes(doneBytes) },
      async agree(plan) {
        say(describePlan(plan));
        if (target.kind === 'hub') await askForLicence(plan, command, stopping.signal);
        display = createProgressDisplay(plan.sizeBytes, createScreen());
      },
    });
    display?.end();
    return toAnswer(outcome);
  } catch (error) {
    display?.end();
    if (!stopping.signal.aborted) throw error;
    const text = 'Stopped; run the same command again, it goes on where it stopped.';
    return { exitCode: EXIT.stopped, json: { id: target.id, status: 'stopped' }, text };
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

function parseMaxGb(typed: string | undefined): number {
  if (typed === undefined) return MAX_GB_DEFAULT;
  const gigabytes = Number(typed);
  if (typed.trim() !== '' && gigabytes > 0 && gigabytes <= 1e6) return gigabytes;
  throw new CommandMistake(
    `--max-gb is "${typed.slice(0, 50)}"; it must be a number of gigabytes such as 20.`,
  );
}

/** The SDK is loaded by whoever needs it: it takes a while. */
async function createSource(target: PullTarget): Promise<PackageSource> {
  switch (target.kind) {
    case 'hub':
      return createHubSource({
        endpoint: readVariable('HF_ENDPOINT') ?? DEFAULT_HUB,
        token: readVariable('HF_TOKEN'),
        repository: target.repository,
        revision: target.revision,
        retry: RETRY_POLICY,
      });
    case 's3': {
      const { createS3Source } = await import('../sources/s3-source.ts');
      const redirected = readVariable('AWS_ENDPOINT_URL_S3') ?? readVariable('AWS_ENDPOINT_URL');
      return createS3Source({ ...target, isRedirected: redirected !== undefined });
    }
    case 'folder':
      return createFolderSource(target.folder);
  }
}

/** Standard output belongs to the answer. */
const say = (line: string) => process.stderr.write(`${line}\n`);

function describePlan({ id, listing, licence, fileCount, sizeBytes }: PullPlan): string {
  const at = listing.revision === undefined ? '' : ` at ${listing.revision.slice(0, 12)}`;
  return [
    `${id}: ${fileCount} files, ${formatBytes(sizeBytes)}, from ${listing.address}${at}`,
    `Licence: ${toLicenceLine(licence)}`,
  ].join('\n');
}

async function askForLicence(
  { id, licence }: PullPlan,
  { acceptLicence }: PullCommand,
  signal: AbortSignal,
): Promise<void> {
  if (acceptLicence) return;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new CommandMistake(
      `${id} comes under the licence ${licence.name}; add --accept-licence when you agree to it.`,
    );
  }
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  asking.once('SIGINT', () => process.emit('SIGINT'));
  try {
    const answer = await asking.question('Do you agree to it? [y/N] ', { signal });
    if (/^y(?:es)?$/i.test(answer.trim())) return;
  } finally {
    asking.close();
  }
  throw new FetchError(`${id} is not pulled, since its licence was not agreed to.`);
}

function createScreen() {
  return {
    isTerminal: process.stderr.isTTY,
    columns: process.stderr.columns || 80,
    write: (text: string) => void process.stderr.write(text),
    nowMs: () => performance.now(),
  };
}

function toAnswer(outcome: PullOutcome): Answer {
  const { id, listing } = outcome.plan;
  const json = { id, status: outcome.status, address: listing.address, revision: listing.revision };
  if (outcome.status === 'there-already') {
    return { exitCode: EXIT.ok, json, text: `${id} is there already, whole and unchanged.` };
  }
  const { found } = outcome;
  if (found.status === 'broken') {
    const text = `${id} arrived as its source has it, and cannot be used: ${found.error.message}`;
    return { exitCode: EXIT.failed, json: { ...json, problem: found.error.message }, text };
  }
  const condition =
    outcome.plan.licence.commercialUse === 'no'
      ? ' It is for non-commercial use alone: set NON_COMMERCIAL_MODELS=allow where yours is that.'
      : '';
  const text = `Pulled ${id}. Draw with it: npm run imagine -- "a red apple" --model ${id}${condition}`;
  return { exitCode: EXIT.ok, json, text };
}
