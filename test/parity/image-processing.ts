/** Pictures to network input and back, against Pillow and diffusers' image processor. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { toLatentMask } from '../../gpu-function/pipeline/editing/mask-plane.ts';
import { resolveMask } from '../../gpu-function/pipeline/editing/resolve-mask.ts';
import { decodeImageFile } from '../../gpu-function/pipeline/image-file.ts';
import { toPixels, toTensor } from '../../gpu-function/pipeline/pixels.ts';
import { fitToMultiple, resampleAsPillow } from '../../gpu-function/pipeline/resample-picture.ts';
import type { CaseResult } from './case-result.ts';
import { createComparison } from './comparison.ts';
import { readFloat32Npy, readNpy } from './read-npy.ts';
import { readReference } from './reference-file.ts';

const arrayFile = z.looseObject({ file: z.string() });
const caseSchema = z.discriminatedUnion('kind', [
  z.looseObject({
    kind: z.literal('image'),
    input: z.string(),
    args: z
      .strictObject({ height: z.int().nullish(), width: z.int().nullish() })
      .or(z.looseObject({ unknown: z.literal(true).default(true) }))
      .default({}),
    result: arrayFile,
  }),
  z.looseObject({
    kind: z.literal('mask'),
    input: z.string(),
    result: arrayFile,
    result_at_latent_size: arrayFile,
  }),
  z.looseObject({ kind: z.literal('postprocess'), input: arrayFile, uint8_result: arrayFile }),
]);

/** The picture is handed over beside it, decoded. */
const ANY_IMAGE_MASK = { kind: 'image', image: { kind: 'inline', base64: '' } } as const;

/** Start pictures are floored to whole latent cells of 8 pixels. */
const MULTIPLE_PX = 8;
/** One step of float32 at 1: the reference divides by 255 in another order. */
const FLOAT32_STEP = 2 ** -23;

/** `folder` is the reference's `image_processing`. */
export async function* checkImageProcessing(folder: string): AsyncGenerator<CaseResult> {
  const cases = await readReference(join(folder, 'cases.json'), z.array(caseSchema));
  for (const [index, entry] of cases.entries()) {
    const name = `image_processing ${entry.kind} #${index}`;
    const comparison = createComparison();
    switch (entry.kind) {
      case 'image': {
        if ('unknown' in entry.args) {
          const known = Object.keys(entry.args).find((argument) => argument !== 'unknown');
          yield { kind: 'unsupported', name, reason: `the argument ${known} is not built` };
          continue;
        }
        const { image } = await decodeImageFile(await readFile(join(folder, entry.input)));
        const expected = await readFloat32Npy(join(folder, entry.result.file));
        const fitted = fitToMultiple(image, MULTIPLE_PX);
        const { width = fitted.widthPx, height = fitted.heightPx } = entry.args;
        const sized =
          width === fitted.widthPx && height === fitted.heightPx
            ? fitted
            : resampleAsPillow(image, width ?? fitted.widthPx, height ?? fitted.heightPx);
        comparison.add(toTensor(sized).data, expected.data, FLOAT32_STEP);
        break;
      }
      case 'mask': {
        const { image } = await decodeImageFile(await readFile(join(folder, entry.input)));
        const { shape, data } = await readFloat32Npy(join(folder, entry.result.file));
        const [, , heightPx = 0, widthPx = 0] = shape;
        const mask = resolveMask(ANY_IMAGE_MASK, { heightPx, widthPx }, image);
        comparison.add(mask.values, data, 0);
        const latent = await readFloat32Npy(join(folder, entry.result_at_latent_size.file));
        comparison.add(toLatentMask(mask, MULTIPLE_PX), latent.data, 0);
        break;
      }
      case 'postprocess': {
        const decoded = await readFloat32Npy(join(folder, entry.input.file));
        const expected = await readNpy(join(folder, entry.uint8_result.file));
        comparison.add(toPixels(decoded).pixels, expected.data, 0);
        break;
      }
    }
    yield comparison.toResult(name);
  }
}
