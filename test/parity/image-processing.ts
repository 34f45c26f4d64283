/** Pictures to network input and back, against Pillow and diffusers' image processor. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { decodeImageFile } from '../../gpu-function/pipeline/image-file.ts';
import { toPixels, toTensor } from '../../gpu-function/pipeline/pixels.ts';
import { fitToMultiple } from '../../gpu-function/pipeline/resample-picture.ts';
import type { CaseResult } from './case-result.ts';
import { createComparison } from './comparison.ts';
import { readFloat32Npy, readNpy } from './read-npy.ts';
import { readReference } from './reference-file.ts';

const arrayFile = z.looseObject({ file: z.string() });
const caseSchema = z.discriminatedUnion('kind', [
  z.looseObject({
    kind: z.literal('image'),
    input: z.string(),
    args: z.looseObject({}).default({}),
    result: arrayFile,
  }),
  z.looseObject({ kind: z.literal('mask') }),
  z.looseObject({ kind: z.literal('postprocess'), input: arrayFile, uint8_result: arrayFile }),
]);

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
        if (Object.keys(entry.args).length > 0) {
          yield { kind: 'unsupported', name, reason: 'a size of its own is not built' };
          continue;
        }
        const { image } = await decodeImageFile(await readFile(join(folder, entry.input)));
        const expected = await readFloat32Npy(join(folder, entry.result.file));
        comparison.add(
          toTensor(fitToMultiple(image, MULTIPLE_PX)).data,
          expected.data,
          FLOAT32_STEP,
        );
        break;
      }
      case 'mask':
        yield { kind: 'unsupported', name, reason: 'inpainting is not built' };
        continue;
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
