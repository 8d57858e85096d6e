/** Setting and removing the provider. What came by one that is gone ends at once, and somebody must still get in (G23). */
import { Fault } from '#protocol/codes.ts';
import type { SignedInOperator } from '#console/auth/signed-in.ts';
import type { Clients } from '#console/auth/sign-on/clients.ts';
import { issuerOf } from '#console/auth/sign-on/client.ts';
import { rulesOf, type SignOnParts } from '#console/auth/sign-on/parts.ts';
import {
  isSameProvider,
  readProvider,
  sealedProvider,
  shownProvider,
  writeProvider,
  type StoredProvider,
  type WantedProvider,
} from '#console/auth/sign-on/provider.ts';
import { appendAudit, lockAudit } from '#console/store/audit/audit.ts';
import { removeMeta } from '#console/store/meta.ts';
import { otherAdministrators } from '#console/store/operators/operator-list.ts';
import { removeSignOnSessions } from '#console/store/operators/operator-sessions.ts';
import { removeFlows } from '#console/store/operators/sign-on-flows.ts';
import type { Db } from '#console/store/store.ts';

type Change = SignOnParts & { readonly clients: Clients };

/** Answers whose sessions ended. Under the lock of the audit log, which whoever signs in takes too. */
async function shut(db: Db): Promise<string[]> {
  if ((await otherAdministrators(db, '')) === 0)
    throw new Fault('sign-on.last-local', 'no administrator of everything has a password');
  await removeFlows(db);
  return removeSignOnSessions(db);
}

interface Deed {
  readonly action: string;
  readonly provider: StoredProvider;
}

async function note(parts: SignOnParts, db: Db, who: SignedInOperator, { action, provider }: Deed): Promise<void> {
  const { caPem, hasSecret: _h, ...detail } = shownProvider(provider);
  await appendAudit(db, parts.sealer.subkey('audit'), {
    at: parts.clock.now(),
    actor: who.scope.actor,
    action,
    subject: 'sign-on-provider',
    organisationId: null,
    detail: { ...detail, ownAuthority: caPem !== null },
  });
}

const letsIn = (before: StoredProvider | null): before is StoredProvider => before !== null && before.enabled;

/** Its own spelling of itself, which is what its tokens carry. Switching one off asks nobody: it may be down or lost. */
async function nameOf(parts: Change, before: StoredProvider | null, asked: WantedProvider): Promise<string> {
  if (before !== null && !asked.enabled && isSameProvider(before, asked)) return before.issuer;
  const client = await parts.clients.tryOut(asked);
  client.close();
  return client.issuer;
}

/** Answers the operators whose sessions ended. Faults `sign-on.…`. */
export async function setProvider(parts: Change, who: SignedInOperator, wanted: WantedProvider): Promise<string[]> {
  const before = await readProvider(parts.store.read);
  const asked = { ...wanted, issuer: issuerOf(wanted.issuer, { rules: rulesOf(parts) }) };
  const named = { ...asked, issuer: await nameOf(parts, before, asked) };
  return parts.store.write(async (db) => {
    await lockAudit(db);
    const current = await readProvider(db);
    const row = sealedProvider(parts.sealer, current, named);
    const ends = letsIn(current) && (!isSameProvider(current, row) || !row.enabled);
    const ended = ends ? await shut(db) : [];
    await removeFlows(db);
    await writeProvider(db, row);
    await note(parts, db, who, { action: 'settings.sign-on', provider: row });
    return ended;
  });
}

/** Answers the operators whose sessions ended. Fault `sign-on.last-local`. */
export async function removeProvider(parts: Change, who: SignedInOperator): Promise<string[]> {
  return parts.store.write(async (db) => {
    await lockAudit(db);
    const before = await readProvider(db);
    if (before === null) return [];
    const ended = await shut(db);
    await removeMeta(db, 'sign-on-provider');
    await note(parts, db, who, { action: 'settings.sign-on-removed', provider: before });
    return ended;
  });
}
