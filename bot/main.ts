/** Composition root of the bot that stays: stores, GPU function, local chat page. */
import { randomInt } from 'node:crypto';
import pino from 'pino';
import { createBackend } from './backends/create-backend.ts';
import { createChats } from './chat.ts';
import { parseConfig, type BotConfig } from './config.ts';
import { createImagineService } from './core/imagine-service.ts';
import { readEnvironment } from './read-environment.ts';
import { openDiskImageStore } from './stores/disk-image-store.ts';
import { openSqliteStores } from './stores/open-sqlite-stores.ts';

const EXIT_CODE_REFUSED = 2;
const BYTES_PER_MEBIBYTE = 1024 * 1024;
const clock = { nowMs: () => Date.now() };

/** Secrets are cut out of every log line, wherever they stand in it. */
const REDACTED = ['token', '*.token', 'authorization', '*.authorization', '*.replyToken'];

interface RunningBot {
  /** What the operator reads: a line for each chat. */
  lines: string[];
  stop(): Promise<void>;
}

/** Starts the parts in the order in which they need each other. Throws an Error whose message is a sentence. */
async function startBot(config: BotConfig): Promise<RunningBot> {
  const logger = pino({ level: config.LOG_LEVEL, redact: REDACTED }, pino.destination(2));
  const { jobStore, settingsStore } = openSqliteStores({ dataDir: config.DATA_DIR, clock, logger });
  const imageStore = await openDiskImageStore({
    dataDir: config.DATA_DIR,
    bytesMax: config.IMAGES_MAX_MIB * BYTES_PER_MEBIBYTE,
  });
  const chats = await createChats({ config, clock, logger });
  const gpuFunction = createBackend({
    url: config.GPU_FUNCTION_URL,
    token: config.GPU_FUNCTION_TOKEN,
    // Room for every job that one person may have open: whoever finds the queue full comes later than those behind.
    environment: { QUEUE_PER_OWNER_MAX: String(config.OPEN_JOBS_PER_USER), ...process.env },
    logger,
  });
  const service = createImagineService({
    backend: gpuFunction.backend,
    jobStore,
    imageStore,
    settingsStore,
    platforms: chats.map(({ platform }) => platform),
    clock,
    random: () => randomInt(2 ** 32),
    logger,
    policy: {
      quota: {
        runningJobs: config.RUNNING_JOBS_PER_USER,
        openJobs: config.OPEN_JOBS_PER_USER,
        jobsPerMinute: config.JOBS_PER_MINUTE,
        jobsPerDay: config.JOBS_PER_DAY,
      },
      roleQuotas: config.ROLE_QUOTAS,
      nsfwRule: config.NSFW_RULE,
      logsPrompts: config.LOG_PROMPTS === '1',
      // Slack takes no WebP, and Discord shows GIF files in every client.
      clipFormats: { web: 'webp', discord: 'gif', slack: 'gif' },
      blockedTerms: config.BLOCKED_WORDS,
    },
  });
  const stop = async () => {
    await Promise.all(chats.map((chat) => chat.stop()));
    await service.stop();
    await gpuFunction.stop();
    await jobStore.close();
  };
  try {
    // Before any job is taken up: with a wrong setting every one of them would fail.
    await gpuFunction.checkSettings();
    const lines: string[] = [];
    for (const chat of chats) lines.push(await chat.start(service));
    await service.start();
    return { lines, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function readConfig(): BotConfig {
  const parsed = parseConfig(readEnvironment());
  if (parsed.kind === 'refused') throw new Error(parsed.message);
  return parsed.config;
}

try {
  const bot = await startBot(readConfig());
  process.stdout.write(`${bot.lines.join('\n')}\n`);
  const stopOnce = () => {
    // A second Ctrl-C is not waited for.
    process.once('SIGINT', () => process.exit(1));
    void bot.stop();
  };
  process.once('SIGINT', stopOnce);
  process.once('SIGTERM', stopOnce);
} catch (thrown) {
  process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exitCode = EXIT_CODE_REFUSED;
}
