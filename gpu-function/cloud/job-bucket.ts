/** Where requests and results lie in S3. The keys are safe: a job id is letters, digits, _ and -. */
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { GenerationError } from '#contract/generation-error.ts';
import type { JobId } from '#contract/job.ts';

interface ResultKey {
  jobId: JobId;
  /** A worker that comes back late writes beside the pictures of the attempt that counts, never over them. */
  attempt: number;
  index: number;
}

export interface JobBucket {
  /** Under `requests/` only. */
  putText(key: string, text: string): Promise<void>;
  getText(key: string): Promise<string>;
  putRequest(jobId: JobId, json: string): Promise<void>;
  getRequest(jobId: JobId): Promise<string>;
  putResult(key: ResultKey, png: Uint8Array): Promise<void>;
  getResult(key: ResultKey): Promise<Uint8Array | undefined>;
  /** A picture that the bot keeps. */
  putPicture(jobId: JobId, index: number, png: Uint8Array): Promise<void>;
  getPicture(jobId: JobId, index: number): Promise<Uint8Array | undefined>;
  deletePictures(jobId: JobId): Promise<void>;
}

/** Requests too large for the table, what workers drew, what the bot keeps: a life cycle rule for each. */
const PREFIXES = {
  requests: 'requests/',
  results: 'results/',
  pictures: 'images/',
} as const;

export function createJobBucket(client: S3Client, bucketName: string): JobBucket {
  const Bucket = bucketName;

  async function put(Key: string, Body: Uint8Array | string, ContentType: string): Promise<void> {
    await client.send(new PutObjectCommand({ Bucket, Key, Body, ContentType }));
  }

  async function get(Key: string): Promise<Uint8Array | undefined> {
    try {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
      return await Body?.transformToByteArray();
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  }

  async function getText(key: string): Promise<string> {
    const bytes = await get(key);
    if (bytes !== undefined) return Buffer.from(bytes).toString('utf8');
    throw new GenerationError(
      'job-unknown',
      'The request of this job is no longer stored; send it again.',
      { isRetryable: true },
    );
  }

  return {
    putText: (key, text) => put(key, text, 'application/json'),
    getText,
    putRequest: (jobId, json) => put(toRequestKey(jobId), json, 'application/json'),
    getRequest: (jobId) => getText(toRequestKey(jobId)),
    putResult: (key, png) => put(toResultKey(key), png, 'image/png'),
    getResult: (key) => get(toResultKey(key)),
    putPicture: (jobId, index, png) => put(toPictureKey(jobId, index), png, 'image/png'),
    getPicture: (jobId, index) => get(toPictureKey(jobId, index)),
    async deletePictures(jobId) {
      const Prefix = `${PREFIXES.pictures}${jobId}/`;
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix }));
      const Objects = Contents.map(({ Key }) => ({ Key }));
      if (Objects.length > 0) {
        await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
      }
    },
  };
}

const toRequestKey = (jobId: JobId) => `${PREFIXES.requests}${jobId}.json`;
const toResultKey = ({ jobId, attempt, index }: ResultKey) =>
  `${PREFIXES.results}${jobId}/${attempt}/${index}.png`;
const toPictureKey = (jobId: JobId, index: number) => `${PREFIXES.pictures}${jobId}/${index}.png`;
