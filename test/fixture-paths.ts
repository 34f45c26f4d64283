/** Where the tests' own data lies. */
import { join } from 'node:path';

export const referenceFolder = join(import.meta.dirname, 'fixtures', 'reference');
/** A complete Stable Diffusion package of 0.9 MB; its pictures are colour noise. */
export const tinyModelFolder = join(referenceFolder, 'pipelines', 'sd15-tiny', 'onnx');
export const tinyFloat16ModelFolder = join(referenceFolder, 'pipelines', 'sd15-tiny', 'onnx-fp16');
