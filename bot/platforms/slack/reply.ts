/** Short words to the person who asked, in the first way that works. */
import type { Logger, Place, User } from '../../core/ports.ts';
import { codeOf, type MessagePoster } from './post-message.ts';
import type { SlackMessage } from './render.ts';
import type { Responder } from './response-url.ts';

export interface ReplierOptions {
  responder: Responder;
  poster: MessagePoster;
  logger: Logger;
}

export interface Replier {
  /** Never rejects: whoever cannot be told is noted in the log. */
  say(to: { place: Place; user: User }, message: SlackMessage): Promise<void>;
}

export function createReplier({ responder, poster, logger }: ReplierOptions): Replier {
  async function write(
    { place, user }: { place: Place; user: User },
    message: SlackMessage,
  ): Promise<void> {
    if (await responder.respond(place, message)) return;
    if (place.isDirect !== true) {
      try {
        await poster.postEphemeral({ place, user }, message);
        return;
      } catch (error) {
        if (codeOf(error) === undefined) throw error;
      }
    }
    await poster.postDirectly({ place, user }, message);
  }
  return {
    async say(to, message) {
      try {
        await write(to, message);
      } catch (error) {
        logger.warn({ err: error }, 'a person could not be answered');
      }
    },
  };
}
