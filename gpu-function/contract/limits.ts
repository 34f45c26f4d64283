/** Every number that bounds a request, in one table. Schemas, messages and help texts are made from it. */
export const LIMITS = {
  promptCharacters: 2_000,
  /** 1,000 lets a DDPM draw with every timestep it was trained on. */
  steps: { min: 1, max: 1_000 },
  guidanceScale: { min: 0, max: 30 },
  guidanceRescale: { min: 0, max: 1 },
  /** torch.manual_seed takes 64 bits but its mt19937 is seeded with the low 32; Midjourney has the same range. */
  seed: { min: 0, max: 4_294_967_295 },
  count: { min: 1, max: 4 },
  sidePx: { min: 16, max: 2_048, multipleOf: 8 },
  /** Each part of an aspect ratio such as 16:9. */
  aspectPart: { min: 1, max: 100 },
  /** Neither side may be more than this many times the other. */
  aspectRatioMax: 4,
  /** Beyond this many times the area a model was trained on it repeats itself, and memory grows with the square. */
  areaTimesNativeMax: 4,
  strength: { min: 0, max: 1 },
  /** Variations of variations that one request may carry. */
  variations: { max: 16 },
  upscaleFactors: [2, 4],
  upscaleSidePxMax: 4_096,
  imageBytes: 16 * 1024 * 1024,
  nameCharacters: 100,
  /** Of the person, or the caller, that a job is drawn for. */
  ownerCharacters: 200,
} as const;

/** JSON body of a `PUT /jobs/{id}`: one inline picture as base64 (4/3 of its bytes) and room for the rest. */
export const JOB_BODY_BYTES_MAX = Math.ceil((LIMITS.imageBytes * 4) / 3) + 64 * 1024;
