/** What createImagineService needs, and every number and list of its behaviour that an operator may change. */
import type {
  Backend,
  ChatPlatform,
  Clock,
  ImageStore,
  JobStore,
  Logger,
  RandomSource,
} from './ports.ts';

export interface ServicePolicy {
  /** Pictures of a job when the command does not say: 4 makes a grid in a chat, 1 suits a terminal. */
  defaultCount: number;
  /** Jobs of one person that may be open at once. */
  openJobsPerUser: number;
  /** Jobs one person may start within any 60 seconds. */
  jobsPerUserPerMinute: number;
  /** Jobs followed at once; more wait in the store until one ends. */
  followersMax: number;
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
  openJobsPerUser: 13,
  jobsPerUserPerMinute: 30,
  followersMax: 200,
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
  /** Where cards are shown; a job's place names one of these. */
  platforms: readonly ChatPlatform[];
  clock: Clock;
  random: RandomSource;
  logger: Logger;
  policy?: Partial<ServicePolicy>;
}
