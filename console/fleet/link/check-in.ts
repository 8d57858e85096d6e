/** One check-in: events in, report in, acknowledgement and news out. */
import type { Updateable } from 'kysely';
import * as z from 'zod';
import { Fault } from '#protocol/codes.ts';
import { envelopeSchema, type Envelope } from '#protocol/envelope.ts';
import { limits } from '#protocol/limits.ts';
import { checkInRequest, type CheckInResponse } from '#protocol/messages.ts';
import type { ProtectionState } from '#protocol/state.ts';
import { deviceScope, type Scope } from '#console/auth/scope.ts';
import type { DeviceSide } from '#console/context.ts';
import { halfLifeOver } from '#console/fleet/assignment/assignment.ts';
import { currentAssignment } from '#console/fleet/assignment/assigning.ts';
import { getsNothing, type HeldAssignment, type KnownDevice } from '#console/fleet/link/device-memory.ts';
import { noteEvents } from '#console/fleet/link/event-effects.ts';
import { judgeEvent, takeIn, type Intake, type Judged } from '#console/fleet/link/event-intake.ts';
import { noteLeft } from '#console/fleet/membership/offboarding.ts';
import { listState, reportColumns } from '#console/fleet/link/report-row.ts';
import { noEffect, noteState, type SlotEffect } from '#console/fleet/deployment/slots.ts';
import { auditHalt, tellOutdated } from '#console/fleet/deployment/turns.ts';
import { DeviceRevoked } from '#console/problems.ts';
import type { AssignmentRow } from '#console/store/devices/assignments.ts';
import {
  changeDevice,
  findDevice,
  readReportDigest,
  writeReport,
  type DeviceRecord,
} from '#console/store/devices/devices.ts';
import { addEvents, addGap, readJournal, writeJournal } from '#console/store/devices/events.ts';
import type { Db } from '#console/store/store.ts';
import type { DeviceTable } from '#console/store/schema/tables.ts';

/** As `checkInRequest`, but one bad event does not spoil the others. */
export const looseCheckInRequest = checkInRequest.extend({
  events: z.array(z.unknown()).max(limits.eventsPerCheckInMax),
});
export type LooseCheckIn = z.infer<typeof looseCheckInRequest>;

interface Outcome {
  readonly intake: Intake;
  readonly digest: string | null;
  /** null: was not looked at. */
  readonly assignment: AssignmentRow | null;
  readonly newlyRevoked: boolean;
  readonly slots: SlotEffect;
}

function held(row: AssignmentRow): HeldAssignment {
  return {
    epoch: row.epoch,
    number: row.number,
    issuedAtMs: row.issued_at,
    expiresAtMs: row.expires_at,
    policyVersion: row.policy_version,
  };
}

/** Whether what we would assign may differ from what is stored. */
export function assignmentIsStale(side: DeviceSide, device: KnownDevice): boolean {
  const { assignment } = device;
  if (assignment === null || assignment.epoch !== side.keys.current().epoch) return true;
  if (assignment.policyVersion < side.memory.policyVersion(device.organisationId)) return true;
  return halfLifeOver(assignment, side.clock.now());
}

/** Nothing new in either direction: answered from memory. */
function nothingNew(side: DeviceSide, device: KnownDevice, request: LooseCheckIn): boolean {
  if (request.events.length > 0 || request.state !== undefined || request.stateDigest !== device.digest) return false;
  if (!journalIsWhole(device, request)) return false;
  return getsNothing(device) || !assignmentIsDue(side, device, request);
}

/** Whether the assignment must be looked at: it may have changed, or the device does not hold the one we remember. */
function assignmentIsDue(side: DeviceSide, device: KnownDevice, request: LooseCheckIn): boolean {
  const { assignment } = device;
  if (assignment === null || request.assignment === null || assignmentIsStale(side, device)) return true;
  if (request.assignment.epoch !== assignment.epoch || request.assignment.number !== assignment.number) return true;
  return Date.parse(request.assignment.expiresAt) < assignment.expiresAtMs;
}

interface Received {
  readonly device: KnownDevice;
  readonly nowMs: number;
  readonly request: LooseCheckIn;
}

/** Everything the device ever wrote into this journal is acknowledged, as far as this process knows. */
function journalIsWhole({ journal }: KnownDevice, request: LooseCheckIn): boolean {
  return journal !== null && journal.id === request.journalId && journal.seq === request.newestSeq;
}

function nothingCame(acknowledged: number): Intake {
  return { store: [], rejected: [], gaps: [], acknowledged, behind: false };
}

async function storeEvents(db: Db, scope: Scope, { device, nowMs, request }: Received): Promise<Intake> {
  if (request.events.length === 0 && journalIsWhole(device, request)) return nothingCame(request.newestSeq);
  const judged = request.events.map((raw) => judgeEvent(raw)).filter((one): one is Judged => one !== null);
  const { deviceId, organisationId } = device;
  const known = await readJournal(db, scope, deviceId, request.journalId);
  const toldBehind = device.toldBehind === request.journalId;
  const intake = takeIn({ acknowledged: known, toldBehind }, request.oldestSeq, judged);
  const key = { device_id: deviceId, organisation_id: organisationId, journal_id: request.journalId };
  for (const { from, to } of intake.gaps) {
    await addGap(db, scope, { ...key, from_seq: from, to_seq: to, recorded_at: nowMs });
  }
  const rows = intake.store.map(({ seq, at, kind, data }) => {
    return { ...key, seq, at, kind, data: JSON.stringify(data), received_at: nowMs };
  });
  await addEvents(db, scope, rows);
  if (known === null || intake.acknowledged !== known)
    await writeJournal(db, scope, { ...key, seq: intake.acknowledged });
  return intake;
}

interface Reported {
  /** The state that was stored with this check-in; null: nothing new was said. */
  readonly state: ProtectionState | null;
  readonly digest: string | null;
  readonly columns: Updateable<DeviceTable>;
}

async function storeReport(db: Db, scope: Scope, row: DeviceRecord, received: Received): Promise<Reported> {
  const { nowMs, request } = received;
  const stored = await readReportDigest(db, scope, row.device_id);
  const { state, stateDigest } = request;
  const agent = { agent_version: request.agentVersion };
  if (state === undefined || stored === stateDigest) {
    await changeDevice(db, scope, row, agent);
    return { digest: stored, columns: agent, state: null };
  }
  await writeReport(db, scope, {
    device_id: row.device_id,
    organisation_id: row.organisation_id,
    digest: stateDigest,
    report: JSON.stringify(state),
    list_state: listState(state),
    reported_at: nowMs,
  });
  const columns = { ...agent, ...reportColumns(state) };
  await changeDevice(db, scope, row, columns);
  return { digest: stateDigest, columns, state: state.state };
}

async function store(side: DeviceSide, device: KnownDevice, request: LooseCheckIn): Promise<Outcome> {
  const scope = deviceScope(device);
  const nowMs = side.clock.now();
  return side.store.write(async (db) => {
    const row = await findDevice(db, scope, device.deviceId);
    if (row === null) throw new Fault('enrol.not-enrolled', 'the console does not know this device');
    if (row.revoked_at !== null) throw new DeviceRevoked(device.deviceId, row.leaves_as);
    const intake = await storeEvents(db, scope, { device, nowMs, request });
    const { digest, columns, state } = await storeReport(db, scope, row, { device, nowMs, request });
    const newlyRevoked = await noteEvents(db, scope, { deviceId: device.deviceId, nowMs }, intake.store);
    if (newlyRevoked) await noteLeft(side, db, scope, { ...device, hostname: row.hostname });
    const now: DeviceRecord = { ...row, ...(columns as Partial<DeviceRecord>) };
    const slots = state === null ? noEffect : await noteState({ db, scope, nowMs }, now, state);
    await auditHalt(side, db, slots, nowMs);
    const turned = slots.outdated.includes(device.deviceId);
    const due = turned || assignmentIsDue(side, device, request) || now.target !== row.target;
    if (row.duplicate === 1 || row.pending === 1 || !due)
      return { intake, digest, assignment: null, newlyRevoked, slots };
    const how = { keys: side.keys.current(), nowMs, held: request.assignment };
    const assignment = await currentAssignment(db, scope, now, how);
    return { intake, digest, assignment, newlyRevoked, slots };
  });
}

function wantsAssignment(request: LooseCheckIn, row: AssignmentRow): boolean {
  const { assignment } = request;
  if (assignment === null || assignment.epoch !== row.epoch || assignment.number !== row.number) return true;
  return Date.parse(assignment.expiresAt) < row.expires_at;
}

function keySetNews(side: DeviceSide, request: LooseCheckIn): { keySet?: Envelope } {
  const { keySet, keySetEnvelope } = side.keys.current();
  const newer =
    keySet.epoch > request.keySet.epoch ||
    (keySet.epoch === request.keySet.epoch && keySet.number > request.keySet.number);
  return newer ? { keySet: keySetEnvelope } : {};
}

/** Takes a check-in of a device that has proved itself; `request` has passed `looseCheckInRequest`. */
export async function checkIn(side: DeviceSide, device: KnownDevice, request: LooseCheckIn): Promise<CheckInResponse> {
  side.memory.seen(device.deviceId, side.clock.now());
  const { journalId } = request;
  if (nothingNew(side, device, request)) {
    const acknowledged = { journalId, seq: request.newestSeq };
    return { acknowledged, sendAll: false, rejected: [], ...keySetNews(side, request) };
  }
  const outcome = await store(side, device, request);
  device.digest = outcome.digest;
  device.journal = { id: journalId, seq: outcome.intake.acknowledged };
  device.toldBehind = outcome.intake.behind ? journalId : null;
  if (outcome.assignment !== null) device.assignment = held(outcome.assignment);
  if (outcome.newlyRevoked) side.memory.forget(device.deviceId);
  tellOutdated(
    side,
    outcome.slots.outdated.filter((deviceId) => deviceId !== device.deviceId),
  );
  if (outcome.slots.freed) void side.turns.fill().catch(() => undefined);
  side.hint({ topic: 'device', id: device.deviceId, organisationId: device.organisationId });
  const { assignment } = outcome;
  return {
    acknowledged: { journalId, seq: outcome.intake.acknowledged },
    sendAll: outcome.digest !== request.stateDigest,
    rejected: [...outcome.intake.rejected],
    ...(assignment !== null && wantsAssignment(request, assignment)
      ? { assignment: envelopeSchema.parse(JSON.parse(assignment.envelope)) }
      : {}),
    ...keySetNews(side, request),
  };
}
