/** Why the CUDA provider does not work here, as one sentence that names what is missing and what to do. */

export interface ProviderFacts {
  /** What the runtime threw. */
  text: string;
  /** "linux-x64" */
  platform: string;
  /** Whether the provider's own library lies beside the runtime. */
  hasLibrary: boolean;
  /** What the system's loader says of it. */
  loadProblem: string | undefined;
  runtimeVersion: string;
  device: { name: string; driverVersion: string } | undefined;
}

/** ONNX Runtime 1.27 to 1.30 is built for CUDA 13.0 with cuDNN 9. */
const DRIVER_VERSION_MIN = 580;
const OR_CPU = 'or set EXECUTION_PROVIDER=cpu';

export function describeProviderProblem(facts: ProviderFacts): string {
  const { text, platform, hasLibrary, loadProblem, runtimeVersion, device } = facts;
  const say = (rest: string) => `EXECUTION_PROVIDER is "cuda" and ${rest}, ${OR_CPU}.`;
  if (platform !== 'linux-x64') {
    return say(
      `this machine is ${platform}, for which there is none; use a Linux machine with an x64 processor`,
    );
  }
  if (!hasLibrary) {
    return say(
      `libonnxruntime_providers_cuda.so is not beside ONNX Runtime ${runtimeVersion}; run the image that gpu-function/Dockerfile makes, which brings it`,
    );
  }
  const missing = /(\S+\.so[.\d]*): cannot open shared object file/.exec(loadProblem ?? text)?.[1];
  if (missing !== undefined) return say(`${missing} is missing; ${remedyFor(missing)}`);
  if (isDriverTooOld(text, device)) {
    return say(
      `the NVIDIA driver${device === undefined ? '' : ` ${device.driverVersion}`} is too old for CUDA 13; install version ${DRIVER_VERSION_MIN} or newer`,
    );
  }
  if (/no CUDA-capable device|CUDA failure 100|invalid device ordinal/i.test(text)) {
    return say(
      'no GPU can be seen; start the container with "--gpus all" and the NVIDIA container toolkit',
    );
  }
  if (/no kernel image is available/i.test(text)) {
    return say(
      `the GPU${device === undefined ? '' : ` ${device.name}`} is too old for CUDA 13; use a T4 or newer`,
    );
  }
  if (/out of memory|CUDA failure 2\b/i.test(text)) {
    return say('the GPU has no memory left; end the other programs on it');
  }
  return say(
    'its provider does not start (the log has its words); compare driver, CUDA and cuDNN with docs/gpu-box.md',
  );
}

function isDriverTooOld(text: string, device: ProviderFacts['device']): boolean {
  if (/driver version is insufficient|CUDA failure 35\b|CUDA failure 803\b/i.test(text))
    return true;
  const major = Number.parseInt(device?.driverVersion ?? '', 10);
  return major < DRIVER_VERSION_MIN;
}

function remedyFor(library: string): string {
  if (library.startsWith('libcuda.')) {
    return 'install the NVIDIA driver, and start the container with "--gpus all"';
  }
  if (library.startsWith('libcudnn')) return 'install cuDNN 9 for CUDA 13';
  return 'install the CUDA 13 runtime, or run the image that gpu-function/Dockerfile makes';
}
