/** What of a provider's words about a person counts. Pure. */
import * as z from 'zod';
import { Fault } from '#protocol/codes.ts';
import { operatorName } from '#console/api/session.ts';

/** Signed by whoever holds a private key; never `none`, never with a shared secret. */
export const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;

const text = z.string().max(1_000).optional().catch(undefined);

const claimsSchema = z.object({
  sub: z.string().min(1).max(255),
  azp: z.string().optional(),
  auth_time: z.number().int().positive().optional(),
  name: text,
  preferred_username: text,
  email: text,
  email_verified: z.unknown().optional(),
});

export interface Person {
  readonly subject: string;
  /** As the provider calls the person; for people to read, and for nothing else. */
  readonly name: string;
  readonly mail: string | null;
  readonly mailVerified: boolean;
  /** When the person proved to be that person; null: the provider does not say. */
  readonly provedAtMs: number | null;
}

const refused = (why: string): Fault => new Fault('sign-on.token-refused', why);

/** A name that may stand in lists and in the log; null: nothing of it may. */
function asName(said: string | undefined): string | null {
  const visible = (said ?? '').replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '').trim();
  return operatorName.safeParse(visible.slice(0, 90).trim()).data ?? null;
}

/** `token`: claims of an ID token that was found valid; `more`: what the provider says beside it of the same subject. */
export function personOf(
  token: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, unknown>>,
  clientId: string,
): Person {
  const proof = claimsSchema.safeParse(token);
  if (!proof.success) throw refused(`claims are not as they should be: ${proof.error.issues[0]?.path.join('.') ?? ''}`);
  const { sub, azp, auth_time: authTime } = proof.data;
  if (azp !== undefined && azp !== clientId) throw refused('it was made for another client (azp)');
  const said = claimsSchema.parse({ ...more, ...token });
  const mail = said.email?.trim().toLowerCase() ?? null;
  return {
    subject: sub,
    name: asName(said.preferred_username) ?? asName(said.email) ?? asName(said.name) ?? `person ${sub.slice(0, 40)}`,
    mail,
    mailVerified: said.email_verified === true || said.email_verified === 'true',
    provedAtMs: authTime === undefined ? null : authTime * 1000,
  };
}

/** Fault `sign-on.domain`. Only an address that the provider has verified says anything. */
export function demandDomain({ mail, mailVerified }: Person, domains: readonly string[]): void {
  if (domains.length === 0) return;
  if (mail === null) throw new Fault('sign-on.domain', 'the provider names no e-mail address');
  if (!mailVerified) throw new Fault('sign-on.domain', 'the provider has not verified the e-mail address');
  const at = mail.lastIndexOf('@');
  if (at < 1 || !domains.includes(mail.slice(at + 1)))
    throw new Fault('sign-on.domain', 'the e-mail address is in none of the domains');
}

const clockToleranceMs = 60_000;

/** When the person proved it, as far as the provider says and never later than now; 0: not known. */
export function provedAt({ provedAtMs }: Person, nowMs: number): number {
  return provedAtMs === null ? 0 : Math.min(provedAtMs, nowMs);
}

/** For a session that is confirmed: asked for at `askedAtMs`, so proved after that. Fault `sign-on.not-fresh`. */
export function demandProvedSince(person: Person, askedAtMs: number): void {
  if (person.provedAtMs === null) throw new Fault('sign-on.not-fresh', 'the provider does not say when (auth_time)');
  if (person.provedAtMs < askedAtMs - clockToleranceMs)
    throw new Fault('sign-on.not-fresh', 'the provider did not ask again');
}
