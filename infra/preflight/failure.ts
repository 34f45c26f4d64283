/** Why AWS did not say what was asked, as a sentence. AWS's own words are left out: they may quote keys and signatures. */

export type FailedCall =
  | { kind: 'denied' }
  | { kind: 'no-credentials' }
  | { kind: 'refused-credentials'; name: string }
  | { kind: 'unreachable'; code: string }
  | { kind: 'other'; name: string };

const REFUSED =
  /^(ExpiredToken|InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|IncompleteSignature|InvalidSignature|MissingAuthenticationToken|RequestExpired)/;
const DENIED = /^(AccessDenied|UnauthorizedOperation|NotAuthorized)/;
const NETWORK_CODE = /^(E[A-Z]{3,}|UND_ERR_[A-Z_]+|CERT_[A-Z_]+|[A-Z_]*CERT[A-Z_]*|TimeoutError)$/;
const SAFE_NAME = /^[A-Za-z][A-Za-z0-9_.]{0,60}$/;

export function toFailedCall(error: unknown): FailedCall {
  const { name = '', code = '' } = (error ?? {}) as { name?: string; code?: string };
  if (DENIED.test(name)) return { kind: 'denied' };
  if (REFUSED.test(name)) return { kind: 'refused-credentials', name };
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError') {
    return { kind: 'no-credentials' };
  }
  const network = [code, name].find((word) => NETWORK_CODE.test(word));
  if (network !== undefined) return { kind: 'unreachable', code: network };
  return { kind: 'other', name: SAFE_NAME.test(name) ? name : 'an error without a name' };
}

/** `action`: the right that the call needs, such as `ssm:GetParameter`. */
export function toFailureSentence(failure: FailedCall, action: string): string {
  switch (failure.kind) {
    case 'denied':
      return `these credentials may not call ${action}; allow it, and run this again.`;
    case 'no-credentials':
      return 'no credentials were found; run "aws configure" or "aws sso login", or set AWS_PROFILE.';
    case 'refused-credentials':
      return `AWS refused the credentials (${failure.name}); log in again or renew the key, and look at this machine's clock.`;
    case 'unreachable':
      return `AWS could not be reached for ${action} (${failure.code}); look at the network, a proxy and the region's name.`;
    case 'other':
      return `AWS answered ${action} with ${failure.name}; try again in a minute.`;
  }
}
