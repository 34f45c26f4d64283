/** How far each way of changing a picture goes, where a person does not say. Tuned by eye on the built-in model. */
export const STRENGTHS = {
  /** Turns of the noise: of a picture that was drawn here. */
  variation: { subtle: 0.25, strong: 0.6 },
  /** Variations of a picture from elsewhere: image-to-image with its caption, or an empty word. */
  imageToImage: { subtle: 0.4, strong: 0.7, default: 0.7 },
  inpaint: 1,
  outpaint: 1,
  /** Models of tiny pictures take a part of a thing for another thing, so they may only sharpen. */
  creativeUpscale: { default: 0.2, tinyModel: 0.13 },
} as const;
