/** What a hub refuses, in one sentence with the remedy. */
import { FetchError } from '../fetch/byte-source.ts';
import { readRetryAfterMs, type HttpAnswer } from '../fetch/http-client.ts';
import type { HubOptions } from './hub-source.ts';

/** `path`: the file that was asked for; none for the lists. */
export function toHubError(
  answer: HttpAnswer,
  path: string | undefined,
  options: Pick<HubOptions, 'endpoint' | 'token' | 'repository' | 'revision'>,
): FetchError {
  const { status, headers } = answer;
  const host = new URL(options.endpoint).host;
  const { repository, revision } = options;
  const what = path === undefined ? repository : `${path} of ${repository}`;
  const code = headers.get('x-error-code');
  if (status === 429) {
    const retryAfterMs = readRetryAfterMs(headers, Date.now());
    const patience =
      retryAfterMs === undefined ? 'a while' : `${Math.ceil(retryAfterMs / 1_000)} seconds`;
    return new FetchError(
      `${host} takes no more requests for now; run the same command again in ${patience}${options.token === undefined ? ', or set HF_TOKEN for a larger share' : ''}.`,
      { isRetryable: true, retryAfterMs },
    );
  }
  if (code === 'GatedRepo' || status === 403) {
    return new FetchError(
      options.token === undefined
        ? `${repository} is given only to people who accepted its terms: do so at ${host}/${repository}, then set HF_TOKEN to a token of that account.`
        : `${host} does not give ${what} to the account of HF_TOKEN; accept its terms at ${host}/${repository}, and let the token read it.`,
    );
  }
  if (code === 'RevisionNotFound') {
    return new FetchError(
      `${repository} has no revision "${revision}"; look at its branches and tags at ${host}/${repository}.`,
    );
  }
  if (status === 401 || (status === 404 && path === undefined)) {
    return new FetchError(
      options.token === undefined
        ? `${host} has no open model ${repository}; check the spelling, or set HF_TOKEN if it is private.`
        : `${host} has no model ${repository} that the account of HF_TOKEN may see (answer ${status}); check the spelling and the token.`,
    );
  }
  if (status === 404) {
    return new FetchError(`${what} is listed and not there; run the same command again later.`);
  }
  if (status === 416) {
    return new FetchError(
      `${what} is shorter than its source lists it; run the same command again later.`,
    );
  }
  const isPassing = status >= 500 || status === 408 || status === 425;
  return new FetchError(
    `${host} answers ${status} for ${what}; ${isPassing ? 'run the same command again later, it goes on where it stopped' : 'check the address'}.`,
    { isRetryable: isPassing, retryAfterMs: readRetryAfterMs(headers, Date.now()) },
  );
}
