/**
 * Finds the linear map from latents to colours that previews use, from pictures that the model draws itself:
 * `node models/fit-preview-map.ts FOLDER` prints the `previewMap` for the package's manifest.json and how far the
 * mapped colours are from the decoder's on average.
 */
import type { GenerateRequest } from '#contract/generation-request.ts';
import { loadImageModel } from '../gpu-function/onnx/image-model.ts';
import { denoise } from '../gpu-function/pipeline/denoise.ts';
import { encodePrompts } from '../gpu-function/pipeline/encode-prompt.ts';
import type { ImageModel, Tensor } from '../gpu-function/pipeline/ports.ts';
import { prepareConditioning } from '../gpu-function/pipeline/prepare-conditioning.ts';
import { prepareLatents } from '../gpu-function/pipeline/prepare-latents.ts';
import { resolveSettings } from '../gpu-function/pipeline/resolve-settings.ts';
import { tokenizePrompts } from '../gpu-function/pipeline/tokenize-prompts.ts';
import { planSampling } from '../gpu-function/sampling/plan-sampling.ts';
import { createLeastSquares } from './least-squares.ts';
import type { LeastSquares } from './least-squares.ts';

const COLOURS = ['red', 'orange', 'yellow', 'green', 'blue', 'purple', 'pink', 'brown', 'black'];
const THINGS = ['apple', 'car', 'cat', 'house', 'flower', 'fish at night', 'tree on grass'];
const CHANNELS = ['red', 'green', 'blue'] as const;
const DECIMALS = 4;

/** Latents as the network sees them, and what the decoder makes of them. */
interface DrawnPicture {
  latents: Tensor;
  picture: Tensor;
}

async function drawPicture(model: ImageModel, prompt: string, seed: number): Promise<DrawnPicture> {
  const request: GenerateRequest = {
    kind: 'generate',
    prompt,
    negativePrompt: '',
    size: { kind: 'default' },
    seed,
    count: 1,
  };
  const { settings } = resolveSettings(request, model);
  const plan = planSampling({ ...settings, scheduler: model.scheduler });
  const encoding = await encodePrompts(model, tokenizePrompts(model, settings).rows, 1);
  const conditioning = prepareConditioning({ model, settings, encoding });
  const start = prepareLatents({ model, settings, plan });
  const run = { report: () => undefined, isCanceled: () => false };
  const latents = await denoise({ model, settings, plan, start, conditioning, run });
  const data = latents.data.map((value) => value / model.scalingFactor + model.shiftFactor);
  return { latents, picture: await model.decode({ data, shape: latents.shape }) };
}

/** One observation for each latent cell: its channels and 1 → the mean colour of the pixels that it stands for. */
function forEachCell(
  drawn: DrawnPicture,
  visit: (inputs: readonly number[], colours: readonly number[]) => void,
): void {
  const [, channels = 0, height = 0, width = 0] = drawn.latents.shape;
  const plane = height * width;
  for (let cell = 0; cell < plane; cell++) {
    const place = { row: Math.floor(cell / width), column: cell % width };
    const inputs = Array.from(
      { length: channels },
      (_, channel) => drawn.latents.data[channel * plane + cell] ?? 0,
    );
    visit(
      [...inputs, 1],
      CHANNELS.map((_, colour) => meanOfPixels(drawn, colour, place)),
    );
  }
}

function meanOfPixels(
  { latents, picture }: DrawnPicture,
  colour: number,
  place: { row: number; column: number },
): number {
  const [, , heightPx = 0, widthPx = 0] = picture.shape;
  const side = heightPx / (latents.shape[2] ?? 1);
  let sum = 0;
  for (let y = place.row * side; y < (place.row + 1) * side; y++) {
    const start = (colour * heightPx + y) * widthPx + place.column * side;
    for (let at = start; at < start + side; at++) sum += picture.data[at] ?? 0;
  }
  return sum / side ** 2;
}

function toPreviewMap(fit: LeastSquares) {
  const rows = fit.solve().map((row) => row.map((value) => Number(value.toFixed(DECIMALS))));
  const column = (index: number) => rows.map((row) => row[index] ?? 0);
  const channels = (rows[0]?.length ?? 1) - 1;
  return {
    factors: Array.from({ length: channels }, (_, channel) => column(channel)),
    bias: column(channels),
  };
}

/** Mean absolute difference between mapped and decoded colours, of a range of 2. */
function measureError(
  drawn: readonly DrawnPicture[],
  map: ReturnType<typeof toPreviewMap>,
): number {
  let sum = 0;
  let count = 0;
  for (const picture of drawn) {
    forEachCell(picture, (inputs, colours) => {
      for (const [colour, wanted] of colours.entries()) {
        const row = [...map.factors, map.bias].map((factors) => factors[colour] ?? 0);
        const mapped = row.reduce(
          (total, factor, index) => total + factor * (inputs[index] ?? 0),
          0,
        );
        sum += Math.abs(Math.max(-1, Math.min(1, mapped)) - wanted);
        count++;
      }
    });
  }
  return sum / count;
}

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write(
    'Name the folder of a model package: node models/fit-preview-map.ts FOLDER\n',
  );
  process.exit(2);
}
const model = await loadImageModel(folder, { provider: 'cpu' });
const drawn: DrawnPicture[] = [];
for (const [index, thing] of THINGS.entries()) {
  for (const [shade, colour] of COLOURS.entries()) {
    drawn.push(await drawPicture(model, `a ${colour} ${thing}`, index * COLOURS.length + shade));
  }
}
await model.dispose();
const fit = createLeastSquares(model.latentChannels + 1, CHANNELS.length);
for (const picture of drawn) {
  forEachCell(picture, (inputs, colours) => fit.add(inputs, colours));
}
const previewMap = toPreviewMap(fit);
process.stdout.write(`${JSON.stringify({ previewMap }, undefined, 2)}\n`);
process.stderr.write(`Mean error ${measureError(drawn, previewMap).toFixed(3)} of 2.\n`);
