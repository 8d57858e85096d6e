/** An organisation full of simulated devices that install as an agent would: ask for a turn, fetch the token, end. */
import type { DeviceReport } from '#protocol/report.ts';
import type { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { Refused, simulatedDevice, type SimulatedDevice } from '#test/worlds/fleet/device.ts';

const observedAt = '2026-03-01T10:00:00.000Z';
const absent = {
  state: 'absent' as const,
  version: null,
  serviceRunning: null,
  enabled: null,
  connected: null,
  agentUuid: null,
  consoleHost: null,
  siteKeySha256: null,
  detail: [],
};
/** Nothing installed, nothing in the way. */
export const readyReport: Partial<DeviceReport> = {
  product: { observedAt, value: absent },
  antivirus: { observedAt, value: { blocking: [], reported: [], failedProbes: [] } },
};

export type Ending = 'protected' | 'failed';

export class Estate {
  readonly world: ConsoleWorld;
  readonly organisationId: string;
  readonly devices: SimulatedDevice[] = [];
  /** Site tokens handed out, by device id: from here on an installer may have started. */
  readonly exposed = new Set<string>();
  /** What installing does to a device. */
  ending: (device: SimulatedDevice) => Ending = () => 'protected';
  /** Highest number of installs that were under way together. */
  together = 0;
  private readonly installing = new Set<SimulatedDevice>();

  private constructor(world: ConsoleWorld, organisationId: string) {
    this.world = world;
    this.organisationId = organisationId;
  }

  /** `worlds`: processes that share the devices. */
  static async of(world: ConsoleWorld, count: number, worlds: readonly ConsoleWorld[] = [world]): Promise<Estate> {
    const estate = new Estate(world, await world.organisation(`Estate of ${count}`));
    await world.mapped(estate.organisationId);
    await world.package('a package');
    for (const other of worlds) await other.sweep();
    const key = await world.installKey(estate.organisationId);
    for (let index = 0; index < count; index += 1) {
      const home = worlds[index % worlds.length] ?? world;
      const product = index % 10 === 9 ? 'server' : 'client';
      const machine = { hostname: `pc-${index}`, product } as const;
      const address = `10.0.${index >> 8}.${index & 255}`;
      const device = simulatedDevice(home.app, key, { now: () => world.nowMs, machine, address });
      device.report = readyReport;
      await device.enrol();
      await device.checkIn();
      estate.devices.push(device);
    }
    return estate;
  }

  private say(device: SimulatedDevice, kind: 'paused' | 'installing' | Ending): void {
    const since = new Date(this.world.nowMs).toISOString();
    if (kind === 'paused') device.state = { kind, since, mode: 'watch', wouldInstall: null };
    if (kind === 'installing') device.state = { kind, since, step: 'install', attempt: 1, progress: null };
    if (kind === 'protected') device.state = { kind, since, version: '24.2.2.20', notes: [] };
    if (kind === 'failed') {
      device.state = { kind, since, fault: { code: 'install.failed', detail: 'exit 1', context: {} } };
    }
  }

  /** One turn of every device, as its planner would take it. */
  async round(): Promise<void> {
    for (const device of this.devices) await this.turn(device);
    this.world.nowMs += 10_000;
  }

  private async turn(device: SimulatedDevice): Promise<void> {
    if (device.state.kind === 'protected' || device.state.kind === 'failed') return;
    if (this.installing.delete(device)) {
      this.say(device, this.ending(device));
      await device.checkIn();
      return;
    }
    await device.checkIn();
    if (device.assignment?.mode !== 'deploy') return this.say(device, 'paused');
    if (device.assignment.slot === 'none' && !(await device.askForTurn())) return;
    await this.start(device);
  }

  /** True when a token was handed out. */
  async start(device: SimulatedDevice): Promise<boolean> {
    try {
      await device.siteToken();
    } catch (error) {
      if (error instanceof Refused && error.code === 'assignment.older') return false;
      throw error;
    }
    this.exposed.add(device.deviceId);
    this.installing.add(device);
    this.together = Math.max(this.together, this.installing.size);
    this.say(device, 'installing');
    await device.checkIn();
    return true;
  }

  /** Rounds until nothing starts or ends any more; one quiet round may only mean that a turn is on its way. */
  async settle(roundsMax = 400): Promise<void> {
    let quiet = 0;
    for (let rounds = 0; rounds < roundsMax; rounds += 1) {
      const before = this.exposed.size;
      await this.round();
      quiet = this.installing.size === 0 && this.exposed.size === before ? quiet + 1 : 0;
      if (quiet === 2) return;
    }
    throw new Error(`still installing after ${roundsMax} rounds`);
  }
}
