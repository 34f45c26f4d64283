/**
 * Brings the CUDA provider's libraries of exactly the installed ONNX Runtime, from the package that its makers publish on
 * NuGet, and lets nothing in whose SHA-512 is not the stated one. Run while the image is built.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as z from 'zod';

const PACKAGE_ID = 'microsoft.ml.onnxruntime.gpu.linux';
const LIBRARIES = ['libonnxruntime_providers_cuda.so', 'libonnxruntime_providers_shared.so'];
const FOLDER_IN_PACKAGE = 'runtimes/linux-x64/native';
const PACKAGE_BYTES_MAX = 4e9;

const settingsSchema = z.object({
  /** `none` leaves the libraries out: for machines without a GPU, and for trying the image. */
  CUDA_PROVIDER: z.enum(['nuget', 'none']),
  /** The service index of a NuGet feed, version 3. */
  CUDA_PROVIDER_FEED: z.url(),
  /** Base64 or hexadecimal. Empty = the one that the feed's catalog states for the package. */
  CUDA_PROVIDER_SHA512: z.string(),
});

const indexSchema = z.looseObject({
  resources: z.array(z.looseObject({ '@id': z.url(), '@type': z.string() })),
});
const leafSchema = z.looseObject({ catalogEntry: z.url() });
const entrySchema = z.looseObject({
  packageHash: z.string(),
  packageHashAlgorithm: z.literal('SHA512'),
});

/** The part of adm-zip that is used; ONNX Runtime brings it for its own installer. */
interface ZipReader {
  readFile(path: string): Buffer | null;
}

async function main(): Promise<void> {
  const settings = settingsSchema.parse(process.env);
  if (settings.CUDA_PROVIDER === 'none') {
    say('The CUDA provider is left out; only EXECUTION_PROVIDER=cpu will work.');
    return;
  }
  const runtimeFolder = dirname(
    createRequire(join(process.cwd(), 'package.json')).resolve('onnxruntime-node/package.json'),
  );
  const { version } = JSON.parse(readFileSync(join(runtimeFolder, 'package.json'), 'utf8')) as {
    version: string;
  };
  const { packages, registrations } = await readFeed(settings.CUDA_PROVIDER_FEED);
  const expected =
    settings.CUDA_PROVIDER_SHA512 === ''
      ? await readCatalogHash(registrations, version)
      : toHex(settings.CUDA_PROVIDER_SHA512);
  const url = `${packages}${PACKAGE_ID}/${version}/${PACKAGE_ID}.${version}.nupkg`;
  say(`Fetching ${url}`);
  const content = await fetchBytes(url);
  const found = createHash('sha512').update(content).digest('hex');
  say(`SHA-512 ${found}`);
  if (found !== expected) {
    throw new Error(
      `${url} does not have the expected SHA-512 ${expected}; nothing of it is used.`,
    );
  }
  unpack(content, join(runtimeFolder, 'bin', 'napi-v6', 'linux', 'x64'), runtimeFolder);
}

const say = (line: string) => process.stdout.write(`${line}\n`);

async function readFeed(feed: string): Promise<{ packages: string; registrations: string }> {
  const { resources } = indexSchema.parse(await fetchJson(feed));
  const find = (type: string) => {
    const address = resources.find((resource) => resource['@type'] === type)?.['@id'];
    if (address === undefined)
      throw new Error(`${feed} offers no ${type}; use a NuGet feed of version 3.`);
    return address.endsWith('/') ? address : `${address}/`;
  };
  return {
    packages: find('PackageBaseAddress/3.0.0'),
    registrations: find('RegistrationsBaseUrl/3.6.0'),
  };
}

async function readCatalogHash(registrations: string, version: string): Promise<string> {
  const leaf = leafSchema.parse(await fetchJson(`${registrations}${PACKAGE_ID}/${version}.json`));
  const entry = entrySchema.parse(await fetchJson(leaf.catalogEntry));
  return toHex(entry.packageHash);
}

function toHex(hash: string): string {
  const isHex = /^[0-9a-f]{128}$/i.test(hash);
  return isHex ? hash.toLowerCase() : Buffer.from(hash, 'base64').toString('hex');
}

async function fetchJson(url: string): Promise<unknown> {
  return JSON.parse((await fetchBytes(url)).toString('utf8'));
}

async function fetchBytes(url: string): Promise<Buffer> {
  const response = await fetch(url);
  if (!response.ok)
    throw new Error(`${url} answers ${response.status}; is that version of the package there?`);
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const bytes of response.body ?? []) {
    length += bytes.byteLength;
    if (length > PACKAGE_BYTES_MAX) throw new Error(`${url} is longer than any such file.`);
    pieces.push(bytes as Uint8Array);
  }
  return Buffer.concat(pieces);
}

function unpack(content: Buffer, folder: string, runtimeFolder: string): void {
  const Zip = createRequire(join(runtimeFolder, 'package.json'))('adm-zip') as new (
    content: Buffer,
  ) => ZipReader;
  const zip = new Zip(content);
  for (const name of LIBRARIES) {
    const library = zip.readFile(`${FOLDER_IN_PACKAGE}/${name}`);
    if (library === null) throw new Error(`The package holds no ${FOLDER_IN_PACKAGE}/${name}.`);
    writeFileSync(join(folder, name), library, { mode: 0o644 });
    say(`${name}: ${library.byteLength} bytes`);
  }
}

await main();
