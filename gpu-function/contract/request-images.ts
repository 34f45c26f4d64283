/** The pictures inside a request: to count their bytes, to fetch them, to leave them out of a record. */
import type { GenerationRequest } from './generation-request.ts';
import type { ImageSource } from './image-source.ts';

/** The start image, the mask, the picture to enlarge: those that the request has. */
export function listImages(request: GenerationRequest): ImageSource[] {
  switch (request.kind) {
    case 'generate': {
      const mask = request.inpaint?.mask;
      const images = [request.startImage, mask?.kind === 'image' ? mask.image : undefined];
      return images.filter((image) => image !== undefined);
    }
    case 'upscale':
      return [request.image];
    case 'animate':
      return [];
  }
}

/** The same request with every picture replaced: a key by its bytes, or bytes by a key. */
export async function replaceImages(
  request: GenerationRequest,
  replace: (image: ImageSource) => Promise<ImageSource>,
): Promise<GenerationRequest> {
  switch (request.kind) {
    case 'generate': {
      const { startImage, inpaint } = request;
      if (startImage === undefined) return request;
      const replaced = { ...request, startImage: await replace(startImage) };
      if (inpaint?.mask.kind !== 'image') return replaced;
      const mask = { ...inpaint.mask, image: await replace(inpaint.mask.image) };
      return { ...replaced, inpaint: { ...inpaint, mask } };
    }
    case 'upscale':
      return { ...request, image: await replace(request.image) };
    case 'animate':
      return request;
  }
}
