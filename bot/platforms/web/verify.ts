/**
 * Who may talk to the local server: its own page and programs of this machine, never another site's page.
 * Three doors are shut: cross-site requests (Sec-Fetch-Site, W3C Fetch Metadata), cross-origin posts (Origin,
 * RFC 6454) and DNS rebinding (a foreign name in Host that points here).
 */

export interface RequestHeaders {
  get(name: string): string | null | undefined;
}

export interface VerifyOptions {
  /** Host names besides this machine's own and IP addresses, in lower case. */
  allowedHosts: readonly string[];
}

export type Purpose =
  /** The page itself: a link from elsewhere may lead to it. */
  | 'page'
  /** History, events, pictures. */
  | 'read'
  /** Messages and button presses. */
  | 'write';

const SHOWN_HOST_CHARACTERS = 80;

/** A name of a Host header without its port, in lower case; undefined when it is none. */
function toHostName(host: string): string | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?$/i.exec(host);
  return match?.[1]?.toLowerCase();
}

/**
 * An attacker's page can only be under a name that the attacker owns. Loopback names belong to this
 * machine by RFC 6761, and an IP address in Host means that no name was looked up at all.
 */
function isTrustedHost(host: string, allowedHosts: readonly string[]): boolean {
  const name = toHostName(host);
  if (name === undefined) return false;
  const isAddress = name.startsWith('[') || /^\d{1,3}(\.\d{1,3}){3}$/.test(name);
  const isLoopbackName = name === 'localhost' || name.endsWith('.localhost');
  return isAddress || isLoopbackName || allowedHosts.includes(name);
}

/** Why the request is refused, in one sentence; undefined when it is welcome. */
export function findRefusal(
  headers: RequestHeaders,
  purpose: Purpose,
  options: VerifyOptions,
): string | undefined {
  const host = headers.get('host') ?? '';
  if (!isTrustedHost(host, options.allowedHosts)) {
    const shown = toHostName(host)?.slice(0, SHOWN_HOST_CHARACTERS) ?? '';
    return `This server does not answer to the host name "${shown}"; open it by an IP address of its machine, or as localhost.`;
  }
  const site = headers.get('sec-fetch-site');
  const isOwnSite = site === undefined || site === null || site === 'same-origin';
  // "none" is a person's own doing: an address typed, a bookmark.
  if (purpose !== 'page' && !isOwnSite && !(purpose === 'read' && site === 'none')) {
    return 'Only the page of this server may do that, not a page from another origin.';
  }
  const origin = headers.get('origin');
  if (origin === undefined || origin === null) return undefined;
  if (purpose !== 'page' && origin !== `http://${host}` && origin !== `https://${host}`) {
    return 'Only the page of this server may do that, not a page from another origin.';
  }
  return undefined;
}

/**
 * What the page may do: load its own files and nothing else. No inline script or style, no other host,
 * no frame around it, and no way from a string to markup (Trusted Types).
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};
