/** The CUDA provider's libraries come from a feed, of the runtime's very version, and only with the stated checksum. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeTemporaryFolder } from '../fakes/temporary-folder.ts';

const SCRIPT = join(import.meta.dirname, '../../gpu-function/container/fetch-cuda-provider.ts');
const VERSION = '9.8.7';
const ID = 'microsoft.ml.onnxruntime.gpu.linux';
const CUDA = 'libonnxruntime_providers_cuda.so';
const SHARED = 'libonnxruntime_providers_shared.so';

const runtimePackage = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
const zipFolder = dirname(createRequire(runtimePackage).resolve('adm-zip/package.json'));
const Zip = createRequire(runtimePackage)('adm-zip') as new () => {
  addFile(path: string, content: Buffer): void;
  toBuffer(): Buffer;
};

function makePackage(): Buffer {
  const zip = new Zip();
  for (const name of [CUDA, SHARED, 'libonnxruntime_providers_tensorrt.so']) {
    zip.addFile(`runtimes/linux-x64/native/${name}`, Buffer.from(`the bytes of ${name}`));
  }
  return zip.toBuffer();
}

const content = makePackage();
const hash = createHash('sha512').update(content).digest();
let feed: Server;
let url: string;
/** What the catalog states. */
let stated = hash;

beforeAll(async () => {
  feed = createServer((request, response) => {
    const answers: Record<string, unknown> = {
      '/index.json': {
        resources: [
          { '@id': `${url}/flat/`, '@type': 'PackageBaseAddress/3.0.0' },
          { '@id': `${url}/reg/`, '@type': 'RegistrationsBaseUrl/3.6.0' },
        ],
      },
      [`/reg/${ID}/${VERSION}.json`]: { catalogEntry: `${url}/catalog/entry.json` },
      '/catalog/entry.json': {
        packageHash: stated.toString('base64'),
        packageHashAlgorithm: 'SHA512',
      },
    };
    if (request.url === `/flat/${ID}/${VERSION}/${ID}.${VERSION}.nupkg`) {
      response.end(content);
      return;
    }
    const answer = answers[request.url ?? ''];
    response.statusCode = answer === undefined ? 404 : 200;
    response.end(JSON.stringify(answer ?? {}));
  });
  await new Promise<void>((resolve) => feed.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(feed.address() as AddressInfo).port}`;
});
afterAll(() => feed.close());

/** An application folder with a runtime of that version. */
function makeApplication(version = VERSION): { folder: string; libraries: string } {
  const folder = makeTemporaryFolder();
  const runtime = join(folder, 'node_modules', 'onnxruntime-node');
  const libraries = join(runtime, 'bin', 'napi-v6', 'linux', 'x64');
  mkdirSync(libraries, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{}');
  writeFileSync(join(runtime, 'package.json'), JSON.stringify({ version }));
  symlinkSync(zipFolder, join(folder, 'node_modules', 'adm-zip'), 'junction');
  return { folder, libraries };
}

function run(folder: string, settings: Record<string, string> = {}) {
  const env = {
    PATH: process.env['PATH'],
    CUDA_PROVIDER: 'nuget',
    CUDA_PROVIDER_FEED: `${url}/index.json`,
    CUDA_PROVIDER_SHA512: '',
    ...settings,
  };
  return new Promise<{ code: number; output: string }>((resolve) => {
    execFile(process.execPath, [SCRIPT], { cwd: folder, env }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, output: stdout + stderr });
    });
  });
}

test('the two libraries that are needed, and what was fetched is printed', async () => {
  const { folder, libraries } = makeApplication();
  const { code, output } = await run(folder);
  expect(output).toContain(`SHA-512 ${hash.toString('hex')}`);
  expect(code).toBe(0);
  expect(readFileSync(join(libraries, CUDA), 'utf8')).toBe(`the bytes of ${CUDA}`);
  expect(existsSync(join(libraries, SHARED))).toBe(true);
  expect(existsSync(join(libraries, 'libonnxruntime_providers_tensorrt.so'))).toBe(false);
});

test.each(['hex', 'base64'] as const)('a pinned checksum may be %s', async (encoding) => {
  const { folder, libraries } = makeApplication();
  const { code } = await run(folder, { CUDA_PROVIDER_SHA512: hash.toString(encoding) });
  expect(code).toBe(0);
  expect(existsSync(join(libraries, CUDA))).toBe(true);
});

test('another checksum, pinned or of the catalog, ends the build with nothing unpacked', async () => {
  const { folder, libraries } = makeApplication();
  const pinned = await run(folder, { CUDA_PROVIDER_SHA512: 'ab'.repeat(64) });
  expect(pinned.code).not.toBe(0);
  expect(pinned.output).toMatch(/does not have the expected SHA-512 abab/);
  stated = Buffer.alloc(64);
  const catalog = await run(folder);
  stated = hash;
  expect(catalog.output).toMatch(/does not have the expected SHA-512 0000/);
  expect(existsSync(join(libraries, CUDA))).toBe(false);
});

test('a version that is not there is said, and "none" asks for nothing', async () => {
  const other = await run(makeApplication('1.2.3').folder);
  expect(other.code).not.toBe(0);
  expect(other.output).toMatch(/answers 404; is that version of the package there\?/);
  const none = await run(makeApplication().folder, { CUDA_PROVIDER: 'none' });
  expect(none).toEqual({
    code: 0,
    output: 'The CUDA provider is left out; only EXECUTION_PROVIDER=cpu will work.\n',
  });
});
