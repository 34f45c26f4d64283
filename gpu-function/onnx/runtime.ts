/**
 * ONNX Runtime, made fit for float16.
 *
 * onnxruntime-common looks at the first tensor whether a global Float16Array exists and from then on wants that
 * type for float16, while its native half takes and gives Uint16Array: on Node 23 and later every float16 input
 * fails. With the global hidden while the first tensor is made, it settles on Uint16Array for good.
 */
import { env, InferenceSession, Tensor } from 'onnxruntime-node';

// Nothing is printed: every error is thrown as well, and reaches the person as a sentence.
env.logLevel = 'fatal';

withoutFloat16Array(() => new Tensor('float16', new Uint16Array(1), [1]));

/** Runs with the global Float16Array hidden, where there is one, and puts it back as it was. */
function withoutFloat16Array(action: () => void): void {
  const descriptor = Object.getOwnPropertyDescriptor(globalThis, 'Float16Array');
  if (descriptor === undefined) {
    action();
    return;
  }
  Reflect.deleteProperty(globalThis, 'Float16Array');
  try {
    action();
  } finally {
    Object.defineProperty(globalThis, 'Float16Array', descriptor);
  }
}

export { InferenceSession, Tensor as RuntimeTensor };
