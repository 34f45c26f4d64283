/** Names and roles of people, which most deliveries leave out; looked up once in a while. */
import * as z from 'zod';
import type { User } from '../../core/ports.ts';
import type { PacerTime } from './call-pacer.ts';
import { SLACK_LIMITS } from './limits.ts';
import type { SlackApi } from './web-api.ts';

const PEOPLE_MAX = 5_000;

const infoSchema = z.looseObject({
  user: z.looseObject({
    name: z.string().optional(),
    is_admin: z.boolean().optional(),
    is_owner: z.boolean().optional(),
    profile: z.looseObject({ display_name: z.string().optional() }).optional(),
  }),
});

export interface People {
  /** The person with name and roles; as given when Slack does not tell. */
  describe(user: User): Promise<User>;
}

export function createPeople(api: SlackApi, time: PacerTime): People {
  const known = new Map<string, { user: User; untilMs: number }>();
  return {
    async describe(user) {
      const entry = known.get(user.id);
      if (entry !== undefined && entry.untilMs > time.nowMs()) return entry.user;
      try {
        const { user: info } = await api.call('users.info', infoSchema, { user: user.id });
        const isAdministrator = info.is_admin === true || info.is_owner === true;
        const name = info.profile?.display_name || info.name || user.name;
        const described = { id: user.id, name, isModerator: isAdministrator, isAdministrator };
        known.delete(user.id);
        known.set(user.id, { user: described, untilMs: time.nowMs() + SLACK_LIMITS.userCacheMs });
        const [oldest] = known.keys();
        if (known.size > PEOPLE_MAX && oldest !== undefined) known.delete(oldest);
        return described;
      } catch {
        return user;
      }
    },
  };
}
