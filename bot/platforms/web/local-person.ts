/** The person in front of this machine: the local page knows no accounts, and nobody else sees it. */
import type { Place, User } from '../../core/ports.ts';
import { WEB_CHANNEL_ID } from './limits.ts';

export const USER: User = { id: 'local', name: 'You', isModerator: true };
export const PLACE: Place = { platform: 'web', channelId: WEB_CHANNEL_ID, isAgeRestricted: true };
