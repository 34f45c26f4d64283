/** Listens to a run's previews, to make a clip of them when the pictures are done. */
import type { ClipFormat } from '#contract/generation-request.ts';
import type { JobEventBody, Preview } from '#contract/job-event.ts';
import type { PixelImage } from '../pixels.ts';
import type { EngineRun } from '../ports.ts';
import { makeClip, type ClipFile } from './make-clip.ts';

export interface ClipRecording {
  /** The run to draw with: everything is passed on. */
  run: Pick<EngineRun, 'report' | 'isCanceled'>;
  /** To be filled with the finished pictures, RGB. */
  pictures: PixelImage[];
  make(): Promise<ClipFile>;
}

export function recordClip(
  run: Pick<EngineRun, 'report' | 'isCanceled'>,
  format: ClipFormat,
): ClipRecording {
  const previews: Preview[] = [];
  const pictures: PixelImage[] = [];
  return {
    run: {
      isCanceled: () => run.isCanceled(),
      report(event: JobEventBody) {
        if (event.type === 'step-end' && event.preview !== undefined) previews.push(event.preview);
        run.report(event);
      },
    },
    pictures,
    make: () => makeClip(previews, pictures, format),
  };
}
