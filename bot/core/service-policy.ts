/** What createImagineService needs, and every number and list of its behaviour that an operator may change. */
import type { ClipFormat } from '#contract/generation-request.ts';
import type {
  Backend,
  ChatPlatform,
  Clock,
  ImageStore,
  JobStore,
  Logger,
  PlatformName,
  RandomSource,
  SettingsStore,
} from './ports.ts';
import type { RoleQuotas } from './quota.ts';
import type { NsfwRule, Quota } from './settings.ts';

export interface ServicePolicy {
  /** Pictures of a job when the command does not say: 4 makes a grid in a chat, 1 suits a terminal. */
  defaultCount: number;
  /** How much everybody may ask for, and how much more some roles may. */
  quota: Quota;
  roleQuotas: RoleQuotas;
  /** Where pictures for adults may be drawn, unless a space says otherwise. */
  nsfwRule: NsfwRule;
  /** A command that makes more jobs than this is asked back about. */
  unconfirmedJobs: number;
  /** The form of moving pictures on each platform, and whether each job keeps its way from noise to picture. */
  clipFormats: Readonly<Partial<Record<PlatformName, ClipFormat>>>;
  /** Whether commands stand in the log. */
  logsPrompts: boolean;
  /** The same button pressed again by the same person within this time is one press. */
  doublePressMs: number;
  /**
   * False for a bot that does not stay, such as a Lambda: an accepted job is only stored, and whoever gets its news
   * visits it (see VisitingService).
   */
  followsJobs: boolean;
  /** Jobs followed at once; more wait in the store until one ends. */
  followersMax: number;
  /** What an hour of the machine that draws costs, in US dollars; with it each picture tells its own cost. */
  usdPerMachineHour: number | undefined;
  /** Words and phrases that are refused, on top of the rules that cannot be switched off. */
  blockedTerms: readonly string[];
  /** How far a variation's noise is turned towards the new seed, 0..1. */
  variationStrength: number;
  /** A job whose image function cannot be reached for this long fails with a sentence. */
  unreachableLimitMs: number;
  /** First and longest pause between two tries to reach the image function; each pause doubles. */
  retryPauseMs: { first: number; longest: number };
  /** How often a job is handed over again to an image function that has forgotten it. */
  resubmissionsMax: number;
  /** Running states are saved at most this often; a change of status and the end always are. */
  saveIntervalMs: number;
  /** How long the end of the bot waits for calls under way; the store has all that is needed to go on. */
  stopTimeoutMs: number;
}

/**
 * 0.35 keeps place, colour and shape of most things and still changes what one sees: slerp weights 0.85 and 0.52.
 * 3 running and 10 waiting is Midjourney's rule for one person, hence 13 open jobs.
 */
export const DEFAULT_POLICY: ServicePolicy = {
  defaultCount: 4,
  quota: { runningJobs: 1_000, openJobs: 13, jobsPerMinute: 30, jobsPerDay: 2_000 },
  roleQuotas: {},
  nsfwRule: 'age-restricted',
  unconfirmedJobs: 4,
  clipFormats: {},
  logsPrompts: false,
  doublePressMs: 2_000,
  followsJobs: true,
  followersMax: 200,
  usdPerMachineHour: undefined,
  blockedTerms: [],
  variationStrength: 0.35,
  unreachableLimitMs: 10 * 60_000,
  retryPauseMs: { first: 500, longest: 15_000 },
  resubmissionsMax: 5,
  saveIntervalMs: 1_000,
  stopTimeoutMs: 5_000,
};

export interface ImagineServiceOptions {
  backend: Backend;
  jobStore: JobStore;
  imageStore: ImageStore;
  settingsStore: SettingsStore;
  /** Where cards are shown; a job's place names one of these. */
  platforms: readonly ChatPlatform[];
  clock: Clock;
  random: RandomSource;
  logger: Logger;
  policy?: Partial<ServicePolicy>;
}
