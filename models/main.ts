/**
 * `npm run models -- list | pull ID[@revision] | verify [ID] | remove ID`: the models that there are and that there can be.
 * Exit code 0: all well; 1: a package is broken or did not come; 2: the command was wrong; 130: stopped by Ctrl-C.
 */
import { GenerationError } from '#contract/generation-error.ts';
import { nearestName } from '#contract/nearest-name.ts';
import { parseArgs } from 'node:util';
import { CommandMistake } from './command-mistake.ts';
import { EXIT, readVariable, type Answer } from './commands/answer.ts';
import { listCatalog, listModels } from './commands/list-models.ts';
import { pullModel } from './commands/pull-model.ts';
import { removeModel } from './commands/remove-model.ts';
import { verifyModels } from './commands/verify-models.ts';
import { FetchError } from './fetch/byte-source.ts';
import { DOWNLOADED_FOLDER, findPackages, modelFolders } from './store.ts';

const USAGE =
  'Usage: npm run models -- list [--catalog] | pull ID[@revision] [--accept-licence] [--as NAME] [--variant fp16] [--subfolder FOLDER] [--max-gb N] | verify [ID] | remove ID; each with --json.';
const COMMANDS = ['list', 'pull', 'verify', 'remove'] as const;

const OPTIONS = {
  json: { type: 'boolean' },
  catalog: { type: 'boolean' },
  'accept-licence': { type: 'boolean' },
  as: { type: 'string' },
  variant: { type: 'string' },
  subfolder: { type: 'string' },
  'max-gb': { type: 'string' },
} as const;

type Options = ReturnType<typeof parseCommandLine>['values'];

async function run(typed: readonly string[], options: Options): Promise<Answer> {
  const [command = 'list', id, ...rest] = typed;
  if (rest.length > 0) throw new CommandMistake(`"${command}" takes one id at most. ${USAGE}`);
  switch (COMMANDS.find((known) => known === command)) {
    case 'list':
      if (id !== undefined) throw new CommandMistake(`"list" takes no "${id}". ${USAGE}`);
      return options.catalog === true ? listCatalog() : listModels(await findAll());
    case 'pull':
      return pullModel({
        typed: requireId(command, id),
        as: options.as,
        subfolder: options.subfolder,
        variant: options.variant,
        maxGb: options['max-gb'],
        acceptLicence: options['accept-licence'] === true,
        modelsFolder: modelsFolder(),
      });
    case 'verify':
      return verifyModels(await findAll(), id);
    case 'remove':
      return removeModel(requireId(command, id), await findAll(), modelsFolder());
    case undefined: {
      const nearest = nearestName(command, COMMANDS);
      const hint = nearest === undefined ? '' : ` Did you mean "${nearest}"?`;
      throw new CommandMistake(`There is no command "${command}".${hint} ${USAGE}`);
    }
  }
}

const modelsFolder = () => readVariable('MODEL_DIR') ?? DOWNLOADED_FOLDER;
const findAll = () => findPackages(modelFolders(readVariable('MODEL_DIR')));

function requireId(command: string, id: string | undefined): string {
  if (id !== undefined) return id;
  throw new CommandMistake(`"${command}" needs to know which model. ${USAGE}`);
}

function parseCommandLine() {
  try {
    return parseArgs({ allowPositionals: true, options: OPTIONS });
  } catch (cause) {
    throw new CommandMistake(`The options cannot be read. ${USAGE}`, { cause });
  }
}

/** As the bot does, so that both look for models in the same folder. */
function loadEnvironmentFile(): void {
  try {
    process.loadEnvFile();
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'ENOENT') return;
    throw new CommandMistake(
      `.env cannot be read (${code}); make it a readable file, or remove it.`,
    );
  }
}

function toExitCode(thrown: unknown): number | undefined {
  if (thrown instanceof CommandMistake || thrown instanceof GenerationError) return EXIT.badCommand;
  return thrown instanceof FetchError ? EXIT.failed : undefined;
}

try {
  loadEnvironmentFile();
  const { values, positionals } = parseCommandLine();
  const answer = await run(positionals, values);
  const output = values.json === true ? JSON.stringify(answer.json, undefined, 2) : answer.text;
  process.stdout.write(`${output}\n`);
  process.exitCode = answer.exitCode;
} catch (thrown) {
  const exitCode = toExitCode(thrown);
  if (exitCode === undefined) throw thrown;
  process.stderr.write(`${(thrown as Error).message}\n`);
  process.exitCode = exitCode;
}
