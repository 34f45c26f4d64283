/** What a person prefers and what a space allows: small documents, checked whenever they are read. */
import * as z from 'zod';
import { SAMPLER_IDS } from '#contract/generation-request.ts';
import { LIMITS } from '#contract/limits.ts';
import type { PlatformName, UserKey } from './ports.ts';

const LIST_MAX = 200;
const name = z.string().min(1).max(LIMITS.nameCharacters);
const range = ({ min, max }: { min: number; max: number }) => z.number().min(min).max(max);
const wholeRange = ({ min, max }: { min: number; max: number }) => z.int().min(min).max(max);

/** Defaults of one person; a flag in the command always wins. */
export const userSettingsSchema = z.strictObject({
  modelId: name.optional(),
  style: name.optional(),
  aspect: z
    .strictObject({ width: wholeRange(LIMITS.aspectPart), height: wholeRange(LIMITS.aspectPart) })
    .optional(),
  count: wholeRange(LIMITS.count).optional(),
  steps: wholeRange(LIMITS.steps).optional(),
  guidanceScale: range(LIMITS.guidanceScale).optional(),
  sampler: z.enum(SAMPLER_IDS).optional(),
  negativePrompt: z.string().max(LIMITS.promptCharacters).optional(),
  /** Answers are for this person's eyes only. */
  isPrivate: z.boolean().optional(),
});
export type UserSettings = z.infer<typeof userSettingsSchema>;

/** How much one person may ask for. */
export const quotaSchema = z.strictObject({
  /** Jobs handed to the image function at once; more of them wait in the bot. */
  runningJobs: z.int().min(1).max(10_000),
  /** Jobs waiting or drawing. */
  openJobs: z.int().min(1).max(10_000),
  jobsPerMinute: z.int().min(1).max(10_000),
  jobsPerDay: z.int().min(1).max(1_000_000),
});
export type Quota = z.infer<typeof quotaSchema>;
const partialQuotaSchema = quotaSchema.partial();
export type PartialQuota = z.infer<typeof partialQuotaSchema>;

export const NSFW_RULES = ['block', 'age-restricted', 'spoiler'] as const;
/**
 * What happens to prompts for adults: refused, drawn in age-restricted channels alone, or drawn there and elsewhere
 * behind a spoiler.
 */
export type NsfwRule = (typeof NSFW_RULES)[number];

/** What an administrator allows in one server or workspace. Left out = what the operator allows. */
export const spacePolicySchema = z.strictObject({
  allowedModels: z.array(name).max(LIST_MAX).optional(),
  allowedChannelIds: z.array(name).max(LIST_MAX).optional(),
  blockedWords: z.array(z.string().min(1).max(100)).max(1_000).optional(),
  nsfwRule: z.enum(NSFW_RULES).optional(),
  stepsMax: wholeRange(LIMITS.steps).optional(),
  countMax: wholeRange(LIMITS.count).optional(),
  /** Lowers the operator's numbers, never raises them. */
  quota: partialQuotaSchema.optional(),
});
export type SpacePolicy = z.infer<typeof spacePolicySchema>;

export const toUserKey = ({ platform, userId }: UserKey): string => `user:${platform}:${userId}`;
export const toSpaceKey = (platform: PlatformName, spaceId: string): string =>
  `space:${platform}:${spaceId}`;
