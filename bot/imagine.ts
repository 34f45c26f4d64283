/** Composition root of the terminal: one command, drawn with the same core and the same engine as a chat's. */
import { randomInt, randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import pino from 'pino';
import { createBackend } from './backends/create-backend.ts';
import { parseConfig, type BotConfig } from './config.ts';
import { formatAction } from './core/action.ts';
import { createImagineService } from './core/imagine-service.ts';
import type { ImagineService } from './core/service.ts';
import { createTerminalPlatform, type FinishedJob } from './platforms/terminal/adapter.ts';
import { parseArguments, type TerminalOptions } from './platforms/terminal/parse.ts';
import { readRecipeFile } from './platforms/terminal/read-recipe-file.ts';
import { detectPreviewMode } from './platforms/terminal/render.ts';
import {
  EXIT_CODES,
  toAnswer,
  toRefusal,
  type TerminalAnswer,
} from './platforms/terminal/result.ts';
import { formatTerminalHelp } from './platforms/terminal/help.ts';
import { findPathProblem, planPaths, writePicture } from './platforms/terminal/write-files.ts';
import { readEnvironment } from './read-environment.ts';
import { createMemoryImageStore } from './stores/memory-image-store.ts';
import { createMemoryJobStore } from './stores/memory-job-store.ts';
import { createMemorySettingsStore } from './stores/memory-settings-store.ts';

const clock = { nowMs: () => Date.now() };
/** Nobody sees it but the person at this machine. */
const place = { platform: 'terminal', channelId: 'terminal', isAgeRestricted: true } as const;

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a user id that has no name.
    return 'you';
  }
}

async function writePictures(
  service: ImagineService,
  { record, card }: FinishedJob,
  outPath: string | undefined,
): Promise<string[]> {
  const paths = planPaths(outPath, card.title, card.images.length);
  for (const [index, path] of paths.entries()) {
    const bytes = await service.image(record.id, index);
    if (bytes !== undefined) await writePicture(path, bytes);
  }
  return paths;
}

/** Starts everything, draws one command, and stops everything. */
async function draw(options: TerminalOptions, config: BotConfig): Promise<TerminalAnswer> {
  // What a person needs to know comes as a sentence; the log is for those who ask for it.
  const level = process.env['LOG_LEVEL'] === undefined ? 'silent' : config.LOG_LEVEL;
  const logger = pino({ level }, pino.destination(2));
  const gpuFunction = createBackend({
    url: config.GPU_FUNCTION_URL,
    token: config.GPU_FUNCTION_TOKEN,
    environment: { LOG_LEVEL: level, ...process.env },
    logger,
  });
  const { stderr } = process;
  const screen = {
    write: (text: string) => void stderr.write(text),
    isTerminal: stderr.isTTY,
    columns: () => stderr.columns ?? 80,
  };
  const previewMode =
    options.preview === 'auto' ? detectPreviewMode(process.env, stderr.isTTY) : options.preview;
  const platform = createTerminalPlatform({ screen, clock, previewMode, isQuiet: options.isQuiet });
  const service = createImagineService({
    backend: gpuFunction.backend,
    jobStore: createMemoryJobStore(),
    imageStore: createMemoryImageStore(),
    settingsStore: createMemorySettingsStore(clock),
    platforms: [platform],
    clock,
    random: () => randomInt(2 ** 32),
    logger,
    policy: { defaultCount: 1, blockedTerms: config.BLOCKED_WORDS },
  });
  try {
    await service.start();
    const user = { id: 'terminal', name: userName() };
    const text = options.commandText;
    const outcome = await service.imagine({ text, user, place, deliveryId: randomUUID() });
    if (outcome.kind === 'refused') return toRefusal(outcome.message, options.isJson);
    if (outcome.kind !== 'job') throw new Error(`A command cannot end as ${outcome.kind}.`);
    const { id } = outcome.record;
    const actionId = formatAction({ name: 'cancel', jobId: id, index: 0 });
    process.once('SIGINT', () => {
      // By the core, which ends the job even when the image function cannot be reached, and never rejects.
      void service.act({ actionId, user, place, deliveryId: randomUUID() });
    });
    const finished = await platform.finished(id);
    const isDrawn = finished.record.state.status === 'succeeded';
    const paths = isDrawn ? await writePictures(service, finished, options.outPath) : [];
    return toAnswer(finished, paths, options.isJson);
  } finally {
    await service.stop();
    await gpuFunction.stop();
  }
}

async function answer(argv: readonly string[]): Promise<TerminalAnswer> {
  const parsed = parseArguments(argv);
  if (parsed.kind === 'refused') return toRefusal(parsed.message, argv.includes('--json'));
  const { options } = parsed;
  if (options.isHelp)
    return { exitCode: EXIT_CODES.drawn, output: formatTerminalHelp(), message: '' };
  const config = parseConfig(readEnvironment());
  if (config.kind === 'refused') return toRefusal(config.message, options.isJson);
  const problem = await findPathProblem(options.outPath);
  if (problem !== undefined) return toRefusal(problem, options.isJson);
  if (options.recipePath === undefined) return draw(options, config.config);
  if (options.commandText !== '') {
    return toRefusal(
      '--recipe draws a picture again as it was; leave the prompt and the other flags out.',
      options.isJson,
    );
  }
  const recipe = await readRecipeFile(options.recipePath);
  if (recipe.kind === 'refused') return toRefusal(recipe.message, options.isJson);
  return draw({ ...options, commandText: recipe.commandText }, config.config);
}

try {
  const { exitCode, output, message } = await answer(process.argv.slice(2));
  process.stderr.write(message);
  process.stdout.write(output);
  process.exitCode = exitCode;
} catch (thrown) {
  const isFileProblem = thrown instanceof Error && 'code' in thrown && 'path' in thrown;
  process.stderr.write(
    isFileProblem
      ? `${String(thrown.path)} cannot be written (${String(thrown.code)}); choose another place with --out.\n`
      : `Something went wrong: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`,
  );
  process.exitCode = EXIT_CODES.failed;
}
