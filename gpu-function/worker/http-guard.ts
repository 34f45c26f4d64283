/** Who may call: holders of the token, and never a web page of another origin. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { HttpError } from './http-error.ts';

export interface CallerRules {
  token: string | undefined;
}

/**
 * Throws HttpError 403 for a web page's call and 401 for a wrong token. Without a token only loopback names are taken
 * as `Host`: a page whose own name was pointed at 127.0.0.1 (DNS rebinding) shows its own name there.
 */
export function checkCaller(headers: Headers, { token }: CallerRules): void {
  refuseOtherOrigins(headers);
  if (token === undefined) {
    refuseForeignHost(headers.get('host') ?? '');
  } else if (!isSameSecret(readBearer(headers.get('authorization') ?? ''), token)) {
    throw new HttpError(
      401,
      'The bearer token is missing or wrong; send the one that GPU_FUNCTION_TOKEN holds.',
    );
  }
}

/** The scheme's case does not matter (RFC 9110, section 11.1). */
function readBearer(authorization: string): string {
  return /^bearer /i.test(authorization) ? authorization.slice('bearer '.length) : '';
}

function refuseOtherOrigins(headers: Headers): void {
  const origin = headers.get('origin');
  const site = headers.get('sec-fetch-site') ?? 'none';
  const isOwnOrigin = origin === null || hostOf(origin) === headers.get('host');
  if (isOwnOrigin && (site === 'none' || site === 'same-origin')) return;
  throw new HttpError(
    403,
    `Web pages of ${shorten(origin ?? 'another origin')} may not use this function; call it from a program.`,
  );
}

function refuseForeignHost(host: string): void {
  if (/^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i.test(host)) return;
  throw new HttpError(
    403,
    `The host name ${shorten(JSON.stringify(host))} is not this machine's; use 127.0.0.1, or set GPU_FUNCTION_TOKEN to allow any name.`,
  );
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

function shorten(text: string): string {
  return text.slice(0, 100);
}

/** Compares digests, so that neither the length nor the first wrong character can be measured. */
function isSameSecret(given: string, wanted: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
