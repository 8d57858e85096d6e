/**
 * What a console process remembers of the devices that talk to it, so that an unchanged check-in costs no query. Nothing
 * here is truth: whatever is not plainly unchanged is decided in a transaction on the rows themselves.
 */
import type { Scope } from '#console/auth/scope.ts';
import { findAssignment } from '#console/store/devices/assignments.ts';
import { identityChangedSince } from '#console/store/devices/device-identity.ts';
import { newSessionUse, type SessionUse } from '#console/fleet/link/twins.ts';
import { findDevice, flushLastSeen, readReportDigest, revokedSince } from '#console/store/devices/devices.ts';
import { policyVersions } from '#console/store/organisations.ts';
import type { Store } from '#console/store/store.ts';

export interface HeldAssignment {
  readonly epoch: number;
  readonly number: number;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  readonly policyVersion: number;
}

export interface KnownDevice {
  readonly deviceId: string;
  readonly organisationId: string;
  readonly signingKey: string;
  readonly sealingKey: string;
  generation: number;
  revoked: boolean;
  /** As `leaves_as` of its row. */
  readonly leavesAs: string | null;
  duplicate: boolean;
  /** Nobody has approved it yet. */
  readonly pending: boolean;
  /** Sessions that were used here, by which two machines under one identity show themselves. */
  readonly use: SessionUse;
  digest: string | null;
  journal: { readonly id: string; readonly seq: number } | null;
  assignment: HeldAssignment | null;
  /** Journal whose device was just told that we are behind it. */
  toldBehind: string | null;
}

export interface DeviceMemory {
  /** From memory, else from the database; null: there is no such device. */
  know(deviceId: string): Promise<KnownDevice | null>;
  forget(deviceId: string): void;
  /** What the device holds is not what it should have any more. */
  outdated(deviceId: string): void;
  seen(deviceId: string, nowMs: number): void;
  lastSeenMs(deviceId: string): number | null;
  /** Policy version of an organisation as known last; 0 before the first sweep. */
  policyVersion(organisationId: string): number;
  /** Re-reads what other processes may have changed: policy versions, revocations, decisions about who a device is. */
  sweep(nowMs: number): Promise<Swept>;
  flush(): Promise<void>;
}

export interface Swept {
  /** Whose policy version rose. */
  readonly organisations: string[];
  /** Newly, since the last sweep. */
  readonly revoked: string[];
  readonly changed: string[];
}

/** What is secret, and what an operator gives, waits until it is clear who the device is. */
export function getsNothing(device: Pick<KnownDevice, 'duplicate' | 'pending'>): boolean {
  return device.duplicate || device.pending;
}

const keptMax = 200_000;
/** Clocks of console processes differ, and a transaction becomes visible later than its time. */
const overlapMs = 60_000;

async function load(store: Store, scope: Scope, deviceId: string): Promise<KnownDevice | null> {
  const row = await findDevice(store.read, scope, deviceId);
  if (row === null) return null;
  const assignment = await findAssignment(store.read, scope, deviceId);
  return {
    deviceId,
    organisationId: row.organisation_id,
    signingKey: row.signing_key,
    sealingKey: row.sealing_key,
    generation: row.generation,
    revoked: row.revoked_at !== null,
    leavesAs: row.leaves_as,
    duplicate: row.duplicate === 1,
    pending: row.pending === 1,
    use: newSessionUse(),
    digest: await readReportDigest(store.read, scope, deviceId),
    journal: null,
    toldBehind: null,
    assignment:
      assignment === null
        ? null
        : {
            epoch: assignment.epoch,
            number: assignment.number,
            issuedAtMs: assignment.issued_at,
            expiresAtMs: assignment.expires_at,
            policyVersion: assignment.policy_version,
          },
  };
}

export function createDeviceMemory(store: Store, scope: Scope): DeviceMemory {
  const known = new Map<string, KnownDevice>();
  const unflushed = new Map<string, number>();
  const lastSeen = new Map<string, number>();
  let versions = new Map<string, number>();
  let revoked = new Set<string>();
  let changed = new Map<string, number>();
  let sweptAtMs = 0;

  return {
    async know(deviceId) {
      const remembered = known.get(deviceId);
      if (remembered !== undefined) return remembered;
      const loaded = await load(store, scope, deviceId);
      if (loaded === null) return null;
      if (known.size >= keptMax) known.clear();
      const raced = known.get(deviceId);
      if (raced !== undefined) return raced;
      known.set(deviceId, loaded);
      return loaded;
    },
    forget: (deviceId) => void known.delete(deviceId),
    outdated(deviceId) {
      const device = known.get(deviceId);
      if (device !== undefined) device.assignment = null;
    },
    seen(deviceId, nowMs) {
      unflushed.set(deviceId, nowMs);
      lastSeen.set(deviceId, nowMs);
    },
    lastSeenMs: (deviceId) => lastSeen.get(deviceId) ?? null,
    policyVersion: (organisationId) => versions.get(organisationId) ?? 0,
    async sweep(nowMs) {
      const next = await policyVersions(store.read, scope);
      const organisations = [...next].filter(([id, version]) => versions.get(id) !== version).map(([id]) => id);
      versions = next;
      const nowRevoked = new Set(await revokedSince(store.read, scope, sweptAtMs - overlapMs));
      const nowChanged = await identityChangedSince(store.read, scope, sweptAtMs - overlapMs);
      sweptAtMs = nowMs;
      const fresh = [...nowRevoked].filter((deviceId) => !revoked.has(deviceId));
      revoked = nowRevoked;
      const decided = [...nowChanged].filter(([id, atMs]) => changed.get(id) !== atMs).map(([id]) => id);
      changed = nowChanged;
      for (const deviceId of [...fresh, ...decided]) known.delete(deviceId);
      return { organisations, revoked: fresh, changed: decided };
    },
    async flush() {
      if (unflushed.size === 0) return;
      const batch = new Map(unflushed);
      unflushed.clear();
      lastSeen.clear();
      for (const [deviceId, seenMs] of batch) lastSeen.set(deviceId, seenMs);
      await store.write((db) => flushLastSeen(db, scope, batch));
    },
  };
}
