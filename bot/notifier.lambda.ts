/** Composition root of the notifier: does what people asked for, follows jobs, shows them. Woken by its queue. */
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { randomInt } from 'node:crypto';
import { createChatSecrets, type ChatSecrets } from './aws/chat-secrets.ts';
import { createCloudChats } from './aws/create-chats.ts';
import { createCloudParts } from './aws/create-cloud-bot.ts';
import type { Delivery } from './aws/delivery-message.ts';
import { readCloudEnvironment } from './aws/environment.ts';
import { handleNews, type QueueMessage } from './aws/handle-news.ts';
import { withHandOver } from './aws/hand-over.ts';
import { createLineLogger } from './aws/line-logger.ts';
import { sweep } from './aws/sweep.ts';
import { createVisitingBackend } from './aws/visiting-backend.ts';
import { createVisitingService } from './core/imagine-service.ts';

const clock = { nowMs: () => Date.now() };
const logger = createLineLogger();
const environment = readCloudEnvironment(process.env);
const parts = createCloudParts(environment, { clock, logger });
const backend = createVisitingBackend(parts.backend, parts.table);
const readSecrets = createChatSecrets({
  client: new SecretsManagerClient({}),
  secretId: environment.CHAT_SECRET,
  nowMs: clock.nowMs,
});

interface Bot {
  /** The bot is built anew when these have changed. */
  secrets: ChatSecrets;
  visit: (jobId: string) => Promise<void>;
  deliver: (delivery: Delivery) => Promise<void>;
}

let bot: Promise<Bot> | undefined;

async function createBot(secrets: ChatSecrets): Promise<Bot> {
  const chats = createCloudChats({ environment, secrets, clock, logger });
  const service = createVisitingService({
    ...parts,
    backend,
    platforms: chats.map(({ platform }) => platform),
    clock,
    logger,
    random: () => randomInt(2 ** 32),
    policy: { usdPerMachineHour: environment.USD_PER_MACHINE_HOUR },
  });
  const handingOver = withHandOver(service, { backend: parts.backend, logger });
  for (const chat of chats) await chat.attach(handingOver);
  return {
    secrets,
    visit: (jobId) => service.visit(jobId, backend.caughtUp(jobId)),
    async deliver(delivery) {
      const chat = chats.find(({ platform }) => platform.name === delivery.platform);
      if (chat === undefined) throw new Error(`this bot is not in ${delivery.platform}`);
      await chat.finish(delivery);
    },
  };
}

async function openBot(): Promise<Bot> {
  const secrets = await readSecrets();
  const known = await bot?.catch(() => undefined);
  if (known?.secrets === secrets) return known;
  bot = createBot(secrets);
  return bot;
}

interface QueueEvent {
  Records: readonly QueueMessage[];
}

/** News from the queue, or the clock's order to sweep. */
export async function handler(event: QueueEvent | { Records?: undefined }) {
  if (event.Records === undefined) {
    return { sweptJobs: await sweep({ ...parts, nowMs: clock.nowMs, logger }) };
  }
  const { visit, deliver } = await openBot();
  const failed = await handleNews(event.Records, { visit, deliver, logger });
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}
