/** What the OpenID Connect library throws, as our codes. Nothing of what the provider wrote goes on but short names. */
import {
  AuthorizationResponseError,
  ClientError,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from 'openid-client';
import { Fault } from '#protocol/codes.ts';

const causesMax = 5;

function causes(error: unknown): unknown[] {
  const found: unknown[] = [];
  for (let at = error; at instanceof Error && found.length < causesMax; at = at.cause) found.push(at);
  return found;
}

/** Our own fault, thrown from within a request that the library made. */
function faultIn(error: unknown): Fault | null {
  return causes(error).find((one): one is Fault => one instanceof Fault) ?? null;
}

/** An error code of the protocol; whatever else stands there is nobody's business. */
function named(code: unknown): string {
  return typeof code === 'string' && /^[a-z_]{1,40}$/.test(code) ? code : 'an error without a known name';
}

const reasons: Readonly<Record<string, string>> = {
  OAUTH_JWT_TIMESTAMP_CHECK_FAILED: 'it is expired or not valid yet',
  OAUTH_JWT_CLAIM_COMPARISON_FAILED: 'a claim is another one than it must be',
  OAUTH_KEY_SELECTION_FAILED: 'the provider publishes no key that fits it',
  OAUTH_UNSUPPORTED_OPERATION: 'its kind of signature is not accepted',
  OAUTH_INVALID_RESPONSE: 'the answer is not as it should be, or its signature is not',
};

/** Name of the claim that did not fit, where the library says it. */
function claimIn(error: unknown): string | null {
  const inner = causes(error).at(-1);
  const cause: unknown = inner instanceof Error ? inner.cause : undefined;
  const claim: unknown = typeof cause === 'object' && cause !== null ? Reflect.get(cause, 'claim') : undefined;
  return typeof claim === 'string' && /^[a-z_]{1,20}$/.test(claim) ? claim : null;
}

function whyRefused(error: unknown): string {
  const code = error instanceof ClientError ? (error.code ?? '') : '';
  const claim = claimIn(error);
  return `${reasons[code] ?? 'it could not be read'}${claim === null ? '' : ` (${claim})`}`;
}

function isTimeout(error: unknown): boolean {
  return error instanceof ClientError && (error.code === 'OAUTH_TIMEOUT' || error.code === 'OAUTH_ABORT');
}

/** While a code is exchanged for an ID token, and the token is checked. */
export function exchangeFault(error: unknown): Fault {
  const own = faultIn(error);
  if (own !== null) return own;
  if (isTimeout(error)) return new Fault('sign-on.unreachable', 'the provider did not answer in time');
  if (error instanceof AuthorizationResponseError)
    return new Fault('sign-on.provider-refused', `the provider says ${named(error.error)}`);
  if (error instanceof WWWAuthenticateChallengeError)
    return new Fault('sign-on.client-refused', 'the provider does not accept the client id or secret');
  if (error instanceof ResponseBodyError) {
    const code = named(error.error);
    const ofClient = code === 'invalid_client' || code === 'unauthorized_client';
    return new Fault(ofClient ? 'sign-on.client-refused' : 'sign-on.provider-refused', `the provider says ${code}`);
  }
  return new Fault('sign-on.token-refused', whyRefused(error), { cause: error });
}

/** While the description of the provider at `issuer` is read. */
export function discoveryFault(error: unknown, issuer: string): Fault {
  const own = faultIn(error);
  if (own !== null) return own;
  if (isTimeout(error)) return new Fault('sign-on.unreachable', `${issuer} did not answer in time`);
  return new Fault('sign-on.no-discovery', `there is no readable /.well-known/openid-configuration below ${issuer}`);
}
