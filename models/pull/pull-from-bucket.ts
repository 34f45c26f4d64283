/** A package from a bucket to this machine's disk before anything is drawn: for machines that come and go. */
import { GenerationError } from '#contract/generation-error.ts';
import { FetchError } from '../fetch/byte-source.ts';
import { RETRY_POLICY } from '../fetch/retry.ts';
import { parseTarget } from './parse-target.ts';
import { pullPackage } from './pull-package.ts';

/** One request of S3 brings some 100 MB/s; a machine's network and NVMe take a multiple. */
const CONNECTIONS = 16;
const PACKAGE_BYTES_MAX = 200e9;

export interface BucketPull {
  /** "s3://bucket/weights/sd15" */
  address: string;
  modelsFolder: string;
  /** AWS_ENDPOINT_URL or its like is set. */
  isRedirected: boolean;
  signal: AbortSignal;
  logger: { info(fields: Record<string, unknown>, message: string): void };
}

/**
 * Resolves with the package's id when it is whole on disk. Throws GenerationError `storage-failed`. The bucket is the
 * operator's own: its licence was agreed to when it was filled.
 */
export async function pullFromBucket(options: BucketPull): Promise<string> {
  const { address, modelsFolder, logger, signal } = options;
  const target = parseTarget(address);
  if (target.kind !== 's3')
    throw new GenerationError('invalid-request', `${address} is no bucket.`);
  const { createS3Source } = await import('../sources/s3-source.ts');
  const startedAtMs = performance.now();
  try {
    const { status, plan } = await pullPackage({
      target,
      source: createS3Source({ ...target, isRedirected: options.isRedirected }),
      modelsFolder,
      bytesMax: PACKAGE_BYTES_MAX,
      retry: RETRY_POLICY,
      signal,
      progress: {},
      download: { connections: CONNECTIONS },
      agree: async ({ id, sizeBytes }) => logger.info({ id, sizeBytes }, 'Fetching the model'),
    });
    const durationMs = Math.round(performance.now() - startedAtMs);
    logger.info(
      { id: plan.id, sizeBytes: plan.sizeBytes, status, durationMs },
      'The model is here',
    );
    return plan.id;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof FetchError)) throw error;
    throw new GenerationError('storage-failed', `MODEL_SOURCE cannot be used: ${error.message}`, {
      cause: error,
    });
  }
}
