/** Reads and changes the settings of people and the policies of spaces. What cannot be read counts as not set. */
import type * as z from 'zod';
import { describeIssue } from '#contract/describe-issue.ts';
import { CommandError } from './command-error.ts';
import type { Logger, Place, SettingsStore } from './ports.ts';
import type { Asker } from './service.ts';
import {
  spacePolicySchema,
  toSpaceKey,
  toUserKey,
  userSettingsSchema,
  type SpacePolicy,
  type UserSettings,
} from './settings.ts';

/** Two windows of one person may write at once; more tries would mean that something is broken. */
const WRITE_TRIES = 5;

export interface DeskOptions {
  settingsStore: SettingsStore;
  logger: Logger;
}

export class SettingsDesk {
  readonly #options: DeskOptions;

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  async user({ user, place }: Asker): Promise<UserSettings> {
    const key = toUserKey({ platform: place.platform, userId: user.id });
    return (await this.#read(key, userSettingsSchema)).value;
  }

  /** Throws CommandError when the settings as a whole are not possible. */
  changeUser({ user, place }: Asker, changes: Partial<UserSettings>): Promise<UserSettings> {
    const key = toUserKey({ platform: place.platform, userId: user.id });
    return this.#change(key, userSettingsSchema, changes);
  }

  async space({ platform, spaceId }: Place): Promise<SpacePolicy> {
    if (spaceId === undefined) return {};
    return (await this.#read(toSpaceKey(platform, spaceId), spacePolicySchema)).value;
  }

  /** Throws CommandError where there is no space, for others than administrators, and for what is not possible. */
  async changeSpace({ user, place }: Asker, changes: Partial<SpacePolicy>): Promise<SpacePolicy> {
    if (place.spaceId === undefined) {
      throw new CommandError('There is no server or workspace here whose rules could be set.');
    }
    if (!user.isAdministrator) {
      throw new CommandError('Only an administrator may change what is allowed here.');
    }
    return this.#change(toSpaceKey(place.platform, place.spaceId), spacePolicySchema, changes);
  }

  async #read<T>(key: string, schema: z.ZodType<T>): Promise<{ value: T; version: number }> {
    const stored = await this.#options.settingsStore.get(key);
    const parsed = schema.safeParse(stored?.value ?? {});
    const version = stored?.version ?? 0;
    if (parsed.success) return { value: parsed.data, version };
    this.#options.logger.error({ key, err: parsed.error }, 'stored settings could not be read');
    return { value: schema.parse({}), version };
  }

  async #change<T extends object>(
    key: string,
    schema: z.ZodType<T>,
    changes: Partial<T>,
  ): Promise<T> {
    for (let trial = 1; trial <= WRITE_TRIES; trial += 1) {
      const { value, version } = await this.#read(key, schema);
      const changed = { ...value, ...changes };
      const parsed = schema.safeParse(changed);
      if (!parsed.success) {
        throw new CommandError(describeIssue(parsed.error, changed, 'The setting'));
      }
      const condition = { expectedVersion: version };
      if (await this.#options.settingsStore.put(key, parsed.data, condition)) return parsed.data;
    }
    throw new CommandError('Somebody else is changing these settings; try again in a moment.');
  }
}
