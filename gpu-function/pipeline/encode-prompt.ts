/** Words to numbers: the text encoder's output, repeated for every picture of the job. */
import type { ImageModel, Tensor } from './ports.ts';

/**
 * The embedding for a batch of all pictures: [lists × count, tokens, width], each list's row repeated `count` times in a
 * row, so that with guidance all negatives come first. The encoder runs once, whatever the count.
 */
export async function encodePrompts(
  model: ImageModel,
  ids: readonly (readonly number[])[],
  count: number,
): Promise<Tensor> {
  const encoded = await model.encodePrompt(ids);
  const [lists = 0, tokens = 0, width = 0] = encoded.shape;
  if (count === 1) return encoded;
  const rowLength = tokens * width;
  const data = new Float32Array(lists * count * rowLength);
  for (let row = 0; row < lists * count; row++) {
    const source = Math.floor(row / count) * rowLength;
    data.set(encoded.data.subarray(source, source + rowLength), row * rowLength);
  }
  return { data, shape: [lists * count, tokens, width] };
}
