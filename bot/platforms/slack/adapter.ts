/** Slack as a chat platform: deliveries come in by Socket Mode or signed HTTP, cards go out by the Web API. */
import { App } from '@slack/bolt';
import * as z from 'zod';
import type { PictureEncoder } from '../../core/picture-encoder.ts';
import type { ChatPlatform, Logger } from '../../core/ports.ts';
import type { ImagineService } from '../../core/service.ts';
import { CallPacer, type PacerTime } from './call-pacer.ts';
import { CardDelivery } from './deliver-card.ts';
import { downloadFile } from './download-file.ts';
import { DeliveryHandler, type DeliveryHandlerOptions } from './handle-delivery.ts';
import { SLACK_LIMITS } from './limits.ts';
import { parseDelivery } from './parse.ts';
import { createPeople } from './people.ts';
import { codeOf, MessagePoster } from './post-message.ts';
import { createReplier } from './reply.ts';
import { createResponder } from './response-url.ts';
import { createSendCall } from './send-call.ts';
import { createOutcomeView } from './show-outcome.ts';
import { EVENTS_PATH, SignedReceiver } from './signed-receiver.ts';
import { createSlackLog } from './slack-log.ts';
import { SocketConnections } from './socket-connections.ts';
import { createPictureUploader } from './upload-pictures.ts';
import { createViews } from './views.ts';
import { createSlackApi, type SlackApi } from './web-api.ts';

/** How Slack's deliveries reach the bot. */
export type SlackEntrance =
  | { kind: 'socket'; appToken: string }
  | { kind: 'http'; signingSecret: string };

export interface SlackPlatformOptions {
  botToken: string;
  entrance: SlackEntrance;
  /** Such as https://slack.com/api/ */
  apiUrl: string;
  time: PacerTime;
  encoder: PictureEncoder;
  logger: Logger;
}

export interface SlackPlatform {
  platform: ChatPlatform;
  /** Answers requests to EVENTS_PATH; none with Socket Mode. */
  answer: ((request: Request) => Promise<Response>) | undefined;
  /** Begins to take deliveries. Gives back a line for the operator. Throws an Error with a sentence. */
  start(service: ImagineService): Promise<string>;
  /** The work of a delivery that was checked and acknowledged elsewhere. For a platform that was attached. */
  finish(payload: unknown, receivedAtMs: number): Promise<void>;
  /** As start, but opens no entrance: deliveries come by finish. Throws an Error with a sentence. */
  attach(service: ImagineService): Promise<void>;
  stop(): Promise<void>;
}

interface Identity {
  botId: string;
  botUserId: string;
  botName: string;
  teamName: string;
}

export function createSlackPlatform(options: SlackPlatformOptions): SlackPlatform {
  const { apiUrl, time, logger, botToken: token } = options;
  const log = createSlackLog(logger);
  const pacer = new CallPacer(time);
  const api = createSlackApi({ send: createSendCall({ apiUrl, token, log }), pacer, time });
  const responder = createResponder({ time, apiUrl, fetch });
  let identity: Identity | undefined;
  const botName = () => identity?.botName ?? 'imagine';
  const poster = new MessagePoster({ api, pacer, responder, botName });
  const uploader = createPictureUploader({ api, time, fetch });
  let running: ImagineService | undefined;
  const findImage = async (jobId: string, index: number) => running?.image(jobId, index);
  const cards = new CardDelivery({ ...options, pacer, poster, uploader, responder, findImage });
  const replier = createReplier({ responder, poster, logger });
  const views = createViews({ api, cards, replier, logger });
  const people = createPeople(api, time);
  const entrance = openEntrance(options, log);
  const handlerParts = { uploader, responder, replier, people, views, time, logger };
  const createHandler = (service: ImagineService) =>
    new DeliveryHandler({
      ...handlerParts,
      service,
      answers: createOutcomeView({ service, cards, responder, replier, views }),
      download: toDownload(options),
    });
  let attached: DeliveryHandler | undefined;
  return {
    platform: toChatPlatform(cards),
    answer: entrance.answer,
    async start(service) {
      running = service;
      identity = await identify(api);
      const handler = createHandler(service);
      const app = createApp(identity, options, entrance.receivers[0]);
      entrance.init(app);
      app.use(async (delivered) => {
        const acknowledge = 'ack' in delivered ? (delivered.ack as AcknowledgeAny) : undefined;
        await handler.handle(parseDelivery(delivered.body, time.nowMs()), async (answer) => {
          await acknowledge?.(answer);
        });
      });
      await app.init();
      await entrance.start();
      const way = options.entrance.kind === 'socket' ? 'Socket Mode' : `requests to ${EVENTS_PATH}`;
      return `Slack: @${identity.botName} is in ${identity.teamName} by ${way}`;
    },
    async attach(service) {
      running = service;
      identity = await identify(api);
      attached = createHandler(service);
    },
    async finish(payload, receivedAtMs) {
      // Slack takes no answer with an acknowledgement that was sent already: refusals go by the response_url.
      await attached?.handle(parseDelivery(payload, receivedAtMs));
    },
    async stop() {
      cards.close();
      await entrance.stop();
    },
  };
}

const toChatPlatform = (cards: CardDelivery): ChatPlatform => ({
  name: 'slack',
  minimumUpdateIntervalMs: SLACK_LIMITS.previewIntervalMs,
  showCard: (record, card) => cards.show(record, card),
  removeCard: (record) => cards.remove(record),
});

const toDownload =
  ({ botToken: token, apiUrl }: SlackPlatformOptions): DeliveryHandlerOptions['download'] =>
  (file) =>
    downloadFile(file, { token, apiUrl, fetch });

type AcknowledgeAny = (answer?: unknown) => Promise<void>;

interface Entrance {
  receivers: readonly (SignedReceiver | SocketConnections['receivers'][number])[];
  init(app: App): void;
  answer: SlackPlatform['answer'];
  start(): Promise<void>;
  stop(): Promise<void>;
}

function openEntrance(
  options: SlackPlatformOptions,
  log: ReturnType<typeof createSlackLog>,
): Entrance {
  const { entrance, apiUrl, logger, time } = options;
  if (entrance.kind === 'socket') {
    const { appToken } = entrance;
    const connections = new SocketConnections({ appToken, apiUrl, log, logger });
    return {
      receivers: connections.receivers,
      init: (app) => connections.init(app),
      answer: undefined,
      start: () => connections.start(),
      stop: () => connections.stop(),
    };
  }
  const receiver = new SignedReceiver({
    signingSecret: entrance.signingSecret,
    nowMs: () => time.nowMs(),
  });
  return {
    receivers: [receiver],
    init: (app) => receiver.init(app),
    answer: (request) => receiver.answer(request),
    start: () => receiver.start(),
    stop: () => receiver.stop(),
  };
}

function createApp(
  { botId, botUserId }: Identity,
  { botToken, apiUrl, logger }: SlackPlatformOptions,
  receiver: Entrance['receivers'][number] | undefined,
): App {
  const app = new App({
    ...(receiver !== undefined && { receiver }),
    // Known already: nothing is asked again for each delivery.
    authorize: () => Promise.resolve({ botToken, botId, botUserId }),
    clientOptions: { slackApiUrl: apiUrl },
    logger: createSlackLog(logger),
    deferInitialization: true,
  });
  app.error((error) => {
    logger.error({ err: error }, 'a delivery of Slack failed');
    return Promise.resolve();
  });
  return app;
}

const authSchema = z.looseObject({
  user_id: z.string(),
  bot_id: z.string().default(''),
  user: z.string().default('imagine'),
  team: z.string().default('Slack'),
});

async function identify(api: SlackApi): Promise<Identity> {
  try {
    const {
      user_id: botUserId,
      bot_id: botId,
      user,
      team,
    } = await api.call('auth.test', authSchema, {});
    return { botId, botUserId, botName: user, teamName: team };
  } catch (error) {
    const code = codeOf(error);
    throw new Error(
      code === undefined
        ? 'Slack cannot be reached; look at the network of this machine and at SLACK_API_URL.'
        : `Slack does not accept SLACK_BOT_TOKEN (${code}); set it to the Bot User OAuth Token of the installed app, which begins with xoxb-.`,
      { cause: error },
    );
  }
}
