/** The bytes of a picture that a request carries. */
import { GenerationError } from '#contract/generation-error.ts';
import type { ImageSource } from '#contract/image-source.ts';

/** Throws GenerationError `image-unknown` for a key: whoever runs the engine has replaced it by the bytes before. */
export function readSource(source: ImageSource): Buffer {
  switch (source.kind) {
    case 'inline':
      return Buffer.from(source.base64, 'base64');
    case 'stored':
      throw new GenerationError(
        'image-unknown',
        `There is no picture ${source.key} here (any more); send the picture itself.`,
      );
  }
}
