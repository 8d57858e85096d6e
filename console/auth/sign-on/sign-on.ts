/** Signing in by the single sign-on provider, and proving once more to be the person of a session. */
import { Fault } from '#protocol/codes.ts';
import { openSession, type Opened, type Origin } from '#console/auth/sessions.ts';
import { createSignInLimits, type SignInLimits } from '#console/auth/sign-in-limits.ts';
import type { SignedInOperator } from '#console/auth/signed-in.ts';
import { demandDomain, demandProvedSince, provedAt, type Person } from '#console/auth/sign-on/claims.ts';
import type { ProviderClient } from '#console/auth/sign-on/client.ts';
import { createClients, type Clients } from '#console/auth/sign-on/clients.ts';
import { endFlow, startFlow, type Flow } from '#console/auth/sign-on/flows.ts';
import { redirectUrlOf, type SignOnParts } from '#console/auth/sign-on/parts.ts';
import { demandAdmitted, findOrAddPerson } from '#console/auth/sign-on/people.ts';
import { digestOf, readProvider, type StoredProvider } from '#console/auth/sign-on/provider.ts';
import { appendAudit, lockAudit } from '#console/store/audit/audit.ts';
import { findByIdentity } from '#console/store/operators/identities.ts';
import { confirmSession, findSession } from '#console/store/operators/operator-sessions.ts';
import type { Db } from '#console/store/store.ts';

/** What came with the browser on its way back. */
export interface Answer extends Origin {
  readonly cookie: string | undefined;
  readonly params: Readonly<Record<string, string | undefined>>;
}

export type Outcome =
  | { readonly kind: 'signed-in'; readonly opened: Opened }
  | { readonly kind: 'confirmed'; readonly operatorId: string }
  | { readonly kind: 'refused'; readonly fault: Fault; readonly confirming: boolean; readonly waiting: boolean };

export interface SignOn {
  /** What stands on the button; null: nobody signs in that way. */
  label(): Promise<string | null>;
  /** `confirming`: a session whose person is asked once more. `token` is for the cookie. */
  begin(from: Origin, confirming: SignedInOperator | null): Promise<{ url: string; token: string }>;
  finish(answer: Answer): Promise<Outcome>;
  readonly clients: Clients;
  close(): void;
}

function refusal(fault: Fault, more: { confirming?: boolean; waiting?: boolean } = {}): Outcome {
  return { kind: 'refused', fault, confirming: more.confirming ?? false, waiting: more.waiting ?? false };
}

interface Work {
  readonly parts: SignOnParts;
  readonly limits: SignInLimits;
  readonly clients: Clients;
}

async function demandProvider(db: Db): Promise<StoredProvider> {
  const provider = await readProvider(db);
  if (provider === null || !provider.enabled) throw new Fault('sign-on.off', 'single sign-on is not in use');
  return provider;
}

/** The provider may have been changed while somebody was away, or while the token was fetched. */
async function demandUnchanged(db: Db, providerSha256: string): Promise<StoredProvider> {
  const provider = await demandProvider(db);
  if (digestOf(provider) !== providerSha256)
    throw new Fault('sign-on.flow-lost', 'the provider was changed in between');
  return provider;
}

/**
 * Within the transaction that lets somebody in: one that ends sessions and this one wait for each other, so that no session
 * is opened behind its back.
 */
async function demandStillUnchanged(db: Db, providerSha256: string): Promise<void> {
  await lockAudit(db);
  await demandUnchanged(db, providerSha256);
}

async function begin({ parts, limits, clients }: Work, from: Origin, confirming: SignedInOperator | null) {
  await limits.demandFrom(from.address);
  const provider = await demandProvider(parts.store.read);
  const client = await clients.of(provider);
  const flow = await startFlow(parts, {
    providerSha256: digestOf(provider),
    sessionSha256: confirming?.tokenSha256 ?? null,
    address: from.address,
  });
  const url = await client.authorizationUrl(flow.secrets, redirectUrlOf(parts), confirming !== null);
  return { url, token: flow.token };
}

function answerUrl(parts: SignOnParts, params: Answer['params']): URL {
  const url = new URL(redirectUrlOf(parts));
  for (const [name, value] of Object.entries(params)) if (value !== undefined) url.searchParams.set(name, value);
  return url;
}

async function signIn({ parts }: Work, flow: Flow, who: { issuer: string; person: Person }, from: Origin) {
  const { row, added } = await findOrAddPerson(parts, who.issuer, who.person);
  // That somebody asks for a role stands in the log already.
  if (added) return refusal(new Fault('sign-on.no-role', 'an administrator has given no role yet'), { waiting: true });
  demandAdmitted(row);
  const opened = await openSession(parts, row, from, {
    via: 'sign-on',
    freshAtMs: provedAt(who.person, parts.clock.now()),
    demand: (db) => demandStillUnchanged(db, flow.providerSha256),
  });
  return { kind: 'signed-in' as const, opened };
}

/** The session goes on; when its person proved it, the provider says. */
async function confirm({ parts }: Work, flow: Flow, sessionSha256: string, who: { issuer: string; person: Person }) {
  const { store, clock } = parts;
  demandProvedSince(who.person, flow.startedAtMs);
  return store.write(async (db) => {
    await demandStillUnchanged(db, flow.providerSha256);
    const session = await findSession(db, sessionSha256, clock.now());
    if (session === null) throw new Fault('auth.required', 'the session has ended');
    const row = await findByIdentity(db, { issuer: who.issuer, subject: who.person.subject });
    if (row === null || row.operator_id !== session.operator_id)
      throw new Fault('sign-on.other-person', 'another person signed in at the provider');
    demandAdmitted(row);
    await confirmSession(db, sessionSha256, provedAt(who.person, clock.now()));
    return { kind: 'confirmed' as const, operatorId: row.operator_id };
  });
}

async function exchange({ parts, clients }: Work, flow: Flow, answer: Answer) {
  const provider = await demandUnchanged(parts.store.read, flow.providerSha256);
  const client: ProviderClient = await clients.of(provider);
  const person = await client.exchange(answerUrl(parts, answer.params), flow.secrets);
  demandDomain(person, provider.mailDomains);
  return { issuer: client.issuer, person };
}

/** Only of what began here: whoever just calls the address writes nothing into the log. */
async function noteRefused({ store, sealer, clock }: SignOnParts, fault: Fault, address: string): Promise<void> {
  await store.write((db) =>
    appendAudit(db, sealer.subkey('audit'), {
      at: clock.now(),
      actor: 'console:single-sign-on',
      action: 'operator.sign-on-refused',
      subject: 'sign-on',
      organisationId: null,
      detail: { code: fault.code, why: fault.message.slice(0, 300), address: address.slice(0, 60) },
    }),
  );
}

async function finish(work: Work, answer: Answer): Promise<Outcome> {
  const { parts, limits } = work;
  const from = { address: answer.address, browser: answer.browser };
  let flow: Flow | null = null;
  try {
    await limits.demandFrom(answer.address);
    flow = await endFlow(parts, answer.cookie, answer.params['state']);
    const who = await exchange(work, flow, answer);
    if (flow.sessionSha256 !== null) return await confirm(work, flow, flow.sessionSha256, who);
    return await signIn(work, flow, who, from);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    if (flow === null) return refusal(error);
    await limits.failedFrom(answer.address);
    await noteRefused(parts, error, answer.address);
    return refusal(error, { confirming: flow.sessionSha256 !== null });
  }
}

export function createSignOn(parts: SignOnParts): SignOn {
  const work = { parts, limits: createSignInLimits(parts, 'sign-on'), clients: createClients(parts) };
  return {
    clients: work.clients,
    async label() {
      const provider = await readProvider(parts.store.read);
      return provider !== null && provider.enabled ? provider.label : null;
    },
    begin: (from, confirming) => begin(work, from, confirming),
    finish: (answer) => finish(work, answer),
    close: () => work.clients.close(),
  };
}
