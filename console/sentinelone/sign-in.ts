/**
 * An API token by user name, password and the six digits of an authenticator. Password and code are used for these
 * calls and kept nowhere; the session is ended again.
 */
import * as z from 'zod';
import { asFault, Fault } from '#protocol/codes.ts';
import { readData } from '#console/sentinelone/answers.ts';
import { newSentinelOneClient, type SentinelOneClient, type SentinelOneSettings } from '#console/sentinelone/client.ts';

export interface SignInWords {
  readonly username: string;
  readonly password: string;
  /** Six digits; null: not asked for yet. */
  readonly code: string | null;
}

export type SignIn =
  /** The user has an authenticator: ask for its six digits and sign in again with them. */
  { readonly kind: 'code-required' } | { readonly kind: 'session'; readonly client: SentinelOneClient };

/** Why there is no session, in the administrator's words; each says what to do. */
const reasons = {
  incorrect: 'User name or password is wrong.',
  code: 'The six-digit code is wrong or was used already. Wait for the next one.',
  sms: 'This user gets codes by SMS, which cannot be entered here. Give it an authenticator app in SentinelOne, or enable with an API token.',
  'single-sign-on':
    'This user signs in through single sign-on and has no password in SentinelOne. Enable with an API token of a service user.',
  'password-expired': 'The password of this user has expired. Change it in SentinelOne first.',
  'password-reset': 'SentinelOne wants a new password for this user. Sign in there once and set it.',
  'password-ends': 'The password of this user is about to expire. Change it in SentinelOne first.',
  'no-permissions': 'This user has no role in SentinelOne.',
  'two-factor-missing':
    'SentinelOne demands a second factor that this user has not set up. Sign in there once and set it up.',
  'too-many-sessions': 'This user has too many sessions open in SentinelOne. Sign out there and try again.',
  elevated: 'SentinelOne demands a raised session for this user. Enable with an API token instead.',
  unknown: 'SentinelOne answered with a state that is not known here. Enable with an API token instead.',
} as const;
type Reason = keyof typeof reasons;

function refuse(reason: Reason, cause?: unknown): Fault {
  return new Fault('sentinelone.sign-in', reasons[reason], { context: { reason }, cause });
}

/** `status` of the login answer, all that the vendor publishes. */
const statusReasons: Readonly<Record<string, Reason>> = {
  incorrect: 'incorrect',
  expired: 'password-expired',
  no_permissions: 'no-permissions',
  temporary_token_is_older_than_password: 'password-reset',
  too_many_sessions: 'too-many-sessions',
  session_hijacking: 'too-many-sessions',
  elevated_session_required: 'elevated',
  elevated_session_setup_required: 'elevated',
  two_fa_enrollment_expired: 'two-factor-missing',
  two_fa_not_enrolled: 'two-factor-missing',
};

/** Vendor codes of a 401 to the login. */
const codeReasons: Readonly<Record<string, Reason>> = {
  4010035: 'single-sign-on',
  4010091: 'password-reset',
  4010092: 'password-expired',
  4010093: 'password-ends',
};

const loginData = z.object({
  token: z.string().nullish(),
  status: z.string(),
  twoFaMethod: z.string().nullish(),
});
type LoginData = z.infer<typeof loginData>;

type ClientSettings = Omit<SentinelOneSettings, 'apiToken' | 'scheme'>;

function withToken(settings: ClientSettings, token: string): SentinelOneClient {
  return newSentinelOneClient({ ...settings, apiToken: token, scheme: 'Token' });
}

async function login(settings: ClientSettings, { username, password }: SignInWords): Promise<LoginData> {
  const client = withToken(settings, '');
  try {
    const body = { username, password, rememberMe: false };
    const call = { method: 'POST', path: 'users/login', body, authenticated: false, secrets: [password] } as const;
    return await readData(client, call, loginData);
  } catch (error) {
    const fault = asFault(error);
    if (fault.code !== 'sentinelone.token-refused') throw fault;
    throw refuse(codeReasons[String(fault.context['vendorCode'])] ?? 'incorrect', fault);
  } finally {
    client.close();
  }
}

/** Ends a session as well as it can be done; one that stays ends by itself. */
export async function signOut(client: SentinelOneClient): Promise<void> {
  await client.json({ method: 'POST', path: 'users/logout', body: { data: {} } }).catch(() => undefined);
  client.close();
}

async function secondFactor(settings: ClientSettings, temporary: string, code: string): Promise<string> {
  const client = withToken(settings, temporary);
  try {
    const body = { data: { code, rememberMe: false } };
    const answer = await readData(client, { method: 'POST', path: 'users/auth/app', body, secrets: [code] }, loginData);
    if (answer.status === 'verified' && answer.token) return answer.token;
    throw refuse(statusReasons[answer.status] ?? 'code');
  } catch (error) {
    const fault = asFault(error);
    if (fault.code === 'sentinelone.token-refused' || fault.code === 'sentinelone.permission')
      throw refuse('code', fault);
    throw fault;
  } finally {
    client.close();
  }
}

/** Throws `sentinelone.sign-in` with `context.reason`, or what else went wrong on the way. Close the session with `signOut`. */
export async function signIn(settings: ClientSettings, words: SignInWords): Promise<SignIn> {
  const first = await login(settings, words);
  if (first.status === 'verified' && first.token) return { kind: 'session', client: withToken(settings, first.token) };
  const pending = first.status === 'temporary' || first.status === 'pending';
  if (!pending || !first.token) throw refuse(statusReasons[first.status] ?? 'unknown');
  if (first.twoFaMethod !== 'application') {
    await signOut(withToken(settings, first.token));
    throw refuse(first.twoFaMethod === 'sms' ? 'sms' : 'two-factor-missing');
  }
  if (words.code === null) {
    await signOut(withToken(settings, first.token));
    return { kind: 'code-required' };
  }
  const token = await secondFactor(settings, first.token, words.code);
  return { kind: 'session', client: withToken(settings, token) };
}
