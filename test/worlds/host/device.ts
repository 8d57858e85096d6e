/** A whole managed device: a host on which the service manager keeps the agent running, and its console. */
import { defaultPlaces } from '#agent/places.ts';
import type { Assignment, Candidate } from '#protocol/assignment.ts';
import { sha256Hex } from '#protocol/crypto.ts';
import { signEnvelope, type Envelope } from '#protocol/envelope.ts';
import type { ProtectionState } from '#protocol/state.ts';
import type { CommandVerb } from '#protocol/words.ts';
import { sentinelOne } from '#installers/sentinelone/index.ts';
import { createRedactor } from '#agent/redact.ts';
import type { Log } from '#agent/log.ts';
import type { LocalReboot } from '#agent/plan/decision.ts';
import type { Vendor } from '#installers/vendor.ts';
import type { Places } from '#agent/places.ts';
import { startAgent, type RunningAgent, type StartOptions } from '#agent/start.ts';
import { chanceOf } from '#test/worlds/host/chance.ts';
import { consoleId, enrolmentString, keys, ModelConsole, siteKey, vendorHost } from '#test/worlds/host/console.ts';
import { Host, type HostOptions } from '#test/worlds/host/host.ts';
import { worldTransport } from '#test/worlds/host/network.ts';
import { hostPlatform, type HostPlatform } from '#test/worlds/host/platform.ts';
import type { HostProcess } from '#test/worlds/host/process.ts';

export const places = defaultPlaces('linux');
const restartAfterMs = 5_000;
const version = '1.0.0';

const metadata = { name: 'sentinelagent', version: '24.2.2.20', architecture: 'amd64' };
const packageBytes = Buffer.from(`${JSON.stringify(metadata)}\n${'x'.repeat(4_000)}`);
const candidate: Candidate = {
  target: 'linux-x64-deb',
  format: 'deb',
  version: '24.2.2.20',
  fileName: 'SentinelAgent_linux_x86_64_v24_2_2_20.deb',
  sizeBytes: packageBytes.length,
  sha256: sha256Hex(packageBytes),
  source: 'baseline',
  release: 'ga',
};

/** Which system a device runs: where its agent lives, what is assigned to it, and how its processes see it. */
export interface DeviceSystem {
  readonly places: Places;
  readonly candidate: Candidate;
  readonly packageBytes: Buffer<ArrayBuffer>;
  platform(host: Host, process: HostProcess): HostPlatform;
}

const debian: DeviceSystem = { places, candidate, packageBytes, platform: hostPlatform };

export interface DeviceOptions extends HostOptions {
  /** Default: the Debian server of most tests. */
  readonly system?: DeviceSystem;
  readonly console?: ModelConsole;
  /** False: nobody enrols it. */
  readonly enrols?: boolean;
  readonly assignmentFile?: string;
  readonly vendor?: Vendor;
  /** Restarts by the agent, in the device's own configuration. */
  readonly localReboot?: LocalReboot;
  readonly diagnostics?: StartOptions['diagnostics'];
  readonly proxy?: string;
}

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export class Device {
  readonly host: Host;
  readonly console: ModelConsole;
  readonly log: LogLine[] = [];
  running: RunningAgent | null = null;
  process: HostProcess | null = null;
  /** For the coming starts of the agent: the effect at which it dies. */
  crashes: number[] = [];
  /** What dies with it. */
  crash: 'process' | 'power' = 'process';
  /** Why starts of the agent failed. */
  failedStarts: string[] = [];
  readonly #options: DeviceOptions;
  readonly #system: DeviceSystem;
  readonly #ids: () => string;
  #numbers = 0;

  constructor(options: DeviceOptions = {}) {
    this.#options = options;
    this.#system = options.system ?? debian;
    this.host = new Host({ ...options, platform: (host, process) => this.#system.platform(host, process) });
    this.console = options.console ?? new ModelConsole(this.host.time);
    this.console.package = this.#system.packageBytes;
    const chance = chanceOf((options.seed ?? 1) + 7);
    this.#ids = () =>
      Array.from({ length: 6 }, () =>
        chance
          .int(2 ** 16)
          .toString(16)
          .padStart(4, '0'),
      ).join('');
    this.host.onBoot = () => this.start();
    this.host.onDeath = (dead) => {
      if (dead === this.process) this.#restart();
    };
  }

  /** The service manager starts the agent; it comes back by itself whenever it dies. */
  start(): void {
    const { host } = this;
    const process = host.spawn('agent', this.crash);
    process.crashAt = this.crashes.shift() ?? null;
    this.process = process;
    this.running = null;
    void this.#run(process);
  }

  get state(): ProtectionState | null {
    return this.running?.daemon.latest()?.plan.state ?? null;
  }

  /** Runs the world until the agent says so. */
  until(kind: ProtectionState['kind'], forMs = 3_600_000): Promise<boolean> {
    return this.host.time.run(forMs, () => this.state?.kind === kind);
  }

  assignment(changes: Partial<Assignment> = {}): Assignment {
    this.#numbers = Math.max(this.#numbers + 1, this.console.nowMs());
    return {
      requires: [],
      consoleId,
      deviceId: this.console.devices.size === 0 ? 'device-1' : this.console.device().deviceId,
      organisationId: 'organisation-1',
      epoch: 1,
      number: this.#numbers,
      issuedAt: this.console.iso(),
      expiresAt: this.console.iso(29 * 86_400_000),
      vendor: 'sentinelone',
      mode: 'deploy',
      site: {
        siteId: '1',
        siteName: 'Example site',
        groupId: null,
        consoleHost: vendorHost,
        siteKeySha256: sha256Hex(siteKey),
      },
      candidates: [this.#system.candidate],
      versionPolicy: { kind: 'baseline' },
      antivirus: {
        exceptions: [],
        waivers: [],
        onDemandScanners: 'block',
        defenderOnServers: 'report',
        coexisting: 'report',
      },
      approvals: [],
      window: null,
      reboot: { kind: 'never' },
      slot: 'given',
      ...changes,
    };
  }

  /** Assigns as the console would: signed, newer than the last. */
  assign(changes: Partial<Assignment> = {}): Assignment {
    const assignment = this.assignment(changes);
    this.console.offer(signEnvelope('assignment', assignment, [keys.signing]), assignment.number);
    return assignment;
  }

  /** Every device that enrols is assigned at once. */
  assignsOnEnrolment(changes: Partial<Assignment> = {}): void {
    this.console.onEnrolled = () => {
      this.assign(changes);
    };
  }

  command(verb: CommandVerb, changes: Record<string, unknown> = {}): Envelope {
    const device = this.console.device();
    const content = {
      consoleId,
      deviceId: device.deviceId,
      epoch: 1,
      commandId: `command-${this.#ids()}`,
      verb,
      issuedAt: this.console.iso(),
      expiresAt: this.console.iso(86_400_000),
      assignmentNumber: device.assignmentNumber,
      ...changes,
    };
    return signEnvelope('command', content, [keys.signing]);
  }

  /** What lies anywhere below the state directory, as text. */
  stored(): readonly { readonly path: string; readonly text: string }[] {
    return this.host.disk
      .files()
      .filter(({ path }) => path.startsWith(this.#system.places.stateDirectory))
      .map(({ path, file }) => ({ path, text: file.bytes.toString('latin1') }));
  }

  /** Everything that must never happen and did. */
  violations(): string[] {
    const defects = this.log.filter(({ fields }) => fields['code'] === 'agent.defect');
    return [
      ...this.host.violations,
      ...this.console.violations,
      ...defects.map(({ message, fields }) => `${message}: ${JSON.stringify(fields)}`),
      ...this.log.filter(({ message }) => message === 'the planner repeats itself').map(({ message }) => message),
      ...this.failedStarts.filter((text) => text.startsWith('agent.defect')),
    ];
  }

  /** What an agent in that process would be started with. */
  agentOptions(process: HostProcess): StartOptions {
    return {
      platform: this.host.platform(process),
      vendor: this.#options.vendor ?? sentinelOne,
      reboot: this.#options.localReboot ?? null,
      diagnostics: this.#options.diagnostics ?? 'allowed',
      places: this.#system.places,
      version,
      log: this.#logOf(process),
      redactor: createRedactor(),
      proxy: this.#options.proxy ?? null,
      assignmentFile: this.#options.assignmentFile ?? null,
      hardware: () => null,
      transport: () => worldTransport(this.console, process),
      chance: { id: this.#ids, random: () => this.host.chance.next() },
    };
  }

  async #run(process: HostProcess): Promise<void> {
    const stop = new AbortController();
    try {
      const running = await startAgent(this.agentOptions(process));
      if (!process.alive) return;
      this.running = running;
      if (this.#options.enrols !== false) void this.#enrol(running, process);
      await running.run(stop.signal);
    } catch (error) {
      if (!process.alive) return;
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'agent.defect';
      this.failedStarts.push(`${code}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      process.die();
    }
  }

  /** As an administrator would who does not give up. */
  async #enrol(running: RunningAgent, process: HostProcess): Promise<void> {
    while (running.connection.identity()?.enrolled == null) {
      const enrolled = await running.connection.enrol(enrolmentString).catch(() => null);
      if (enrolled === null) await process.sleep(30_000);
    }
  }

  #restart(): void {
    const { host } = this;
    const { boot } = host;
    host.time.at(host.time.nowMs + restartAfterMs, () => {
      if (host.boot === boot) this.start();
    });
  }

  #logOf(process: HostProcess): Log {
    const write =
      (level: string) =>
      (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
        if (process.alive) this.log.push({ level, message, fields });
      };
    return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  }
}
