/** Puts the daemon together from its parts and keeps it running until it is told to stop. */
import { randomInt } from 'node:crypto';
import type { Platform } from '#platform/platform.ts';
import type { Vendor } from '#installers/vendor.ts';
import type { DeviceReport } from '#protocol/report.ts';
import { createBell } from '#agent/signal.ts';
import { createDiagnostics, type Diagnostics } from '#agent/diagnose/diagnose.ts';
import type { Config } from '#agent/config.ts';
import { createConnection, type ConsoleConnection } from '#agent/console-connection.ts';
import { createConsoleTime } from '#agent/console-time.ts';
import { freshCurrent, type Agent } from '#agent/agent.ts';
import { createDaemon, type Daemon } from '#agent/daemon.ts';
import { openJournal, type Journal } from '#agent/journal/journal.ts';
import type { Transport, TransportOptions } from '#agent/link/transport.ts';
import { readLocalAssignment } from '#agent/assignment/local-assignment.ts';
import type { Log } from '#agent/log.ts';
import type { Redactor } from '#agent/redact.ts';
import { Fault } from '#protocol/codes.ts';
import type { Hardware } from '#agent/report/report.ts';
import { updateDirectoryName } from '#agent/update/floor.ts';
import { createUpdater, type Updater, type UpdaterOptions } from '#agent/update/updater.ts';
import type { Places } from '#agent/places.ts';
import type { LocalReboot } from '#agent/plan/decision.ts';
import { takeInEnrolment } from '#agent/identity/pending-enrolment.ts';
import { newId, ownState, removeOrphanedRuns, type OwnedState } from '#agent/setup.ts';

export interface StartOptions {
  readonly platform: Platform;
  readonly vendor: Vendor;
  readonly places: Places;
  readonly version: string;
  readonly log: Log;
  readonly redactor: Redactor;
  readonly proxy: string | null;
  readonly assignmentFile: string | null;
  /** Restarts by the agent, from the local configuration. */
  readonly reboot?: LocalReboot;
  /** What the local configuration says of diagnostics; `local`: the console gets none. */
  readonly diagnostics?: Config['diagnostics'];
  readonly hardware: () => Hardware;
  /** null where this agent is no version of a program root (from the sources, a bare binary). */
  readonly updates?: Omit<UpdaterOptions, 'agent' | 'update'> | null;
  /** In tests the network is another one. */
  readonly transport?: (options: TransportOptions) => Transport;
  /** In tests chance is repeatable: ids, and numbers in [0, 1). */
  readonly chance?: { readonly id: () => string; readonly random: () => number };
}

export interface RunningAgent {
  readonly agent: Agent;
  readonly daemon: Daemon;
  readonly connection: ConsoleConnection;
  readonly diagnostics: Diagnostics;
  /** Resolves when everything has come to rest after an abort. */
  run(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

export async function startAgent(options: StartOptions): Promise<RunningAgent> {
  const { platform } = options;
  const owned = await ownState(platform, options.places);
  try {
    return await assemble(options, owned);
  } catch (error) {
    await owned.release();
    throw error;
  }
}

async function assemble(options: StartOptions, owned: OwnedState): Promise<RunningAgent> {
  if (options.proxy !== null) hidePassword(options.proxy, options.redactor);
  const agent = await makeAgent(options, owned);
  let daemon: Daemon | null = null;
  const report = (): DeviceReport | null => daemon?.report() ?? null;
  const lookAgain = (): void => daemon?.lookAgain();
  const { proxy, transport } = options;
  const diagnostics = createDiagnostics(() => ({ ...sourceOf(options, running, connection), agent }));
  const connection = createConnection({
    agent,
    proxy,
    report,
    lookAgain,
    diagnostics,
    ...(transport === undefined ? {} : { transport }),
  });
  await noteStart(agent);
  await connection.load();
  await takeInEnrolment(agent, connection.identity()?.enrolled != null);
  if (options.assignmentFile !== null) await useLocalAssignment(agent, options.assignmentFile);
  await removeOrphanedRuns(agent.directories.runs, agent.journal.memory.attempt?.run?.directory ?? null);
  daemon = createDaemon({ agent, hardware: options.hardware });
  const updater = await makeUpdater(options, agent);
  const running = daemon;
  return {
    agent,
    daemon: running,
    connection,
    diagnostics,
    async run(signal) {
      await Promise.all([running.run(signal), connection.run(signal), updater?.run(signal)]);
    },
    async stop() {
      await agent.journal.close();
      await owned.release();
    },
  };
}

/** As it stands in the address, and as it is meant. */
function hidePassword(proxy: string, redactor: Redactor): void {
  const { password } = new URL(proxy);
  redactor.add(password);
  redactor.add(password.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))));
}

function sourceOf({ proxy, reboot, diagnostics }: StartOptions, daemon: Daemon, connection: ConsoleConnection) {
  const identity = connection.identity();
  const byCommand = (diagnostics ?? 'allowed') === 'allowed';
  const local = { proxy, reboot: reboot ?? null, byCommand };
  const console = identity === null ? null : { deviceId: identity.enrolled?.deviceId ?? null, ...connection.reaches() };
  return { daemon, local, console };
}

async function makeUpdater({ updates }: StartOptions, agent: Agent): Promise<Updater | null> {
  if (updates == null) return null;
  agent.current.updatable = updates.keys.length === 0 ? 'release.no-key' : 'yes';
  return createUpdater({ ...updates, agent, update: await agent.directories.state.directory(updateDirectoryName) });
}

async function makeAgent(options: StartOptions, owned: OwnedState): Promise<Agent> {
  const { platform } = options;
  const chance = options.chance ?? { id: newId, random: () => randomInt(2 ** 32) / 2 ** 32 };
  let journal: Journal | null = null;
  const time = createConsoleTime(platform.clock, () => journal?.memory.clockFloorMs ?? 0);
  journal = await openJournal({
    directory: owned.directories.state,
    newJournalId: chance.id,
    timestamp: () => time.iso(),
  });
  return {
    platform,
    vendor: options.vendor,
    directories: owned.directories,
    journal,
    time,
    log: options.log,
    redactor: options.redactor,
    wake: createBell(platform.clock),
    news: createBell(platform.clock),
    updates: createBell(platform.clock),
    current: freshCurrent(),
    localReboot: options.reboot ?? null,
    version: options.version,
    random: chance.random,
  };
}

/** A damaged memory is one attempt of unknown outcome: the device is looked at first, and the console is told. */
async function noteStart(agent: Agent): Promise<void> {
  const { journal, platform, log } = agent;
  const machine = await platform.machine();
  const started = {
    version: agent.version,
    bootId: machine.bootId,
    reason: startReason(journal, machine.bootId, agent.version),
  } as const;
  const opened = { change: 'opened', seq: journal.newestSeq, bootId: machine.bootId } as const;
  if (journal.lost !== null) {
    log.error('the memory of this agent was damaged and set aside', { detail: journal.lost });
    await journal.write(
      opened,
      { event: 'state-lost', data: { detail: journal.lost } },
      { event: 'agent-started', data: started },
    );
    return;
  }
  await journal.write(opened, { event: 'agent-started', data: started });
}

function startReason({ memory }: Journal, bootId: string, version: string): 'start' | 'crash' | 'reboot' | 'update' {
  if (memory.update?.phase === 'switching' && memory.update.version === version) return 'update';
  if (memory.bootId !== null && memory.bootId !== bootId) return 'reboot';
  return memory.attempt === null ? 'start' : 'crash';
}

async function useLocalAssignment(agent: Agent, path: string): Promise<void> {
  if (agent.current.enrolled)
    throw new Fault('enrol.already', '--assignment works only on a device that is not enrolled');
  const local = await readLocalAssignment(agent.platform, path, agent.directories.packages);
  agent.current.assignment = local.accepted;
  agent.current.supply = local.supply;
}
