/** What every place that holds packages must do: list what is there, and give exactly the bytes that are asked for. */
import { expect, test } from 'vitest';
import { FetchError } from '../../models/fetch/byte-source.ts';
import type { PackageSource } from '../../models/sources/package-source.ts';

export interface SourceTrial {
  /** Of a place that holds the contents. */
  source: PackageSource;
  /** Of a place of the same kind that holds nothing. */
  missing: PackageSource;
}

const never = new AbortController().signal;

export function describePackageSource(
  contents: ReadonlyMap<string, Buffer>,
  open: () => Promise<SourceTrial>,
): void {
  async function read(source: PackageSource, path: string, start: number, end: number) {
    const listing = await source.list(never);
    const file = listing.files.find((one) => one.path === path);
    if (file === undefined) throw new Error(`${path} is not listed`);
    const pieces: Uint8Array[] = [];
    for await (const bytes of source.read(file, { start, end }, never)) pieces.push(bytes);
    return Buffer.concat(pieces);
  }

  test('lists every file with its length', async () => {
    const { source } = await open();
    const { files } = await source.list(never);
    expect(new Map(files.map(({ path, sizeBytes }) => [path, sizeBytes]))).toEqual(
      new Map([...contents].map(([path, content]) => [path, content.length])),
    );
  });

  test('gives any range of a file', async () => {
    const { source } = await open();
    const path = 'unet/model.onnx';
    const content = contents.get(path) ?? Buffer.alloc(0);
    for (const [start, end] of [
      [0, content.length],
      [0, 1],
      [100_000, 200_001],
      [content.length - 1, content.length],
    ] as const) {
      expect((await read(source, path, start, end)).equals(content.subarray(start, end))).toBe(
        true,
      );
    }
  });

  test('says in a sentence that nothing is there', async () => {
    const { missing } = await open();
    const answer = await missing.list(never).then(
      // A bucket knows no folders: an empty list is all that it can say.
      ({ files }) => `${files.length} files`,
      (thrown: unknown) => (thrown instanceof FetchError ? thrown.message : 'no sentence'),
    );
    expect(answer).toMatch(/^0 files$|^.+ .+\.$/);
  });
}
