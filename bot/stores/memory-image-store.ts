/** Pictures in memory: for one command in a terminal, and for tests. Gone with the process. */
import type { JobId } from '#contract/job.ts';
import type { ImageStore } from '../core/ports.ts';

export function createMemoryImageStore(): ImageStore {
  return new MemoryImageStore();
}

class MemoryImageStore implements ImageStore {
  readonly #pictures = new Map<JobId, Map<number, Uint8Array>>();

  async put(jobId: JobId, index: number, png: Uint8Array): Promise<void> {
    const pictures = this.#pictures.get(jobId) ?? new Map<number, Uint8Array>();
    pictures.set(index, Uint8Array.from(png));
    this.#pictures.set(jobId, pictures);
  }

  async get(jobId: JobId, index: number): Promise<Uint8Array | undefined> {
    const png = this.#pictures.get(jobId)?.get(index);
    return png && Uint8Array.from(png);
  }

  async delete(jobId: JobId): Promise<void> {
    this.#pictures.delete(jobId);
  }
}
