/** A hub with a tiny package, and pulls from it, for the tests of one file. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { FetchError } from '../../models/fetch/byte-source.ts';
import { pullPackage, type PullOptions } from '../../models/pull/pull-package.ts';
import { parseTarget } from '../../models/pull/parse-target.ts';
import { createHubSource } from '../../models/sources/hub-source.ts';
import { createRepository, readFolder } from '../fakes/model-hub/repository.ts';
import { startModelHub, type ModelHub } from '../fakes/model-hub/start-model-hub.ts';
import { tinyModelFolder } from '../fixture-paths.ts';

export const PART_BYTES = 64 * 1024;
export const TOKEN = 'hf_secretsecretsecret';
export const contents = readFolder(tinyModelFolder);
export const UNET = 'unet/model.onnx';
export const UNET_BYTES = contents.get(UNET)?.length ?? 0;
export const tinyRepository = createRepository('ada/tiny', contents);

export interface PullSettings extends Partial<PullOptions> {
  token?: string;
  id?: string;
  endpoint?: string;
}

/** Starts before the file's first test; every test finds it well-behaved and with nothing noted. */
export function useTinyHub() {
  let hub: ModelHub;
  beforeAll(async () => {
    hub = await startModelHub({
      repositories: [
        tinyRepository,
        createRepository('ada/private', contents, { tokens: [TOKEN] }),
        createRepository('ada/gated', contents, { tokens: [TOKEN], isGated: true }),
      ],
      pageEntries: 4,
    });
  });
  afterAll(() => hub.stop());
  afterEach(() => {
    hub.behave();
    hub.add(tinyRepository);
    hub.requests.length = 0;
  });
  return {
    get hub() {
      return hub;
    },
    pull: (modelsFolder: string, settings: PullSettings = {}) =>
      pull(modelsFolder, { endpoint: hub.url, ...settings }),
    /** Of the files whose address matches. */
    bytesFromStore: (path: RegExp) =>
      hub.requests
        .filter(({ server, path: asked }) => server === 'store' && path.test(asked))
        .reduce((sum, { bytesSent }) => sum + bytesSent, 0),
  };
}

async function pull(modelsFolder: string, settings: PullSettings & { endpoint: string }) {
  const { token, id = 'ada/tiny', endpoint, ...options } = settings;
  const retry = { attemptsMax: 4, firstDelayMs: 1, delayMaxMs: 5, retryAfterMaxMs: 1_500 };
  const target = parseTarget(id);
  if (target.kind !== 'hub') throw new Error('not a hub address');
  const { repository, revision } = target;
  return pullPackage({
    target,
    source: createHubSource({ endpoint, token, repository, revision, retry }),
    modelsFolder,
    bytesMax: 1e9,
    retry,
    signal: new AbortController().signal,
    progress: {},
    download: { connections: 3, partBytes: PART_BYTES },
    agree: async () => undefined,
    ...options,
  });
}

/** The sentence of a pull that fails; marks what is no sentence. */
export const messageOf = (pulling: Promise<unknown>): Promise<string> =>
  pulling.then(
    () => 'it succeeded',
    (error: unknown) =>
      error instanceof FetchError ? error.message : `unexpected: ${String(error)}`,
  );

/** Files that are not byte for byte the hub's, and leftovers. */
export function findDifferences(folder: string): string[] {
  const different = [...contents].filter(([path, content]) => {
    const file = join(folder, path);
    return !existsSync(file) || !readFileSync(file).equals(content);
  });
  const left = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name.includes('partial'));
  return [...different.map(([path]) => path), ...left];
}

/** Matches the store's address of a file. */
export const oidOf = (path: string) =>
  new RegExp(tinyRepository.files.find((file) => file.path === path)?.lfsOid ?? 'none');

/** One bit of its first part. */
export function flipBit(content: Buffer): Buffer {
  const copy = Buffer.from(content);
  copy[1_000] = (copy[1_000] ?? 0) ^ 1;
  return copy;
}
