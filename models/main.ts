/**
 * `npm run models -- list | verify [ID]`: which models there are, and whether their files are whole.
 * Exit code 0: all well; 1: a package is broken; 2: the command was wrong.
 */
import { GenerationError } from '#contract/generation-error.ts';
import { nearestName } from '#contract/nearest-name.ts';
import { parseArgs } from 'node:util';
import {
  chooseDefaultId,
  describePackage,
  findPackages,
  modelFolders,
  unknownModel,
} from './store.ts';
import type { FoundPackage } from './store.ts';
import { toTable } from './text-table.ts';
import { verifyPackage } from './verify-package.ts';

const USAGE = 'Usage: npm run models -- list [--json] | verify [ID] [--json]';
const COMMANDS = ['list', 'verify'] as const;
const EXIT = { ok: 0, broken: 1, badCommand: 2 } as const;

interface Answer {
  exitCode: number;
  /** For programs. */
  json: unknown;
  /** For people. */
  text: string;
}

/** A mistake in what was typed; its message is one sentence. */
class CommandMistake extends Error {}

async function run(typed: readonly string[]): Promise<Answer> {
  const [command = 'list', id, ...rest] = typed;
  const found = await findPackages(modelFolders(readVariable('MODEL_DIR')));
  switch (COMMANDS.find((known) => known === command)) {
    case 'list':
      if (id !== undefined) throw new CommandMistake(`"list" takes no "${id}". ${USAGE}`);
      return list(found);
    case 'verify':
      if (rest.length > 0) throw new CommandMistake(`"verify" takes one id at most. ${USAGE}`);
      return verify(found, id);
    case undefined: {
      const nearest = nearestName(command, COMMANDS);
      const hint = nearest === undefined ? '' : ` Did you mean "${nearest}"?`;
      throw new CommandMistake(`There is no command "${command}".${hint} ${USAGE}`);
    }
  }
}

function list(found: readonly FoundPackage[]): Answer {
  const defaultId = chooseDefaultId(found, readVariable('DEFAULT_MODEL'));
  const models = found.map((entry) => ({
    ...describePackage(entry),
    isDefault: entry.id === defaultId,
  }));
  const rows = models.map((model) => [
    `${model.id}${model.isDefault ? ' (default)' : ''}`,
    model.problem === undefined ? `${model.defaults.widthPx}×${model.defaults.heightPx}` : '–',
    `${(model.sizeBytes / 1e6).toFixed(1)} MB`,
    model.licence,
    model.problem ?? 'ok',
  ]);
  return {
    exitCode: EXIT.ok,
    json: models,
    text:
      rows.length === 0
        ? 'There are no models; put a package into the folder that MODEL_DIR names.'
        : toTable(['ID', 'PICTURE', 'SIZE', 'LICENCE', 'STATE'], rows),
  };
}

async function verify(found: readonly FoundPackage[], id: string | undefined): Promise<Answer> {
  const chosen = id === undefined ? found : found.filter((entry) => entry.id === id);
  if (id !== undefined && chosen.length === 0) {
    throw unknownModel(
      id,
      found.map((entry) => entry.id),
    );
  }
  const verifications = [];
  for (const entry of chosen) verifications.push(await verifyPackage(entry));
  const rows = verifications.map((one) => [
    one.id,
    one.status,
    String(one.filesChecked),
    one.status === 'unproven' ? 'it has no manifest to compare with' : one.problems.join(' '),
  ]);
  return {
    exitCode: verifications.some((one) => one.status === 'broken') ? EXIT.broken : EXIT.ok,
    json: verifications,
    text: toTable(['ID', 'STATE', 'FILES', 'REMARK'], rows),
  };
}

/** Empty counts as left out, as everywhere. */
function readVariable(name: string): string | undefined {
  const value = process.env[name];
  return value === '' ? undefined : value;
}

function parseCommandLine() {
  try {
    return parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } });
  } catch (cause) {
    throw new CommandMistake(`The options cannot be read. ${USAGE}`, { cause });
  }
}

try {
  const { values, positionals } = parseCommandLine();
  const answer = await run(positionals);
  const output = values.json === true ? JSON.stringify(answer.json, undefined, 2) : answer.text;
  process.stdout.write(`${output}\n`);
  process.exitCode = answer.exitCode;
} catch (thrown) {
  if (!(thrown instanceof CommandMistake || thrown instanceof GenerationError)) throw thrown;
  process.stderr.write(`${thrown.message}\n`);
  process.exitCode = EXIT.badCommand;
}
