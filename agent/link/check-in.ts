/** One round of telling and hearing: events and state out; acknowledgement, assignment and keys in. */
import { asFault, Fault } from '#protocol/codes.ts';
import { acceptKeySet, type KeySet } from '#protocol/key-set.ts';
import { checkInResponse, paths, protocolVersion, type CheckInResponse } from '#protocol/messages.ts';
import { limits } from '#protocol/limits.ts';
import type { DeviceReport } from '#protocol/report.ts';
import { acceptAssignment } from '#agent/assignment.ts';
import type { ConsoleClient } from '#agent/link/client.ts';
import { faultData } from '#agent/link/commands.ts';
import type { LinkState } from '#agent/link/link-state.ts';
import { reportDigest } from '#agent/report.ts';

export interface Outcome {
  /** There is more to send. */
  readonly again: boolean;
  readonly nextInMs: number | null;
}

export async function checkIn(link: LinkState, client: ConsoleClient, report: DeviceReport): Promise<Outcome> {
  const { journal } = link.agent;
  const sendFrom = link.sendFrom(journal);
  const events = await journal.readEvents(sendFrom, limits.eventsPerCheckInMax, limits.eventsBytesMax - 8192);
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
      oldestSeq: journal.oldestSeq,
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
  return apply(link, { response, digest: withState ? digest : null });
}

async function apply(link: LinkState, sent: { response: CheckInResponse; digest: string | null }): Promise<Outcome> {
  const { response, digest } = sent;
  const { journal, log } = link.agent;
  if (response.acknowledged.journalId === journal.journalId) {
    link.acknowledgedByConsole = response.acknowledged.seq;
    await journal.acknowledge(response.acknowledged.seq);
  }
  if (digest !== null) link.consoleDigest = digest;
  if (response.sendAll) link.consoleDigest = null;
  for (const entry of response.rejected) log.warn('the console rejected an event', entry);
  if (response.keySet !== undefined) await takeKeySet(link, response.keySet);
  if (response.assignment !== undefined) await takeAssignment(link, response.assignment);
  const again = response.sendAll || link.sendFrom(journal) <= journal.newestSeq;
  return { again, nextInMs: response.nextInMs ?? null };
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
    const { number, epoch, mode, site } = assignment;
    await agent.journal.write(
      { change: 'assignment-floor', epoch, number },
      { event: 'assignment-accepted', data: { number, mode, site: site?.siteName ?? null } },
    );
    agent.log.info('assignment', { number, mode, site: site?.siteName ?? null });
    agent.wake.ring();
  } catch (error) {
    await refused(link, error);
  }
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
