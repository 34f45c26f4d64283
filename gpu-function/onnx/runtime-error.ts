/** What ONNX Runtime throws, as one sentence for a person; its own words stay in `cause`. */
import { GenerationError } from '#contract/generation-error.ts';
import type { Provider } from './session-options.ts';

/** What the runtime says of operators that it lacks on the chosen provider, or altogether. */
const UNKNOWN_OPERATOR =
  /Failed to find kernel|Could not find an implementation|is not a registered function|No Op registered|No opset import/;

const textOf = (thrown: unknown) => (thrown instanceof Error ? thrown.message : String(thrown));
const isOutOfMemory = (text: string) =>
  /failed to allocate|bad_alloc|out of memory|cudaErrorMemoryAllocation/i.test(text);

/** `file` is the graph's path below its package's folder. */
export function toLoadError(file: string, provider: Provider, cause: unknown): GenerationError {
  const text = textOf(cause);
  if (isOutOfMemory(text)) {
    return new GenerationError(
      'out-of-memory',
      `There is not enough memory to load ${file}; close other programs or choose a smaller model.`,
      { isRetryable: true, cause },
    );
  }
  if (/AppendExecutionProvider|Failed to load shared library|backend not found/i.test(text)) {
    return new GenerationError(
      'not-ready',
      `The "${provider}" provider cannot be used here, its libraries are missing or do not load; install them or choose the provider "cpu".`,
      { cause },
    );
  }
  if (UNKNOWN_OPERATOR.test(text)) {
    return new GenerationError(
      'model-broken',
      `${file} has operators that "${provider}" cannot run (a file fused for other hardware?); choose a plain export of the model.`,
      { cause },
    );
  }
  return new GenerationError(
    'model-broken',
    /external|No such file/i.test(text) && !/Protobuf parsing/i.test(text)
      ? `${file} cannot be opened, perhaps a file with its weights is missing or cut; fetch the package again.`
      : `${file} cannot be read, it is cut or no ONNX file; fetch that file again.`,
    { cause },
  );
}

/** Why a run failed, as `out-of-memory` or `model-broken`; `file` is the graph's path within its package. */
export function toRunError(file: string, cause: unknown): GenerationError {
  if (isOutOfMemory(textOf(cause))) {
    return new GenerationError(
      'out-of-memory',
      'There is not enough memory for this picture; choose a smaller size or fewer pictures.',
      { isRetryable: true, cause },
    );
  }
  return new GenerationError(
    'model-broken',
    `${file} failed while it ran; the package does not fit together or the size does not suit it.`,
    { cause },
  );
}
