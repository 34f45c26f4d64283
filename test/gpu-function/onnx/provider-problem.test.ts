/** Whoever asked for a GPU and has none is told what is missing, and is not served by the processor instead. */
import { expect, test } from 'vitest';
import { probeProvider } from '../../../gpu-function/onnx/probe-provider.ts';
import {
  describeProviderProblem,
  type ProviderFacts,
} from '../../../gpu-function/onnx/provider-problem.ts';
import { createEngineSetup } from '../../../gpu-function/worker/engine-main.ts';
import { createRequest } from '../../fakes/create-request.ts';
import { createSilentLogger } from '../../fakes/silent-logger.ts';

const facts = (changes: Partial<ProviderFacts>): ProviderFacts => ({
  text: 'Failed to load shared library',
  platform: 'linux-x64',
  hasLibrary: true,
  loadProblem: undefined,
  runtimeVersion: '1.30.0',
  device: { name: 'Tesla T4', driverVersion: '580.65.06' },
  ...changes,
});
const notFound = (library: string) => ({
  loadProblem: `${library}: cannot open shared object file: No such file or directory`,
});

test.each([
  [{ platform: 'darwin-arm64' }, /this machine is darwin-arm64, for which there is none/],
  [{ hasLibrary: false }, /libonnxruntime_providers_cuda\.so is not beside ONNX Runtime 1\.30\.0/],
  [notFound('libcudart.so.13'), /libcudart\.so\.13 is missing; install the CUDA 13 runtime/],
  [notFound('libcudnn.so.9'), /libcudnn\.so\.9 is missing; install cuDNN 9/],
  [notFound('libcuda.so.1'), /libcuda\.so\.1 is missing; install the NVIDIA driver/],
  [
    { text: 'CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version' },
    /the NVIDIA driver 580\.65\.06 is too old/,
  ],
  [
    { device: { name: 'Tesla T4', driverVersion: '535.183.01' } },
    /the NVIDIA driver 535\.183\.01 is too old for CUDA 13; install version 580 or newer/,
  ],
  [
    { text: 'CUDA failure 100: no CUDA-capable device is detected' },
    /no GPU can be seen; start the container with "--gpus all"/,
  ],
  [
    { text: 'no kernel image is available for execution on the device' },
    /the GPU Tesla T4 is too old/,
  ],
  [{ text: 'CUDA failure 2: out of memory' }, /the GPU has no memory left/],
  [{ text: 'something else' }, /compare driver, CUDA and cuDNN with docs\/gpu-box\.md/],
] satisfies [Partial<ProviderFacts>, RegExp][])('%o', (changes, sentence) => {
  const message = describeProviderProblem(facts(changes));
  expect(message).toMatch(sentence);
  expect(message).toMatch(/^EXECUTION_PROVIDER is "cuda" and .*, or set EXECUTION_PROVIDER=cpu\.$/);
});

test('the processor needs nothing', async () => {
  expect(await probeProvider('cpu')).toEqual({
    provider: 'cpu',
    runtimeVersion: expect.stringMatching(/^\d+\.\d+\.\d+$/),
  });
});

test('without its GPU the engine refuses every job with the sentence', async (context) => {
  const works = await probeProvider('cuda').then(
    () => true,
    () => false,
  );
  if (works) context.skip('this machine has a GPU');
  const setup = createEngineSetup(
    { provider: 'cuda', sizeBuckets: [], logLevel: 'silent' },
    createSilentLogger(),
  );
  await expect(setup.warmUp()).rejects.toThrow(/^EXECUTION_PROVIDER is "cuda" and /);
  const job = { id: 'j1', owner: 'ada', request: createRequest() };
  await expect(
    setup.engine.run({ job, report: () => undefined, isCanceled: () => false }),
  ).rejects.toThrow(/^EXECUTION_PROVIDER is "cuda" and /);
  expect(setup.loadedModelId()).toBeUndefined();
  await setup.engine.close();
});
