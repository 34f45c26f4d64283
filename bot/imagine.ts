/** Composition root of the terminal: one command, drawn with the same core and the same engine as a chat's. */
import { randomInt, randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import pino from 'pino';
import { createBackend } from './backends/create-backend.ts';
import { parseConfig, type BotConfig } from './config.ts';
import { formatAction } from './core/action.ts';
import { createImagineService } from './core/imagine-service.ts';
import { PERMUTATIONS_MAX } from './core/permutations.ts';
import type { Attachment, ImagineService } from './core/service.ts';
import { DEFAULT_POLICY } from './core/service-policy.ts';
import {
  createTerminalPlatform,
  type FinishedJob,
  type TerminalPlatform,
} from './platforms/terminal/adapter.ts';
import { parseArguments, type TerminalOptions } from './platforms/terminal/parse.ts';
import { readAttachment } from './platforms/terminal/read-attachment.ts';
import { readRecipeFile } from './platforms/terminal/read-recipe-file.ts';
import { detectPreviewMode } from './platforms/terminal/render.ts';
import {
  EXIT_CODES,
  joinAnswers,
  toAnswer,
  toRefusal,
  type TerminalAnswer,
} from './platforms/terminal/result.ts';
import { formatTerminalHelp } from './platforms/terminal/help.ts';
import {
  findPathProblem,
  planPaths,
  toEnding,
  writePicture,
} from './platforms/terminal/write-files.ts';
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

/** The paths of each job's pictures, in the order of the jobs. */
async function writePictures(
  service: ImagineService,
  jobs: readonly FinishedJob[],
  outPath: string | undefined,
): Promise<string[][]> {
  const pictures = jobs.flatMap(({ card }) => card.images);
  const [first] = pictures;
  const title = jobs[0]?.card.title ?? '';
  const ending = first === undefined ? '.png' : toEnding(first.mediaType);
  const paths = planPaths(outPath, { title, count: pictures.length, ending });
  for (const [number, path] of paths.entries()) {
    const picture = pictures[number];
    const bytes = picture && (await service.image(picture.jobId, picture.index));
    if (bytes !== undefined) await writePicture(path, bytes);
  }
  return jobs.map(({ card }) => paths.splice(0, card.images.length));
}

type DrawOptions = TerminalOptions & { attachments: readonly Attachment[] };

/** Asks, waits for every job that the command makes, and writes the pictures. */
async function runCommand(
  service: ImagineService,
  platform: TerminalPlatform,
  options: DrawOptions,
): Promise<TerminalAnswer> {
  const user = { id: 'terminal', name: userName() };
  const text = options.commandText;
  const command = {
    text,
    user,
    place,
    deliveryId: randomUUID(),
    attachments: options.attachments,
  };
  const outcome = await service.imagine(command);
  if (outcome.kind === 'refused') return toRefusal(outcome.message, options.isJson);
  if (outcome.kind !== 'job' && outcome.kind !== 'jobs') {
    throw new Error(`A command cannot end as ${outcome.kind}.`);
  }
  const entries = outcome.kind === 'job' ? [outcome] : outcome.jobs;
  process.once('SIGINT', () => {
    // By the core, which ends jobs even when the image function cannot be reached, and never rejects.
    for (const { record } of entries) {
      const actionId = formatAction({ name: 'cancel', jobId: record.id, index: 0 });
      void service.act({ actionId, user, place, deliveryId: randomUUID() });
    }
  });
  const finished: FinishedJob[] = [];
  for (const { record } of entries) finished.push(await platform.finished(record.id));
  const paths = await writePictures(service, finished, options.outPath);
  return joinAnswers(
    finished.map((job, number) => toAnswer(job, paths[number] ?? [], options.isJson)),
  );
}

/** Starts everything, draws one command, and stops everything. */
async function draw(options: DrawOptions, config: BotConfig): Promise<TerminalAnswer> {
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
    policy: {
      defaultCount: 1,
      blockedTerms: config.BLOCKED_WORDS,
      // Who can type a command here can end it by Ctrl-C: nobody is asked back.
      unconfirmedJobs: PERMUTATIONS_MAX,
      quota: {
        ...DEFAULT_POLICY.quota,
        openJobs: PERMUTATIONS_MAX,
        jobsPerMinute: PERMUTATIONS_MAX,
      },
    },
  });
  try {
    await service.start();
    return await runCommand(service, platform, options);
  } finally {
    await service.stop();
    await gpuFunction.stop();
  }
}

/** Files are read before anything is started: a wrong name is told at once. */
async function drawFromFiles(options: TerminalOptions, config: BotConfig): Promise<TerminalAnswer> {
  const files = [
    ['image', options.imagePath],
    ['mask', options.maskPath],
  ] as const;
  const attachments: Attachment[] = [];
  for (const [role, path] of files) {
    if (path === undefined) continue;
    const read = await readAttachment(path, role);
    if (read.kind === 'refused') return toRefusal(read.message, options.isJson);
    attachments.push(read.attachment);
  }
  return draw({ ...options, attachments }, config);
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
  if (options.recipePath === undefined) return drawFromFiles(options, config.config);
  if (options.commandText !== '') {
    return toRefusal(
      '--recipe draws a picture again as it was; leave the prompt and the other flags out.',
      options.isJson,
    );
  }
  const recipe = await readRecipeFile(options.recipePath);
  if (recipe.kind === 'refused') return toRefusal(recipe.message, options.isJson);
  return draw({ ...options, commandText: recipe.commandText, attachments: [] }, config.config);
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
