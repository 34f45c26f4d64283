/** Whether the provider that was asked for works on this machine, found out before a model is loaded. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { GenerationError } from '#contract/generation-error.ts';
import type { Device } from '#contract/health.ts';
import { describeProviderProblem } from './provider-problem.ts';
import { InferenceSession, RuntimeTensor } from './runtime.ts';
import type { Provider } from './session-options.ts';

export interface ProviderReport {
  provider: Provider;
  runtimeVersion: string;
  /** None for the processor. */
  device?: Device | undefined;
}

const QUERY = ['--query-gpu=name,driver_version,memory.total', '--format=csv,noheader,nounits'];
const QUERY_TIMEOUT_MS = 10_000;

/** y = x + x, opset 17: the smallest graph that needs a kernel of the provider. */
const PROBE_GRAPH = Buffer.from(
  'CAhCBAoAEBFCEQoNY29tLm1pY3Jvc29mdBABOjsKEAoBeAoBeBIBeSIDQWRkOgASBWdyYXBoWg8KAXgSCgoICAESBAoCCAFiDwoBeRIKCggIARIECgIIAQ==',
  'base64',
);

/** Throws GenerationError `not-ready` with one sentence that names what is missing. The processor always works. */
export async function probeProvider(provider: Provider): Promise<ProviderReport> {
  const runtimeVersion = readRuntimeVersion();
  if (provider === 'cpu') return { provider, runtimeVersion };
  const device = await readDevice();
  try {
    await runProbe(provider);
  } catch (cause) {
    const sentence = describeProviderProblem({
      text: cause instanceof Error ? cause.message : String(cause),
      platform: `${process.platform}-${process.arch}`,
      hasLibrary: providerLibrary() !== undefined,
      loadProblem: findLoadProblem(),
      runtimeVersion,
      device,
    });
    throw new GenerationError('not-ready', sentence, { cause });
  }
  return { provider, runtimeVersion, device };
}

async function runProbe(provider: Provider): Promise<void> {
  const session = await InferenceSession.create(PROBE_GRAPH, { executionProviders: [provider] });
  try {
    const feeds = { x: new RuntimeTensor('float32', new Float32Array([1]), [1]) };
    const { y } = await session.run(feeds);
    if (y?.data[0] !== 2) throw new Error('The provider does not add one and one to two.');
  } finally {
    await session.release();
  }
}

const packageFolder = () =>
  dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));

function readRuntimeVersion(): string {
  const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as {
    version: string;
  };
  return version;
}

/** Beside the runtime's own library, where it looks for it. */
function providerLibrary(): string | undefined {
  const root = join(packageFolder(), 'bin');
  const name = 'libonnxruntime_providers_cuda.so';
  for (const version of existsSync(root) ? readdirSync(root) : []) {
    const file = join(root, version, process.platform, process.arch, name);
    if (existsSync(file)) return file;
  }
  return undefined;
}

/** What the system's loader says of the provider's library: the runtime keeps the name of a missing one to itself. */
function findLoadProblem(): string | undefined {
  const file = providerLibrary();
  if (file === undefined) return undefined;
  try {
    process.dlopen({ exports: {} }, file);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** From the driver's own tool, which the container toolkit brings into containers. */
async function readDevice(): Promise<Device | undefined> {
  try {
    const { stdout } = await promisify(execFile)('nvidia-smi', QUERY, {
      timeout: QUERY_TIMEOUT_MS,
    });
    const [name, driverVersion, memory] = (stdout.split('\n')[0] ?? '')
      .split(',')
      .map((cell) => cell.trim());
    if (name === undefined || driverVersion === undefined) return undefined;
    const memoryMib = Number(memory);
    return { name, driverVersion, ...(memoryMib > 0 && { memoryMib }) };
  } catch {
    return undefined;
  }
}
