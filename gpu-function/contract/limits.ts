/** Every number that bounds a request, in one table. Schemas, messages and help texts are made from it. */
export const LIMITS = {
  promptCharacters: 2_000,
  /** 1,000 lets a DDPM draw with every timestep it was trained on. */
  steps: { min: 1, max: 1_000 },
  guidanceScale: { min: 0, max: 30 },
  guidanceRescale: { min: 0, max: 1 },
  eta: { min: 0, max: 1 },
  sChurn: { min: 0, max: 1_000 },
  sNoise: { min: 0, max: 2 },
  clipSkip: { min: 1, max: 12 },
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
  /** How far from a mask's edge inwards the drawn picture is faded in. */
  featherPx: { min: 0, max: 256 },
  /** Surroundings of the mask that the model is shown where only the masked part is drawn. */
  paddingPx: { min: 0, max: 1_024 },
  /** Columns and rows of a mask that is picked cell by cell. */
  maskCells: { min: 1, max: 16 },
  /** How many times as wide the view becomes. */
  zoomFactor: { min: 1.1, max: 4 },
  /** How far the view moves, in sides of the picture. */
  panAmount: { min: 0.1, max: 1 },
  borderPx: { min: 0, max: 2_048 },
  /** A canvas that grows by panning ends here. */
  canvasSidePxMax: 4_096,
  /** Pictures of a prompt walk. */
  frames: { min: 2, max: 48 },
  framesPerSecond: { min: 1, max: 30 },
  /** An animated file: Discord takes 10 MiB from a bot, the smallest limit of the platforms. */
  clipBytes: 8 * 1024 * 1024,
  /** Variations of variations that one request may carry. */
  variations: { max: 16 },
  upscaleFactors: [2, 4],
  upscaleSidePxMax: 4_096,
  imageBytes: 16 * 1024 * 1024,
  maskBytes: 4 * 1024 * 1024,
  /** Either side of a picture that is sent; what is larger than a model or the canvas needs is made smaller. */
  sourceSidePxMax: 16_384,
  /** Pixels of a picture that is sent, all of them: a small file can hold a great many. */
  sourcePixelsMax: 64 * 1024 * 1024,
  imageKeyCharacters: 512,
  nameCharacters: 100,
  /** Of the person, or the caller, that a job is drawn for. */
  ownerCharacters: 200,
} as const;

/** JSON body of a `PUT /jobs/{id}`: an inline picture and a mask as base64 (4/3 of their bytes) and room for the rest. */
export const JOB_BODY_BYTES_MAX =
  Math.ceil(((LIMITS.imageBytes + LIMITS.maskBytes) * 4) / 3) + 64 * 1024;
