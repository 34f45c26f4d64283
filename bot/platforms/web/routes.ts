/** The HTTP face of the local page: what each address does with the core. */
import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type * as z from 'zod';
import { describeIssue } from '#contract/describe-issue.ts';
import type { Logger } from '../../core/ports.ts';
import type { ImagineService } from '../../core/service.ts';
import { answer, refuse } from './answer.ts';
import type { EventHub } from './events.ts';
import { PLACE, USER } from './local-person.ts';
import { WEB_LIMITS } from './limits.ts';
import {
  actionBodySchema,
  completionBodySchema,
  historyQuerySchema,
  messageBodySchema,
  parseBody,
  parseChatLine,
} from './parse.ts';
import {
  toWebCard,
  type WebCompletions,
  type WebHistory,
  type WebModels,
  type WebOutcome,
} from './render.ts';
import { addPictureRoutes } from './picture-routes.ts';
import { readStaticFiles } from './static-files.ts';
import { findRefusal, SECURITY_HEADERS, type Purpose, type VerifyOptions } from './verify.ts';

export interface RouteOptions extends VerifyOptions {
  service: ImagineService;
  hub: EventHub;
  logger: Logger;
}

const PURPOSES: Readonly<Record<string, Purpose>> = { GET: 'read', HEAD: 'read' };

export function createRoutes(options: RouteOptions): Hono {
  const app = new Hono();
  const files = readStaticFiles();
  app.use(async (context, next) => {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) context.header(name, value);
    context.header('cache-control', 'no-store');
    const isPage = files.has(context.req.path);
    const purpose = PURPOSES[context.req.method] ?? 'write';
    const refusal = findRefusal(
      context.req.raw.headers,
      isPage && purpose === 'read' ? 'page' : purpose,
      options,
    );
    if (refusal !== undefined) return refuse(context, 403, refusal);
    await next();
  });
  for (const [path, file] of files) {
    app.get(path, (context) => {
      context.header('etag', file.entityTag);
      context.header('cache-control', 'no-cache');
      if (context.req.header('if-none-match') === file.entityTag) return context.body(null, 304);
      return context.body(file.bytes, 200, { 'content-type': file.mediaType });
    });
  }
  addReadRoutes(app, options);
  addPictureRoutes(app, options.service);
  addWriteRoutes(app, options.service);
  app.notFound((context) => refuse(context, 404, 'There is nothing at this address.'));
  app.onError((error, context) => {
    options.logger.error({ path: context.req.path, err: error }, 'a request to the page failed');
    return refuse(
      context,
      500,
      'Something went wrong in the bot; its log has the details. Try again.',
    );
  });
  return app;
}

function addReadRoutes(app: Hono, { service, hub }: RouteOptions): void {
  app.get('/api/history', async (context) => {
    const asked = context.req.query();
    const query = historyQuerySchema.safeParse(asked);
    if (!query.success) return refuse(context, 400, describeIssue(query.error, asked));
    const { before, limit } = query.data;
    // Taken before the cards are read: what changes meanwhile is told by the events again, which does no harm.
    const position = hub.position();
    const entries = await service.history({
      platform: PLACE.platform,
      channelId: PLACE.channelId,
      createdBeforeMs: before,
      limit,
    });
    const history: WebHistory = {
      cards: entries
        .map(({ record, card }) => hub.latest(record.id) ?? toWebCard(record, card))
        .toReversed(),
      hasMore: entries.length === limit,
      position,
    };
    return context.json(history);
  });

  app.get('/api/events', (context) => {
    const after = context.req.header('last-event-id') ?? context.req.query('after');
    const stream = hub.open(after);
    if (stream === undefined) {
      return refuse(context, 503, 'Too many windows are open on this page; close some of them.');
    }
    context.header('content-type', 'text/event-stream; charset=utf-8');
    // Asks proxies not to hold the stream back.
    context.header('x-accel-buffering', 'no');
    return context.body(stream);
  });

  app.get('/api/models', async (context) =>
    context.json({ models: await service.models() } satisfies WebModels),
  );
}

function addWriteRoutes(app: Hono, service: ImagineService): void {
  const limit = bodyLimit({
    maxSize: WEB_LIMITS.bodyBytes,
    onError: (context) =>
      refuse(
        context,
        413,
        `The message is too long; at most ${WEB_LIMITS.messageCharacters.toLocaleString('en')} characters fit.`,
      ),
  });
  app.post('/api/messages', limit, async (context) => {
    const body = await readBody(context, messageBodySchema);
    return body instanceof Response ? body : answerMessage(context, service, body);
  });
  app.post('/api/actions', limit, async (context) => {
    const body = await readBody(context, actionBodySchema);
    if (body instanceof Response) return body;
    return answer(context, await service.act({ ...body, user: USER, place: PLACE }));
  });
  app.post('/api/completions', limit, async (context) => {
    const body = await readBody(context, completionBodySchema);
    if (body instanceof Response) return body;
    const { text, cursor } = body;
    const completions = await service.complete(text, Math.min(cursor, text.length));
    return context.json({ completions } satisfies WebCompletions);
  });
  for (const path of ['/api/messages', '/api/actions', '/api/completions']) {
    app.all(path, (context) => {
      context.header('allow', 'POST');
      return refuse(context, 405, 'This address takes POST only.');
    });
  }
}

/**
 * The JSON body as a value of the schema, or the refusal.
 * A form of another site cannot send this type without asking first (CORS preflight), which is never granted.
 */
async function readBody<T extends object>(
  context: Context,
  schema: z.ZodType<T>,
): Promise<T | Response> {
  if (!/^application\/json\s*(;|$)/i.test(context.req.header('content-type') ?? '')) {
    return refuse(context, 415, 'The body must be JSON, with the content type application/json.');
  }
  const body = parseBody(schema, await context.req.text());
  return body.kind === 'body' ? body.value : refuse(context, 400, body.message);
}

async function answerMessage(
  context: Context,
  service: ImagineService,
  message: { text: string; deliveryId: string },
): Promise<Response> {
  const line = parseChatLine(message.text);
  if (line.kind === 'refused') return refuse(context, 422, line.message);
  const { name, text } = line;
  // The page shows these two in a form of its own.
  if (name === 'help') {
    return context.json({ kind: 'help', text: service.help() } satisfies WebOutcome);
  }
  if (name === 'models') {
    const models = await service.models();
    return context.json({ kind: 'models', models } satisfies WebOutcome);
  }
  const { deliveryId } = message;
  const asked = { text, deliveryId, user: USER, place: PLACE };
  return answer(context, await service.command(name, asked));
}
