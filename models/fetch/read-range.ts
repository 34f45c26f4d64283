/** A range of a file out of an HTTP answer, with every length that the server states held against the expected one. */
import { FetchError, type ByteRange, type RemoteFile } from './byte-source.ts';
import type { HttpAnswer } from './http-client.ts';

/** The header for the range; none for the whole file, which every server can send. */
export function toRangeHeader(file: RemoteFile, { start, end }: ByteRange): Record<string, string> {
  return start === 0 && end === file.sizeBytes ? {} : { range: `bytes=${start}-${end - 1}` };
}

/** The bytes of the range; status 200 or 206. Throws a FetchError for a server that sends something else. */
export async function* readRange(
  answer: HttpAnswer,
  file: RemoteFile,
  range: ByteRange,
): AsyncGenerator<Uint8Array> {
  const problem = findProblem(answer, file, range);
  if (problem !== undefined) {
    await answer.discard();
    throw problem;
  }
  // A server that knows no ranges sends the file from its start: slow, and right.
  let position = answer.status === 206 ? range.start : 0;
  const isWhole = answer.status === 200 && range.end === file.sizeBytes;
  for await (const bytes of answer.body()) {
    const from = Math.max(0, range.start - position);
    const to = Math.max(from, range.end - position);
    position += bytes.byteLength;
    if (position > range.end && (isWhole || answer.status === 206)) {
      throw toLengthError(file, 'more');
    }
    if (from < bytes.byteLength) yield bytes.subarray(from, to);
    if (position >= range.end && !isWhole) return;
  }
}

function findProblem(
  { status, headers }: HttpAnswer,
  file: RemoteFile,
  range: ByteRange,
): FetchError | undefined {
  if (headers.get('content-type')?.startsWith('text/html') === true) {
    return new FetchError(
      `A web page came in place of ${file.path}, perhaps from a proxy or a login page; check the network and the address.`,
    );
  }
  if (status === 206) {
    const [, start, , total] =
      /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers.get('content-range') ?? '') ?? [];
    if (start === undefined || Number(start) !== range.start) {
      return new FetchError(
        `Another part of ${file.path} came than was asked for; try again later.`,
        {
          isRetryable: true,
        },
      );
    }
    return total === '*' || Number(total) === file.sizeBytes
      ? undefined
      : toLengthError(file, total);
  }
  const length = headers.get('content-length');
  const isEncoded = headers.has('content-encoding');
  return length === null || isEncoded || Number(length) === file.sizeBytes
    ? undefined
    : toLengthError(file, length);
}

/** Also for servers that find the range beyond the file's end. */
export function toLengthError(file: RemoteFile, found: string | undefined): FetchError {
  const said = found === undefined ? 'another number of' : found;
  return new FetchError(
    `${file.path} has ${said} bytes where its source lists ${file.sizeBytes}; run the same command again later, or tell whoever keeps the source.`,
  );
}
