/** Everything that ties this device to its console: identity, key set, stored assignment, and the link that uses them. */
import { readApprovals } from '#protocol/approval.ts';
import type { Assignment } from '#protocol/assignment.ts';
import { asFault, Fault } from '#protocol/codes.ts';
import type { Command } from '#protocol/commands.ts';
import { readEnrolmentString } from '#protocol/enrolment.ts';
import { acceptKeySet, type KeySet } from '#protocol/key-set.ts';
import type { DeviceReport } from '#protocol/report.ts';
import type { Agent } from '#agent/agent.ts';
import { isOlder } from '#agent/assignment/assignment.ts';
import type { Diagnostics } from '#agent/diagnose/diagnose.ts';
import { identityFile, type Identity } from '#agent/identity/identity.ts';
import { noteAssignment } from '#agent/link/check-in.ts';
import { createClient } from '#agent/link/client.ts';
import { enrol } from '#agent/link/enrol.ts';
import type { EnrolledIdentity, LinkState } from '#agent/link/link-state.ts';
import { lastWords, runLink } from '#agent/link/link.ts';
import { addressesOf, reachedBy, type Reached } from '#agent/link/reached.ts';
import { releaseSupply } from '#agent/link/release-supply.ts';
import { consoleSupply } from '#agent/link/supply.ts';
import { keepPending, pendingFile } from '#agent/identity/pending-enrolment.ts';
import { createTransport, type Transport, type TransportOptions } from '#agent/link/transport.ts';
import type { AcceptedAssignment } from '#agent/plan/decision.ts';
import { machineReport } from '#agent/report/report.ts';
import { forgetStoredAssignment, readStoredAssignment, storeAssignment } from '#agent/assignment/stored-assignment.ts';
import { waitForAbort } from '#agent/signal.ts';

const damagedBytesMax = 1024 * 1024;

export interface ConnectionOptions {
  readonly agent: Agent;
  readonly proxy: string | null;
  readonly report: () => DeviceReport | null;
  readonly lookAgain: () => void;
  readonly diagnostics: Diagnostics;
  /** In tests the network is another one. */
  readonly transport?: (options: TransportOptions) => Transport;
}

export interface ConsoleConnection {
  /** Loads what is stored; forgets an identity that belongs to another machine. */
  load(): Promise<void>;
  enrol(enrolmentString: string): Promise<{ readonly deviceId: string; readonly organisationName: string }>;
  /** `again`: this machine comes in anew by the install key it came with. */
  unenrol(by: 'console' | 'local', how?: { readonly again: boolean }): Promise<void>;
  /** Runs the link whenever there is an identity, until aborted. */
  run(signal: AbortSignal): Promise<void>;
  identity(): Identity | null;
  /** Where this device goes, as the newest key set says; empty while it is not enrolled. */
  reaches(): Reached;
}

export function createConnection(options: ConnectionOptions): ConsoleConnection {
  return new Connection(options);
}

class Connection implements ConsoleConnection {
  readonly #options: ConnectionOptions;
  readonly #agent: Agent;
  #identity: Identity | null = null;
  #keySet: KeySet | null = null;
  #changed = new AbortController();
  /** Tells the console what it has not heard yet; null while there is no link. */
  #lastWords: (() => Promise<void>) | null = null;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#agent = options.agent;
  }

  identity(): Identity | null {
    return this.#identity;
  }

  reaches(): Reached {
    return reachedBy(this.#identity, this.#keySet);
  }

  async load(): Promise<void> {
    const identity = await this.#readIdentity();
    if (identity === null) return;
    const machine = await this.#agent.platform.machine();
    if (identity.fingerprint !== machine.fingerprint) {
      this.#agent.log.warn('this machine is a copy: its identity stays with the original', {});
      await this.#forget();
      await keepPending(this.#agent.directories.state, identity);
      return;
    }
    this.#adopt(identity);
    await this.#loadAssignment();
  }

  /** What cannot be read is set aside like a damaged journal: a device that never starts could not even be enrolled again. */
  async #readIdentity(): Promise<Identity | null> {
    const { state } = this.#agent.directories;
    try {
      return await identityFile(state).read();
    } catch (error) {
      const fault = asFault(error);
      if (fault.code !== 'state.lost') throw fault;
      this.#agent.log.error('the identity was damaged and set aside', { detail: fault.message });
      const bytes = await state.read('identity.json', damagedBytesMax);
      if (bytes !== null) await state.replace('identity.damaged', bytes);
      await this.#forget();
      await this.#agent.journal.write({ event: 'state-lost', data: { detail: fault.message } });
      return null;
    }
  }

  async enrol(enrolmentString: string): Promise<{ deviceId: string; organisationName: string }> {
    const agent = this.#agent;
    const enrolment = readEnrolmentString(enrolmentString);
    agent.redactor.add(enrolment.secret);
    const machine = await agent.platform.machine();
    const any = this.#anyCertificate(() => enrolment.addresses);
    try {
      const identity = await enrol({
        enrolment,
        identity: identityFile(agent.directories.state),
        fingerprint: machine.fingerprint,
        machine: machineReport(agent, machine),
        agentVersion: agent.version,
        keySetTransport: any,
        transportFor: (prepared) => {
          const keySet = acceptKeySet(prepared.keySet, prepared.ownerKey, null);
          const addresses = (): readonly string[] => addressesOf(keySet, prepared);
          return this.#transport(addresses, () => keySet.tlsPins);
        },
      });
      this.#adopt(identity);
      if (agent.current.assignment?.source === 'local') agent.current.assignment = null;
      this.#restart();
      if (identity.enrolled === null) throw new Fault('enrol.not-enrolled', 'the console gave no identity');
      const { deviceId, organisationName } = identity.enrolled;
      agent.log.info('enrolled', { deviceId, organisation: organisationName });
      return { deviceId, organisationName };
    } finally {
      any.close();
    }
  }

  async unenrol(by: 'console' | 'local', how = { again: false }): Promise<void> {
    if (by === 'local') await this.#agent.journal.write({ event: 'unenrolled', data: { by } });
    await this.#lastWords?.();
    const { state } = this.#agent.directories;
    // Before the identity goes: a crash in between leaves both, and the identity is refused once more.
    if (how.again && this.#identity !== null) await keepPending(state, this.#identity);
    else await pendingFile(state).remove();
    await this.#forget();
    this.#restart();
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const change = this.#changed;
      const stop = AbortSignal.any([signal, change.signal]);
      if (this.#identity?.enrolled == null || this.#keySet === null) await waitForAbort(stop);
      else await this.#runOnce(stop);
    }
  }

  /** A disk that takes no more records must not silence the device: the console is where that is read. */
  async #noteTime(nowMs: number): Promise<void> {
    if (this.#agent.journal.broken === null) await this.#agent.journal.write({ change: 'clock-floor', nowMs });
  }

  async #runOnce(signal: AbortSignal): Promise<void> {
    const addresses = (): readonly string[] => addressesOf(this.#needKeySet(), this.#need());
    const transport = this.#transport(addresses, () => this.#needKeySet().tlsPins);
    const any = this.#anyCertificate(addresses);
    const client = createClient({
      transport,
      time: this.#agent.time,
      identity: () => this.#need(),
      keySet: () => this.#needKeySet(),
      timeAccepted: (nowMs) => this.#noteTime(nowMs),
    });
    const { packages } = this.#agent.directories;
    this.#agent.current.supply = consoleSupply({ client, packages, identity: () => this.#need() });
    this.#agent.current.releases = releaseSupply(client);
    try {
      const { report, lookAgain, diagnostics } = this.#options;
      const unenrol = (command: Command): Promise<void> =>
        this.unenrol('console', { again: command.enrolAgain === true });
      const link = this.#linkState(any);
      this.#lastWords = () => lastWords({ link, client, report });
      await runLink({ link, client, report, lookAgain, unenrol, diagnostics }, signal);
    } catch (error) {
      this.#agent.log.error('the link ended', { code: asFault(error).code, detail: asFault(error).message });
      await this.#agent.platform.clock.sleep(30_000, signal);
    } finally {
      this.#lastWords = null;
      transport.close();
      any.close();
    }
  }

  #linkState(any: Transport): LinkState {
    return {
      anyCertificate: any,
      agent: this.#agent,
      identity: () => this.#need(),
      keySet: () => this.#needKeySet(),
      saveKeySet: async (envelope, keySet) => {
        const { current, journal, time } = this.#agent;
        const isNewEpoch = keySet.epoch > this.#needKeySet().epoch;
        if (isNewEpoch) await journal.write({ change: 'epoch', nowMs: Date.parse(keySet.issuedAt) });
        const identity = { ...this.#need(), keySet: envelope };
        await identityFile(this.#agent.directories.state).write(identity);
        this.#identity = identity;
        this.#keySet = keySet;
        // What the owner allows holds at once, also for what was assigned before.
        if (isNewEpoch) time.forget();
        current.trust = keySet.trust;
        if (current.assignment?.source === 'console')
          current.assignment = this.#accepted(current.assignment.assignment, keySet);
      },
      saveAssignment: async (envelope, assignment) => {
        await storeAssignment(this.#agent.directories.state, envelope);
        this.#agent.current.assignment = this.#accepted(assignment, this.#needKeySet());
      },
      consoleDigest: null,
      acknowledgedByConsole: null,
      lastRefusal: null,
      revocationRefused: false,
      sendFrom(journal) {
        const acknowledged = this.acknowledgedByConsole ?? journal.acknowledgedSeq;
        return Math.max(Math.min(acknowledged, journal.acknowledgedSeq) + 1, journal.oldestSeq);
      },
    };
  }

  /** Judged anew at every start, its expiry apart: an expired assignment still says what the device belongs to. */
  async #loadAssignment(): Promise<void> {
    const { state } = this.#agent.directories;
    if (this.#keySet === null || this.#identity?.enrolled == null) return;
    const assignment = await readStoredAssignment(state, this.#keySet, this.#identity.enrolled.deviceId);
    const floor = this.#agent.journal.memory.assignmentFloor;
    if (assignment === null || (floor !== null && isOlder(assignment, floor))) return;
    this.#agent.current.assignment = this.#accepted(assignment, this.#keySet);
    // It was stored before the device had noted it, and died in between.
    if (floor === null || isOlder(floor, assignment)) await noteAssignment(this.#agent.journal, assignment);
  }

  #accepted(assignment: Assignment, keySet: KeySet): AcceptedAssignment {
    const { vendorHosts, consoleId, trust } = keySet;
    const expected = { ownerKey: this.#need().ownerKey, consoleId };
    const approved = trust === 'owner' ? readApprovals(assignment.approvals, expected) : null;
    return { assignment, source: 'console', vendorHosts, approved };
  }

  #adopt(identity: Identity): void {
    this.#identity = identity;
    this.#keySet = acceptKeySet(identity.keySet, identity.ownerKey, null);
    this.#agent.current.enrolled = identity.enrolled !== null;
    this.#agent.current.trust = this.#keySet.trust;
    const { redactor } = this.#agent;
    for (const { privateKey } of [identity.signing, identity.sealing]) redactor.add(privateKey);
    if (identity.enrolmentKey !== null) redactor.add(identity.enrolmentKey.secret);
  }

  async #forget(): Promise<void> {
    const { state } = this.#agent.directories;
    await state.remove('identity.json');
    await forgetStoredAssignment(state);
    await this.#agent.journal.write({ change: 'forgotten' });
    await this.#agent.journal.forgetEvents();
    this.#identity = null;
    this.#keySet = null;
    Object.assign(this.#agent.current, { enrolled: false, assignment: null, supply: null, releases: null });
    this.#options.lookAgain();
  }

  #restart(): void {
    const before = this.#changed;
    this.#changed = new AbortController();
    before.abort();
    this.#options.lookAgain();
  }

  #transport(addresses: TransportOptions['addresses'], pins: TransportOptions['pins']): Transport {
    return (this.#options.transport ?? createTransport)({ addresses, pins, proxy: this.#options.proxy });
  }

  #anyCertificate(addresses: TransportOptions['addresses']): Transport {
    return this.#transport(addresses, () => null);
  }

  #need(): EnrolledIdentity {
    const identity = this.#identity;
    if (identity?.enrolled == null) throw new Fault('enrol.not-enrolled', 'this device has no identity');
    return { ...identity, enrolled: identity.enrolled };
  }

  #needKeySet(): KeySet {
    if (this.#keySet !== null) return this.#keySet;
    throw new Fault('enrol.not-enrolled', 'this device has no key set');
  }
}
