/**
 * One machine: its disk, clock, boots, processes, package manager and product. Everything on it happens in virtual time
 * and by a seed; what must never happen is written down in `violations`.
 */
import { runInstaller } from '#agent/installer-run/shim.ts';
import type { InstalledPackage, Inventory, Probe } from '#platform/inventory.ts';
import type { HostCheck, LockHolder, Machine } from '#platform/platform.ts';
import { chanceOf, type Chance } from '#test/worlds/host/chance.ts';
import { memoryDisk, type DirectoryNode, type Disk, type Loss } from '#test/worlds/host/disk.ts';
import { PackageManager } from '#test/worlds/host/package-manager.ts';
import { hostPlatform, type HostPlatform } from '#test/worlds/host/platform.ts';
import { hostProcess, type HostProcess } from '#test/worlds/host/process.ts';
import { noProduct, type Product } from '#test/worlds/host/product.ts';
import { Reboots } from '#test/worlds/host/reboots.ts';
import { worldTime, type WorldTime } from '#test/worlds/host/time.ts';

export const baseMs = Date.UTC(2026, 5, 1, 12);
const gibibyte = 1024 ** 3;

export interface HostOptions {
  readonly seed?: number;
  readonly time?: WorldTime;
  readonly fingerprint?: string;
  /** How a process sees this machine; default: Linux, in memory. */
  readonly platform?: (host: Host, process: HostProcess) => HostPlatform;
}

/** How the coming shims behave; the first entry is for the next one. */
export interface ShimPlan {
  readonly delayMs?: number;
  readonly crashAt?: number;
  /** What dies with it at `crashAt`. */
  readonly crash?: 'process' | 'power';
  /** The service manager says no, and whether it starts it all the same. */
  readonly refused?: 'and-not-started' | 'but-started';
  readonly lost?: boolean;
}

export interface Snapshot {
  readonly disk: DirectoryNode;
  readonly product: Product;
}

export class Host {
  readonly time: WorldTime;
  readonly chance: Chance;
  readonly disk: Disk = memoryDisk(64 * gibibyte);
  readonly packageManager: PackageManager;
  readonly reboots: Reboots;
  readonly violations: string[] = [];
  readonly processes = new Set<HostProcess>();
  /** Exclusive locks by directory node. */
  readonly exclusive = new Map<object, HostProcess>();
  product: Product = noProduct;
  fingerprint: string;
  boot = 1;
  /** First boot after the machine was last set back. */
  setBackAtBoot = 0;
  bootedAtMs = -3_600_000;
  /** Wall clock minus world time. */
  wallOffsetMs = baseMs;
  freeBytes: number | null = null;
  locks: LockHolder[] = [];
  /** Package managers that somebody else runs. */
  foreignInstallers: { pid: number; command: string }[] = [];
  /** Beginnings of program names that the agent has taken for installers. */
  readonly installersAskedFor = new Set<string>();
  packages: InstalledPackage[] = [];
  unreadablePackages = false;
  /** What differs from the Debian server of most tests. */
  machineChanges: Partial<Machine> = {};
  inventoryChanges: Partial<Inventory> = {};
  pendingReboot: Probe<boolean> = { status: 'ok', value: false };
  vendorHost: Omit<HostCheck, 'host'> = { dns: 'ok', tls: 'ok', clockOffsetMs: 0, detail: '' };
  shims: ShimPlan[] = [];
  shimRuns: HostProcess[] = [];
  /** How a power cut treats what was not fsynced. */
  loss: Loss = 'part';
  /** Called after every boot: whatever starts by itself. */
  onBoot: () => void = () => undefined;
  onDeath: (process: HostProcess) => void = () => undefined;
  /** Called whenever everything that runs has ended at once. */
  onPowerOff: () => void = () => undefined;
  readonly #platform: (host: Host, process: HostProcess) => HostPlatform;
  #pids = 1000;
  #units = new Set<string>();

  constructor(options: HostOptions = {}) {
    this.time = options.time ?? worldTime();
    this.chance = chanceOf(options.seed ?? 1);
    this.#platform = options.platform ?? hostPlatform;
    this.fingerprint = options.fingerprint ?? 'a'.repeat(64);
    this.packageManager = new PackageManager(this);
    this.reboots = new Reboots(this);
  }

  get bootId(): string {
    return `boot-${this.boot}`;
  }

  wallNow(): number {
    return Math.round(this.time.nowMs + this.wallOffsetMs);
  }

  nextPid(): number {
    this.#pids += 1;
    return this.#pids;
  }

  /** A new process; `power` cuts the power when it reaches its `crashAt`, otherwise only the process dies. */
  spawn(name: string, crash: 'process' | 'power' = 'process'): HostProcess {
    const process = hostProcess({
      pid: this.nextPid(),
      name,
      time: this.time,
      chance: this.chance,
      crashed: () => {
        if (crash === 'power') this.cutPower();
      },
      died: (dead) => {
        this.processes.delete(dead);
        for (const [node, holder] of this.exclusive) if (holder === dead) this.exclusive.delete(node);
        this.onDeath(dead);
      },
    });
    this.processes.add(process);
    return process;
  }

  isAlive(pid: number): boolean {
    return this.packageManager.isAlive(pid) || [...this.processes].some((process) => process.pid === pid);
  }

  isRunning(pid: number): boolean {
    return [...this.processes].some((process) => process.pid === pid);
  }

  platform(process: HostProcess): HostPlatform {
    return this.#platform(this, process);
  }

  /** An orderly restart: everything ends, what was written reaches the disk first. */
  restart(offForMs = 60_000): void {
    const { loss } = this;
    this.loss = 'none';
    this.cutPower(offForMs);
    this.loss = loss;
  }

  /** Everything that runs is gone, the disk has lost what it had not kept, and the machine starts again. */
  cutPower(offForMs = 60_000): void {
    const { onDeath } = this;
    this.onDeath = () => undefined;
    for (const process of Array.from(this.processes)) process.die();
    this.onDeath = onDeath;
    this.packageManager.stop();
    this.onPowerOff();
    this.reboots.forget();
    this.#units.clear();
    this.disk.losePower(this.loss, this.chance);
    this.boot += 1;
    this.bootedAtMs = this.time.nowMs + offForMs;
    const { boot } = this;
    this.time.at(this.bootedAtMs, () => {
      if (this.boot !== boot) return;
      this.packageManager.booted();
      this.onBoot();
    });
  }

  snapshot(): Snapshot {
    return { disk: this.disk.copy(), product: { ...this.product } };
  }

  /** As of a virtual machine that is set back: everything it held then, in a new boot. */
  rollBack(snapshot: Snapshot): void {
    this.cutPower();
    this.disk.restore(snapshot.disk);
    this.product = { ...snapshot.product };
    this.setBackAtBoot = this.boot;
  }

  /** The service manager's part of starting a shim: later, outside the caller, once per directory at a time. */
  startShim(directory: string): void {
    const plan = this.shims.shift() ?? {};
    if (plan.refused !== 'and-not-started' && plan.lost !== true && !this.#units.has(directory)) {
      this.#units.add(directory);
      const { boot } = this;
      this.time.at(this.time.nowMs + (plan.delayMs ?? 200), () => {
        if (this.boot === boot) this.#runShim(directory, plan);
      });
    }
    if (plan.refused !== undefined) throw new Error('systemd-run ended with 1');
  }

  machine(): Machine {
    return {
      os: 'linux',
      name: 'Debian GNU/Linux 12 (bookworm)',
      version: '12',
      architecture: 'x64',
      product: 'server',
      formats: ['deb'],
      distribution: { id: 'debian', like: [] },
      imageBased: false,
      sse42: true,
      memoryBytes: 4 * gibibyte,
      hostname: 'web-1',
      virtualisation: 'kvm',
      ...this.machineChanges,
      fingerprint: this.fingerprint,
      bootId: this.bootId,
    };
  }

  #runShim(directory: string, plan: ShimPlan): void {
    const process = this.spawn('shim', plan.crash ?? 'process');
    process.crashAt = plan.crashAt ?? null;
    this.shimRuns.push(process);
    const end = (): void => {
      this.#units.delete(directory);
      process.die();
    };
    void runInstaller(this.platform(process), directory).then(end, end);
  }
}
