/** A prefix of an S3 bucket. Region, credentials and AWS_ENDPOINT_URL come from where the SDK always finds them. */
import {
  GetObjectCommand,
  paginateListObjectsV2,
  S3Client,
  S3ServiceException,
  type _Object,
} from '@aws-sdk/client-s3';
import { FetchError, type ByteRange, type RemoteFile } from '../fetch/byte-source.ts';
import { LISTED_FILES_MAX, type PackageSource } from './package-source.ts';
import { readStatedManifest, withChecksums } from './stated-manifest.ts';

export interface S3Options {
  bucket: string;
  /** With or without the last slash. */
  prefix: string;
  /** The SDK's own endpoint variable, which asks for the bucket in the path. */
  isRedirected: boolean;
}

export function createS3Source({ bucket, prefix, isRedirected }: S3Options): PackageSource {
  const client = new S3Client({ forcePathStyle: isRedirected });
  const root = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
  const address = `s3://${bucket}/${root}`;
  /** As listed, so that a file that changes meanwhile is noticed and not mixed. */
  const etags = new Map<string, string>();

  const source: PackageSource = {
    async list(signal) {
      const listed = await listObjects(client, { bucket, root, address, signal });
      for (const { file, etag } of listed) if (etag !== undefined) etags.set(file.path, etag);
      const files = listed.map(({ file }) => file).filter(isFile);
      const manifest = await readStatedManifest(source, files, signal);
      return {
        address,
        licence: { name: manifest?.licence },
        files: withChecksums(files, manifest),
      };
    },
    async *read(file: RemoteFile, { start, end }: ByteRange, signal: AbortSignal) {
      if (start === end) return;
      const command = new GetObjectCommand({
        Bucket: bucket,
        Key: root + file.path,
        Range: `bytes=${start}-${end - 1}`,
        IfMatch: etags.get(file.path),
      });
      try {
        const { Body: body } = await client.send(command, { abortSignal: signal });
        if (body !== undefined) yield* body as AsyncIterable<Uint8Array>;
      } catch (cause) {
        signal.throwIfAborted();
        throw toS3Error(cause, address + file.path);
      }
    },
  };
  return source;
}

function toListed({ Key: key = '', Size: sizeBytes = 0, ETag: etag }: _Object, root: string) {
  return { file: { path: key.slice(root.length), sizeBytes }, etag };
}

/** Consoles make an empty object where a person makes a folder. */
const isFile = ({ path }: RemoteFile) => path !== '' && !path.endsWith('/');

async function listObjects(
  client: S3Client,
  {
    bucket,
    root,
    address,
    signal,
  }: { bucket: string; root: string; address: string; signal: AbortSignal },
) {
  const listed: ReturnType<typeof toListed>[] = [];
  const request = { Bucket: bucket, Prefix: root };
  try {
    for await (const page of paginateListObjectsV2({ client }, request, { abortSignal: signal })) {
      listed.push(...(page.Contents ?? []).map((object) => toListed(object, root)));
      if (listed.length > LISTED_FILES_MAX) {
        throw new FetchError(
          `${address} holds more than ${LISTED_FILES_MAX} files, which no model package does; name the package's own prefix.`,
        );
      }
    }
  } catch (cause) {
    signal.throwIfAborted();
    throw toS3Error(cause, address);
  }
  return listed;
}

/** What the SDK throws, as a sentence: it has tried again itself where that may help. */
function toS3Error(cause: unknown, address: string): unknown {
  if (cause instanceof FetchError || !(cause instanceof Error)) return cause;
  const status = cause instanceof S3ServiceException ? cause.$metadata.httpStatusCode : undefined;
  const say = (sentence: string, isRetryable = false) =>
    new FetchError(sentence, { isRetryable, cause });
  if (cause.name === 'CredentialsProviderError') {
    return say(
      `${address} needs AWS credentials; set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`,
    );
  }
  if (cause.message.includes('Region is missing')) {
    return say(`${address} needs a region; set AWS_REGION to the bucket's.`);
  }
  if (cause.name === 'NoSuchBucket')
    return say(`There is no bucket for ${address}; check its name and AWS_REGION.`);
  if (status === 403)
    return say(
      `${address} may not be read with these AWS credentials; allow s3:ListBucket and s3:GetObject.`,
    );
  if (status === 404) return say(`${address} is not there any more; run the same command again.`);
  if (status === 412)
    return say(`${address} changed while it was being fetched; run the same command again.`);
  if (status !== undefined && status < 500)
    return say(
      `S3 answers ${status} (${cause.name}) for ${address}; check the address and AWS_REGION.`,
    );
  return say(
    `${address} cannot be read (${reasonOf(cause)}); run the same command again, it goes on where it stopped.`,
    true,
  );
}

/** The system's own code where the network failed: the SDK calls that a plain Error. */
function reasonOf(cause: Error): string {
  const { code } = cause as NodeJS.ErrnoException;
  return code ?? cause.name;
}
