/**
 * What ends with a restore (G3, G20). Nobody can know what was revoked, disabled or carried out since the backup was made,
 * so whatever opens a door stays shut until a person who has been there says otherwise.
 */
import { Fault } from '#protocol/codes.ts';
import type { KeySet } from '#protocol/key-set.ts';
import { loadKeys, renewOnlineKeys, type KeySetChange } from '#console/keys.ts';
import type { KeyPair } from '#console/owner-key.ts';
import type { Sealer } from '#console/secrets.ts';
import { appendAudit } from '#console/store/audit/audit.ts';
import { auditHead } from '#console/store/audit/audit-chain.ts';
import { removeAllSessions } from '#console/store/operators/operator-sessions.ts';
import { readProvider, writeProvider } from '#console/auth/sign-on/provider.ts';
import { removeFlows } from '#console/store/operators/sign-on-flows.ts';
import type { Db } from '#console/store/store.ts';
import { pinOf } from '#console/tls/certificate.ts';
import { readTlsKey, replaceTlsKey } from '#console/tls/own-key.ts';

export interface Kept {
  /** Names of operators that may go on signing in. */
  readonly operators: readonly string[];
  readonly installKeys: boolean;
}

export interface Settling {
  readonly db: Db;
  readonly sealer: Sealer;
  readonly owner: KeyPair;
  /** New addresses and pins of the console, where they change. */
  readonly change: KeySetChange;
  readonly kept: Kept;
  readonly nowMs: number;
}

export interface Settled {
  readonly keySet: KeySet;
  readonly operatorsKept: readonly string[];
  readonly operatorsDisabled: number;
  readonly apiKeysRevoked: number;
  readonly installKeysRevoked: number;
  readonly commandsDropped: number;
  readonly deploymentsHalted: number;
  /** Number of the last entry of the audit log that the backup brought; 0: none. */
  readonly auditEnd: number;
}

const changed = (result: { readonly numUpdatedRows: bigint }): number => Number(result.numUpdatedRows);

async function keepOperators(
  db: Db,
  names: readonly string[],
  nowMs: number,
): Promise<{ kept: string[]; disabled: number }> {
  const folded = names.map((name) => name.trim().toLowerCase());
  const rows = await db
    .selectFrom('operators')
    .select(['name', 'name_folded'])
    .where('disabled_at', 'is', null)
    .execute();
  const missing = folded.filter((name) => !rows.some((row) => row.name_folded === name));
  if (missing.length > 0)
    throw new Fault('console.bad-configuration', `the backup knows no operator named ${missing.join(', ')}`);
  const disabled = await db
    .updateTable('operators')
    .set({ disabled_at: nowMs })
    .where('disabled_at', 'is', null)
    .$if(folded.length > 0, (query) => query.where('name_folded', 'not in', folded))
    .executeTakeFirst();
  const kept = rows.filter((row) => folded.includes(row.name_folded)).map((row) => row.name);
  return { kept, disabled: changed(disabled) };
}

/** API keys, links to set a password, and recovery codes: each opens a door once more that may have been shut since. */
async function revokeApiKeys(db: Db, nowMs: number): Promise<number> {
  await db.updateTable('operators').set({ setup_sha256: null, setup_expires_at: null }).execute();
  await db.updateTable('recovery_codes').set({ used_at: nowMs }).where('used_at', 'is', null).execute();
  const live = db.updateTable('api_keys').set({ revoked_at: nowMs }).where('revoked_at', 'is', null);
  return changed(await live.executeTakeFirst());
}

async function revokeInstallKeys(db: Db, nowMs: number): Promise<number> {
  const live = db.updateTable('enrolment_keys').set({ revoked_at: nowMs }).where('revoked_at', 'is', null);
  return changed(await live.executeTakeFirst());
}

/** Those that wait in the backup may have been carried out or called off since; who still wants one presses again. */
async function dropCommands(db: Db, nowMs: number): Promise<number> {
  const waiting = db
    .updateTable('commands')
    .set({ expires_at: nowMs })
    .where('executed_at', 'is', null)
    .where('expires_at', '>', nowMs);
  return changed(await waiting.executeTakeFirst());
}

async function haltDeployments(db: Db, nowMs: number): Promise<number> {
  const running = db
    .updateTable('deployments')
    .set({ state: 'halted', halted_at: nowMs, halt_cause: 'console.restored' })
    .where('state', '=', 'running');
  return changed(await running.executeTakeFirst());
}

/** A console with a TLS key of its own gets another; pins of other certificates stay. */
async function newTlsPins(db: Db, sealer: Sealer, { tlsPins }: KeySet): Promise<KeySetChange> {
  const old = await readTlsKey(db, sealer);
  if (old === null || !tlsPins.includes(pinOf(old))) return {};
  return { tlsPins: [...tlsPins.filter((pin) => pin !== pinOf(old)), await replaceTlsKey(db, sealer)] };
}

/** The provider may have been taken over or given up since: an administrator with a password switches it on again. */
async function shutSignOn(db: Db): Promise<void> {
  await removeFlows(db);
  const provider = await readProvider(db);
  if (provider !== null) await writeProvider(db, { ...provider, enabled: false });
}

/** In the transaction that brought the rows. */
export async function settle(settling: Settling): Promise<Settled> {
  const { db, sealer, owner, nowMs, kept } = settling;
  const keys = await loadKeys(db, sealer);
  const change = { ...(await newTlsPins(db, sealer, keys.keySet)), ...settling.change };
  const keySet = await renewOnlineKeys(db, sealer, { keys, owner }, { ...change, nowMs });
  await removeAllSessions(db);
  await shutSignOn(db);
  const operators = await keepOperators(db, kept.operators, nowMs);
  const settled: Settled = {
    keySet,
    operatorsKept: operators.kept,
    operatorsDisabled: operators.disabled,
    apiKeysRevoked: await revokeApiKeys(db, nowMs),
    installKeysRevoked: kept.installKeys ? 0 : await revokeInstallKeys(db, nowMs),
    commandsDropped: await dropCommands(db, nowMs),
    deploymentsHalted: await haltDeployments(db, nowMs),
    auditEnd: (await auditHead(db))?.number ?? 0,
  };
  const { keySet: _whole, ...detail } = settled;
  await appendAudit(db, sealer.subkey('audit'), {
    at: nowMs,
    actor: 'console:command-line',
    action: 'console.restored',
    subject: keySet.consoleId,
    organisationId: null,
    detail: { ...detail, epoch: keySet.epoch, addresses: keySet.addresses },
  });
  return settled;
}
