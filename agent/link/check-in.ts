/** One round of telling and hearing: events and state out; acknowledgement, assignment and keys in. */
import type { Assignment } from '#protocol/assignment.ts';
import { asFault, Fault } from '#protocol/codes.ts';
import { acceptKeySet, type KeySet } from '#protocol/key-set.ts';
import { checkInResponse, paths, protocolVersion, type CheckInResponse } from '#protocol/messages.ts';
import { limits } from '#protocol/limits.ts';
import type { DeviceReport } from '#protocol/report.ts';
import { acceptAssignment } from '#agent/assignment/assignment.ts';
import type { ConsoleClient } from '#agent/link/client.ts';
import { faultData } from '#agent/link/commands.ts';
import type { LinkState } from '#agent/link/link-state.ts';
import type { Journal } from '#agent/journal/journal.ts';
import { reportDigest } from '#agent/report/report.ts';

export interface Outcome {
  /** There is more to send. */
  readonly again: boolean;
  readonly nextInMs: number | null;
}

export async function checkIn(link: LinkState, client: ConsoleClient, report: DeviceReport): Promise<Outcome> {
  const { journal } = link.agent;
  // First only what an earlier process wrote: a console that knows more of this journal knows another future of it.
  const toSeq = link.acknowledgedByConsole === null ? journal.openedSeq : journal.newestSeq;
  const bounds = { countMax: limits.eventsPerCheckInMax, bytesMax: limits.eventsBytesMax - 8192 };
  const { oldestSeq, events } = await journal.readEvents({ fromSeq: link.sendFrom(journal), toSeq, ...bounds });
  const digest = reportDigest(report);
  const withState = link.consoleDigest !== digest;
  const assignment =
    link.agent.current.assignment?.source === 'console' ? link.agent.current.assignment.assignment : null;
  const response = await client.request({
    method: 'POST',
    path: paths.checkIn,
    body: {
      version: protocolVersion,
      agentVersion: link.agent.version,
      journalId: journal.journalId,
      oldestSeq,
      newestSeq: journal.newestSeq,
      events,
      stateDigest: digest,
      ...(withState ? { state: report } : {}),
      assignment:
        assignment === null
          ? null
          : { epoch: assignment.epoch, number: assignment.number, expiresAt: assignment.expiresAt },
      keySet: { epoch: link.keySet().epoch, number: link.keySet().number },
    },
    answer: checkInResponse,
  });
  return apply(link, { response, digest: withState ? digest : null, sentSeq: Math.max(toSeq, journal.openedSeq) });
}

interface Sent {
  readonly response: CheckInResponse;
  readonly digest: string | null;
  /** Nothing above it was ever sent. */
  readonly sentSeq: number;
}

async function apply(link: LinkState, { response, digest, sentSeq }: Sent): Promise<Outcome> {
  const { journal, log } = link.agent;
  const before = link.sendFrom(journal);
  await takeAcknowledgement(link, response.acknowledged, sentSeq);
  if (digest !== null) link.consoleDigest = digest;
  if (response.sendAll) link.consoleDigest = null;
  for (const entry of response.rejected) log.warn('the console rejected an event', entry);
  if (response.keySet !== undefined) await takeKeySet(link, response.keySet);
  if (response.assignment !== undefined) await takeAssignment(link, response.assignment);
  // Only while it leads anywhere: a console that takes nothing is asked again in its time.
  const moved = link.sendFrom(journal) !== before || before > sentSeq;
  const again = (response.sendAll && digest === null) || (moved && link.sendFrom(journal) <= journal.newestSeq);
  return { again, nextInMs: response.nextInMs ?? null };
}

/** More than was ever sent: this device was set back to an earlier state, and its numbers would come a second time. */
async function takeAcknowledgement(
  link: LinkState,
  { journalId, seq }: CheckInResponse['acknowledged'],
  sentSeq: number,
): Promise<void> {
  const { journal, log } = link.agent;
  if (journalId !== journal.journalId) return;
  if (seq <= sentSeq) {
    if (journal.memory.unprovedSeq !== null) await journal.write({ change: 'proved' });
    link.acknowledgedByConsole = seq;
    return journal.acknowledge(seq);
  }
  log.warn('this device was set back to an earlier state', { acknowledged: seq, newest: journal.newestSeq });
  await journal.renew();
  link.acknowledgedByConsole = 0;
  await journal.write(
    { change: 'proved' },
    {
      event: 'state-lost',
      data: { detail: 'set back to an earlier state, as by a snapshot of the machine' },
    },
  );
}

async function takeKeySet(link: LinkState, envelope: NonNullable<CheckInResponse['keySet']>): Promise<void> {
  try {
    const next: KeySet = acceptKeySet(envelope, link.identity().ownerKey, link.keySet());
    await link.saveKeySet(envelope, next);
  } catch (error) {
    await refused(link, error);
  }
}

async function takeAssignment(link: LinkState, envelope: NonNullable<CheckInResponse['assignment']>): Promise<void> {
  const { agent } = link;
  const { consoleId, deviceId } = link.identity().enrolled;
  try {
    const audience = { consoleId, deviceId, keySet: link.keySet() };
    const assignment = acceptAssignment(envelope, audience, agent.journal.memory.assignmentFloor, agent.time.now());
    const known = agent.current.assignment?.assignment;
    await link.saveAssignment(envelope, assignment);
    if (known?.number === assignment.number && known.epoch === assignment.epoch) return;
    const { number, mode, site } = assignment;
    await noteAssignment(agent.journal, assignment);
    agent.log.info('assignment', { number, mode, site: site?.siteName ?? null });
    agent.wake.ring();
  } catch (error) {
    await refused(link, error);
  }
}

/** From now on no older one is believed. */
export async function noteAssignment(journal: Journal, { number, epoch, mode, site }: Assignment): Promise<void> {
  await journal.write(
    { change: 'assignment-floor', epoch, number },
    { event: 'assignment-accepted', data: { number, mode, site: site?.siteName ?? null } },
  );
}

/** Said once per refusal, not every five minutes. */
async function refused(link: LinkState, error: unknown): Promise<void> {
  const fault = asFault(error);
  if (fault.code === 'agent.defect' || fault.code === 'state.disk-error' || fault.code === 'state.no-space')
    throw fault;
  const said = `${fault.code} ${fault.message}`;
  if (link.lastRefusal === said) return;
  link.lastRefusal = said;
  link.agent.log.error('refused', { code: fault.code, detail: fault.message });
  await link.agent.journal.write({
    event: 'assignment-refused',
    data: { fault: faultData(new Fault(fault.code, fault.message)) ?? fault.toRecord() },
  });
}
