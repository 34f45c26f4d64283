/** The quiet half of the scripted service: settings, queue and gallery of one person, kept in memory. */
import { describeInfo } from '../../bot/core/describe-info.ts';
import type { CommandName } from '../../bot/core/command-names.ts';
import { CommandError } from '../../bot/core/command-error.ts';
import type { Place } from '../../bot/core/ports.ts';
import { runCommand } from '../../bot/core/run-command.ts';
import type {
  Asker,
  CommandMessage,
  GalleryPage,
  ImagineService,
  JobEntry,
  KeptPicture,
  Notice,
  Outcome,
  PictureMessage,
  QueueView,
} from '../../bot/core/service.ts';
import { DEFAULT_POLICY } from '../../bot/core/service-policy.ts';
import type { SpacePolicy, UserSettings } from '../../bot/core/settings.ts';
import { SCRIPTED_MODEL } from './scripted-texts.ts';

export abstract class ScriptedDesk {
  #settings: UserSettings = {};

  /** All jobs, newest first. */
  protected abstract entries(): JobEntry[];
  protected abstract service(): ImagineService;

  async picture({ picture }: PictureMessage): Promise<Outcome> {
    const entry =
      'bytes' in picture
        ? this.entries()[0]
        : this.entries().find(({ record }) => record.id === picture.jobId);
    if (entry !== undefined) return { kind: 'card', ...entry };
    return { kind: 'refused', message: 'There is no such picture.' };
  }

  async keep(): Promise<KeptPicture> {
    const [entry] = this.entries();
    if (entry === undefined) return { kind: 'refused', message: 'There is nothing to keep.' };
    return { kind: 'kept', picture: { jobId: entry.record.id, index: 0 } };
  }

  async command(name: CommandName, message: CommandMessage): Promise<Outcome> {
    try {
      return await runCommand(name, message, this.service());
    } catch (error) {
      if (error instanceof CommandError) return { kind: 'refused', message: error.message };
      throw error;
    }
  }

  async wantsPrivate(): Promise<boolean> {
    return this.#settings.isPrivate ?? false;
  }

  async gallery({ limit }: { limit: number }): Promise<GalleryPage> {
    const done = this.entries().filter(({ record }) => record.state.status === 'succeeded');
    return { entries: done.slice(0, limit) };
  }

  async queue(): Promise<QueueView> {
    const own = this.entries().filter(({ card }) => !card.isFinal);
    const used = { openJobs: own.length, jobsPerMinute: own.length, jobsPerDay: own.length };
    return { own, openJobs: own.length, people: 1, used, quota: DEFAULT_POLICY.quota };
  }

  async settings(): Promise<UserSettings> {
    return this.#settings;
  }

  async changeSettings(_asker: Asker, changes: Partial<UserSettings>): Promise<UserSettings> {
    this.#settings = { ...this.#settings, ...changes };
    return this.#settings;
  }

  async spacePolicy(_place: Place): Promise<SpacePolicy> {
    return {};
  }

  changeSpacePolicy(): Promise<SpacePolicy> {
    return Promise.reject(new CommandError('There is no server or workspace here.'));
  }

  async placeGone(): Promise<void> {}

  async info(): Promise<Notice> {
    const facts = { models: [SCRIPTED_MODEL], jobMs: 1_900, uptimeMs: 60_000 };
    return describeInfo({ ...facts, health: undefined, openJobs: (await this.queue()).openJobs });
  }
}
