/** One job that starts from a picture, on any engine, and its pictures as pixels. */
import sharp from 'sharp';
import { generateRequestSchema, type GenerateRequest } from '#contract/generation-request.ts';
import type * as z from 'zod';
import type { Engine } from '../../gpu-function/pipeline/ports.ts';
import type { PixelImage } from '../../gpu-function/pipeline/pixels.ts';
import { runEngine, type EngineTrial, type SucceededOutcome } from './run-engine.ts';

type RequestInput = Partial<z.input<typeof generateRequestSchema>>;

export function inline(file: Uint8Array): NonNullable<GenerateRequest['startImage']> {
  return { kind: 'inline', base64: Buffer.from(file).toString('base64') };
}

export function editRequest(file: Uint8Array | undefined, changes: RequestInput): GenerateRequest {
  return generateRequestSchema.parse({
    kind: 'generate',
    prompt: 'a red apple',
    seed: 7,
    ...(file === undefined ? {} : { startImage: inline(file) }),
    ...changes,
  });
}

export async function edit(
  engine: Engine,
  file: Uint8Array | undefined,
  changes: RequestInput,
): Promise<SucceededOutcome & Pick<EngineTrial, 'events'>> {
  const { outcome, events } = await runEngine(engine, editRequest(file, changes));
  if (outcome.status !== 'succeeded') throw new Error(`The job ended as ${outcome.status}`);
  return { ...outcome, events };
}

/** RGB. */
export async function toPixels(file: Uint8Array | undefined): Promise<PixelImage> {
  const { data, info } = await sharp(file)
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { pixels: data, widthPx: info.width, heightPx: info.height, channels: 3 };
}

/** Smooth, with an edge in it: what a drawing changes shows. */
export async function createPhotograph(widthPx: number, heightPx: number): Promise<Buffer> {
  const pixels = Uint8Array.from({ length: widthPx * heightPx * 3 }, (_, at) => {
    const [x, y] = [Math.floor(at / 3) % widthPx, Math.floor(at / 3 / widthPx)];
    return 120 + 60 * Math.sin(x / 9 + (at % 3)) + (y > heightPx / 2 ? 50 : -20);
  });
  return sharp(pixels, { raw: { width: widthPx, height: heightPx, channels: 3 } })
    .png()
    .toBuffer();
}
