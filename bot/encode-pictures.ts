/** Pictures made to fit a chat, by the engine's own reader of picture files. */
import { encodeForViewing, readPictureSize } from '../gpu-function/pipeline/image-file.ts';
import type { PictureEncoder } from './core/picture-encoder.ts';

const PREVIEW_QUALITY = 70;
/** Lower quality first: up to there nobody sees it. Then fewer pixels. */
const QUALITIES = [95, 88, 78] as const;
const SCALE_STEP = 0.7;
const SIDE_PX_MIN = 128;

export function createPictureEncoder(): PictureEncoder {
  return {
    async enlargePreview(png, sidePx, format) {
      const bytes = await encodeForViewing(png, { format, quality: PREVIEW_QUALITY, sidePx });
      return { bytes, mediaType: format };
    },
    async shrinkPicture(png, bytesMax, format) {
      const { widthPx, heightPx } = await readPictureSize(png);
      let sidePx = Math.max(widthPx, heightPx);
      for (const quality of QUALITIES) {
        const bytes = await encodeForViewing(png, { format, quality, sidePx });
        if (bytes.byteLength <= bytesMax) return { bytes, mediaType: format };
      }
      while (sidePx * SCALE_STEP >= SIDE_PX_MIN) {
        sidePx = Math.floor(sidePx * SCALE_STEP);
        const quality = QUALITIES[2];
        const bytes = await encodeForViewing(png, { format, quality, sidePx });
        if (bytes.byteLength <= bytesMax) return { bytes, mediaType: format };
      }
      return undefined;
    },
  };
}
