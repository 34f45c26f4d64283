/** Puts the parts of Discord together: REST, gateway or signed HTTP, links to full pictures. */
import * as z from 'zod';
import type { Chat, ChatParts, ChatRoute } from './chat.ts';
import { createLinkSigner } from './core/signed-link.ts';
import type { ImagineService } from './core/service.ts';
import { createPictureEncoder } from './encode-pictures.ts';
import { createDiscordPlatform } from './platforms/discord/adapter.ts';
import { DiscordError, type DiscordApi } from './platforms/discord/api.ts';
import { connectGateway, type GatewayConnection } from './platforms/discord/gateway.ts';
import { DISCORD_LIMITS } from './platforms/discord/limits.ts';
import { createDiscordRest } from './platforms/discord/rest.ts';
import { readSecretKey } from './stores/secret-key.ts';

const applicationSchema = z.looseObject({ id: z.string(), name: z.string() });

/** Throws an Error with a sentence for a public key that is none. */
export function createDiscordChat(parts: ChatParts, token: string): Chat {
  const { config, clock, logger } = parts;
  const { DISCORD_API_URL: apiUrl, DISCORD_PUBLIC_KEY: publicKey } = config;
  const api = createDiscordRest({ token, apiUrl });
  const links = createLinks(parts);
  const discord = createDiscordPlatform({
    api,
    apiUrl,
    encoder: createPictureEncoder(),
    clock,
    logger,
    toLink: links?.toLink,
  });
  const http = publicKey === undefined ? undefined : discord.createHttp(publicKey);
  let gateway: GatewayConnection | undefined;
  return {
    platform: discord.platform,
    routes: [
      ...(http === undefined ? [] : [toInteractionRoute(http)]),
      ...(links === undefined ? [] : [links.route]),
    ],
    async start(service) {
      links?.serve(service);
      const { id, name } = await readApplication(api);
      await discord.start(service, id);
      if (http !== undefined) return `Discord: ${name} answers to signed requests`;
      const onInteraction = (raw: unknown) => void discord.receive(raw);
      gateway = await connectGateway({ token, apiUrl, logger, onInteraction });
      return `Discord: ${name} is connected`;
    },
    stop: async () => gateway?.close(),
  };
}

/** The first thing that is asked: a wrong token is known before anything else is done. */
async function readApplication(api: DiscordApi): Promise<z.infer<typeof applicationSchema>> {
  try {
    const path = '/applications/@me';
    return applicationSchema.parse(await api.request({ method: 'GET', path, isBot: true }));
  } catch (error) {
    if (error instanceof DiscordError && error.status === 401) {
      throw new Error(
        'Discord does not know DISCORD_TOKEN; copy it anew from the "Bot" page of your application.',
        { cause: error },
      );
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `The bot cannot join Discord (${reason}); try again, or leave DISCORD_TOKEN out.`,
      {
        cause: error,
      },
    );
  }
}

function toInteractionRoute(
  http: ReturnType<ReturnType<typeof createDiscordPlatform>['createHttp']>,
): ChatRoute {
  return {
    method: 'POST',
    path: '/discord/interactions',
    async answer(request) {
      const length = Number(request.headers.get('content-length') ?? Number.NaN);
      // Discord always tells the length; without one nothing is read at all.
      if (!(length <= DISCORD_LIMITS.interactionBytes)) return new Response(null, { status: 413 });
      const body = new Uint8Array(await request.arrayBuffer());
      const { status, body: json } = await http.answer({ headers: request.headers, body });
      return json === undefined ? new Response(null, { status }) : Response.json(json, { status });
    },
  };
}

interface Links {
  toLink: (jobId: string, index: number) => string;
  route: ChatRoute;
  serve: (service: ImagineService) => void;
}

/** Full pictures behind signed links; none without a public address. */
function createLinks({ config, clock }: ChatParts): Links | undefined {
  const { PUBLIC_URL: publicUrl } = config;
  if (publicUrl === undefined) return undefined;
  const signer = createLinkSigner(readSecretKey(config.DATA_DIR));
  let service: ImagineService | undefined;
  return {
    toLink: (jobId, index) =>
      new URL(signer.sign({ jobId, index }, clock.nowMs()), publicUrl).toString(),
    serve: (started) => {
      service = started;
    },
    route: {
      method: 'GET',
      path: '/files/:jobId/:index',
      async answer(request, { jobId = '', index = '' }) {
        const query = new URL(request.url).searchParams;
        const picture = { jobId, index: /^\d{1,2}$/.test(index) ? Number(index) : -1 };
        const given = {
          expires: query.get('expires') ?? undefined,
          signature: query.get('signature') ?? undefined,
          nowMs: clock.nowMs(),
        };
        const png = signer.isValid(picture, given)
          ? await service?.image(jobId, picture.index)
          : undefined;
        if (png === undefined) {
          return new Response('This link is over, or the picture is no longer kept.', {
            status: 404,
          });
        }
        const headers = { 'content-type': 'image/png', 'x-robots-tag': 'noindex' };
        return new Response(new Uint8Array(png), { headers });
      },
    },
  };
}
