/**
 * Thousands of devices in real time, over real sockets: each holds its command request, checks in when it is told to, asks for
 * its turn and "installs" as an agent would. Nothing is installed; what an install does is said by `ending`.
 */
import { Agent } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Target } from '#protocol/words.ts';
import type { Command } from '#protocol/commands.ts';
import { Refused, SimulatedDevice, overHttp } from '#test/worlds/fleet/device.ts';
import { readyReport } from '#test/worlds/fleet/estate.ts';
import { conflictsOf, machineOf, type Customer } from '#test/worlds/fleet/people.ts';

export type Ending = 'protected' | 'failed';

export interface Member {
  readonly device: SimulatedDevice;
  readonly customer: Customer;
  readonly conflicts: ReturnType<typeof conflictsOf>;
  /** Whether the console has a package for it. */
  readonly hasPackage: boolean;
}

const installMs = 400;
const heldSeconds = 60;
const fault = { code: 'install.failed', detail: 'the installer ended with 1', context: {} } as const;

export class Crowd {
  readonly members: Member[] = [];
  /** Got a site token: from here on an installer may have started. */
  readonly exposed = new Set<string>();
  ending: (member: Member) => Ending = () => 'protected';
  readonly troubles: string[] = [];
  readonly #targets: readonly Target[];
  #stopping = false;
  readonly #loops: Promise<void>[] = [];
  readonly #agents: Agent[] = [];

  /** `targets`: what the console has packages for. */
  constructor(targets: readonly Target[]) {
    this.#targets = targets;
  }

  /** Enrols `count` devices of a customer, so many at a time, and lets them report once. */
  async add(address: string, customer: Customer, enrolmentString: string, count: number): Promise<void> {
    const made = Array.from({ length: count }, (_, index) =>
      this.#member({ address, customer, enrolmentString, index }),
    );
    await inParallel(made, 24, async (member) => {
      await member.device.enrol();
      member.device.record('agent-started', { version: '0.1.0', bootId: 'boot-1', reason: 'start' });
      if (member.conflicts.length > 0) member.device.record('conflict-found', { conflicts: [...member.conflicts] });
      this.#say(member, 'paused');
      await member.device.checkIn();
      await member.device.checkIn();
    });
    this.members.push(...made);
  }

  #member(of: { address: string; customer: Customer; enrolmentString: string; index: number }): Member {
    const number = this.members.length + of.index;
    // Each machine has an address of its own, as machines have: limits per address are not in question here.
    const localAddress = `127.1.${number >> 8}.${(number & 255) + 1 > 254 ? 254 : (number & 255) + 1}`;
    const agent = new Agent({ keepAlive: true, maxSockets: 2, localAddress });
    this.#agents.push(agent);
    const machine = machineOf(of.customer, of.index);
    const device = new SimulatedDevice(overHttp(of.address, agent), of.enrolmentString, { machine });
    const conflicts = conflictsOf(machine, of.index);
    const observedAt = new Date().toISOString();
    const antivirus = { observedAt, value: { blocking: conflicts, reported: [], failedProbes: [] } };
    device.report = { ...readyReport, antivirus };
    const hasPackage = this.#targets.some((target) => target === machine.target);
    return { device, customer: of.customer, conflicts, hasPackage };
  }

  /** From now on each lives by itself. */
  live(): void {
    for (const member of this.members) this.#loops.push(this.#run(member));
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    for (const agent of this.#agents) agent.destroy();
    await Promise.allSettled(this.#loops);
  }

  async #run(member: Member): Promise<void> {
    const { device } = member;
    while (!this.#stopping) {
      try {
        const { commands, checkIn } = await device.commands(heldSeconds);
        for (const command of commands) this.#obey(member, command);
        if (checkIn || commands.length > 0) await this.#turn(member);
      } catch (error) {
        if (this.#stopping) return;
        if (error instanceof Refused && error.code === 'auth.session-expired') device.session = null;
        else if (this.troubles.push(String(error)) > 200) this.troubles.shift();
        await pause(500);
      }
    }
  }

  #obey({ device }: Member, { commandId, verb }: Command): void {
    device.record('command-received', { commandId, verb });
    device.record('command-executed', { commandId, verb, result: 'done', fault: null });
    if (verb === 'retry' && device.state.kind === 'failed') device.state = { kind: 'checking', since: now() };
  }

  /** One look of the planner: what the assignment asks for, and what stands in the way. */
  async #turn(member: Member): Promise<void> {
    const { device } = member;
    await device.checkIn();
    if (['protected', 'failed', 'installing'].includes(device.state.kind)) return;
    if (device.assignment?.mode !== 'deploy') {
      this.#say(member, 'paused');
      await device.checkIn();
      return;
    }
    if (member.conflicts.length > 0) {
      this.#say(member, 'blocked');
      await device.checkIn();
      return;
    }
    if (!member.hasPackage) {
      this.#say(member, 'unsupported');
      await device.checkIn();
      return;
    }
    if (device.assignment.slot === 'given' || (await device.askForTurn())) await this.install(member);
  }

  /** True when a site token was handed out. */
  async install(member: Member): Promise<boolean> {
    const { device } = member;
    try {
      await device.siteToken();
    } catch (error) {
      if (error instanceof Refused && error.code.startsWith('assignment.')) return false;
      throw error;
    }
    this.exposed.add(device.deviceId);
    this.#begin(device);
    await device.checkIn();
    await pause(installMs);
    const ending = this.ending(member);
    device.record('installer-exited', {
      attempt: 1,
      run: 1,
      exitCode: ending === 'protected' ? 0 : 1,
      signal: null,
      meaning: ending === 'protected' ? 'done' : 'failed',
      durationMs: installMs,
      output: '',
    });
    const told = ending === 'protected' ? null : fault;
    device.record('attempt-ended', { attempt: 1, result: ending, fault: told, nextAttemptAt: null });
    this.#say(member, ending);
    await device.checkIn();
    return true;
  }

  #begin(device: SimulatedDevice): void {
    const [candidate] = device.assignment?.candidates ?? [];
    if (candidate !== undefined)
      device.record('attempt-started', { attempt: 1, package: candidate, trigger: 'automatic' });
    for (const step of ['download', 'verify-package', 'site-token'] as const)
      device.record('attempt-step', { attempt: 1, step, result: 'ok', detail: '', fault: null });
    device.state = { kind: 'installing', since: now(), step: 'install', attempt: 1, progress: null };
  }

  #say({ device, conflicts }: Member, kind: 'paused' | 'blocked' | 'unsupported' | Ending): void {
    const since = now();
    if (kind === 'paused') device.state = { kind, since, mode: 'watch', wouldInstall: null };
    if (kind === 'unsupported')
      device.state = {
        kind,
        since,
        reasons: ['no package for this system'],
        help: 'Fetch one on the screen SentinelOne.',
      };
    if (kind === 'failed') device.state = { kind, since, fault };
    if (kind === 'blocked') {
      const why = { code: 'antivirus.present', detail: conflicts[0]?.name ?? '', context: {} } as const;
      device.state = { kind, since, conflicts: [...conflicts], fault: why };
    }
    if (kind !== 'protected') return;
    const version = device.assignment?.candidates[0]?.version ?? '24.2.2.20';
    device.state = { kind, since, version, notes: [] };
    const value = { ...present, version, detail: [] };
    device.report = { ...device.report, product: { observedAt: since, value } };
  }
}

const present = {
  state: 'present',
  serviceRunning: true,
  enabled: true,
  connected: true,
  agentUuid: null,
  consoleHost: null,
  siteKeySha256: null,
} as const;

const now = (): string => new Date().toISOString();

/** So many at the same time; the first failure ends it. */
export async function inParallel<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const queue = [...items];
  const take = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, take));
}
