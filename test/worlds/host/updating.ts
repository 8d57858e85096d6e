/**
 * A device whose agent is updated: the real updater and the real watcher, kept running by a service manager that starts
 * whatever `current` names. Versions are good or bad in the ways that a program can be bad.
 */
import { createWatcher } from '#agent/update/watch.ts';
import type { StartOptions } from '#agent/start.ts';
import type { WatchedService } from '#platform/update-host.ts';
import { sha256Hex } from '#protocol/crypto.ts';
import { paths } from '#protocol/messages.ts';
import type { Artifact, Release } from '#protocol/release.ts';
import type { DeviceEvent } from '#protocol/events.ts';
import { Device, type DeviceOptions } from '#test/worlds/host/device.ts';
import { worldTransport } from '#test/worlds/host/network.ts';
import type { HostProcess } from '#test/worlds/host/process.ts';
import { memoryVersions, type ProgramTree } from '#test/worlds/host/versions.ts';
import { spareTestReleaseKey, testReleaseKey } from '#test/worlds/release/keys.ts';
import { artifact, release, signRelease } from '#test/worlds/release/release.ts';

/** `unstartable`: not even `--version`; `silent`: it runs and reaches nobody; `filling`: silent, and it fills the disk. */
export type Nature = 'good' | 'unstartable' | 'crashing' | 'silent' | 'filling';

export const first = '1.0.0';
export const second = '2.0.0';
const restartedAfterMs = 2_000;

export class UpdatingDevice extends Device {
  readonly target: Artifact['target'] = 'linux-x64';
  readonly tree: ProgramTree = {
    programs: new Map([[first, 'the first']]),
    current: first,
    previous: null,
    notes: new Map(),
    full: false,
    gaps: 0,
  };
  readonly natures = new Map<string, Nature>();
  /** In the build. */
  releaseKeys: readonly string[] = [testReleaseKey.publicKey, spareTestReleaseKey.publicKey];
  watcher: HostProcess | null = null;
  #watcherCrashes: number[] = [];
  #watched = 0;
  /** Versions in the order in which they were started, with the time. */
  readonly started: { readonly version: string; readonly atMs: number }[] = [];
  #restarts = 0;
  #byHand = false;

  constructor(options: DeviceOptions = {}) {
    super(options);
    const { onDeath } = this.host;
    this.host.onDeath = (dead) => {
      onDeath(dead);
      if (dead !== this.watcher) return;
      this.#watched += dead.effects.length;
      this.watcher = null;
      const { boot } = this.host;
      this.host.time.at(this.host.time.nowMs + restartedAfterMs, () => {
        if (this.host.boot === boot) this.#watch();
      });
    };
    this.host.onPowerOff = () => {
      this.#restarts = 0;
      this.watcher = null;
    };
  }

  override start(): void {
    if (this.process?.alive === true) return;
    if (!this.#byHand) this.#restarts += 1;
    if (this.startVersion(this.tree.current)) this.#watch();
  }

  /** False when it is not there. */
  protected startVersion(version: string | null): boolean {
    if (version === null || !this.tree.programs.has(version)) {
      this.tree.gaps += 1;
      return false;
    }
    this.started.push({ version, atMs: this.host.time.nowMs });
    super.start();
    const process = this.process as HostProcess | null;
    const nature = this.#nature(version);
    if (nature === 'crashing') this.host.time.at(this.host.time.nowMs + 300, () => process?.die());
    if (nature === 'filling') this.tree.full = true;
    return true;
  }

  /** Effects of the watchers so far. */
  watched(): number {
    return this.#watched;
  }

  /** The next watcher dies at that effect of its own. */
  crashWatcherAt(effect: number): void {
    this.#watcherCrashes = [effect];
  }

  /** Has the version that is current started and watched. */
  protected async handOver(process: HostProcess): Promise<'watched' | 'end'> {
    await process.effect('start watcher', () => this.#watch());
    return 'watched';
  }

  override agentOptions(process: HostProcess): StartOptions {
    const version = this.started.at(-1)?.version ?? first;
    const nature = this.#nature(version);
    const deaf = nature !== 'good';
    return {
      ...super.agentOptions(process),
      version,
      ...(deaf
        ? {
            transport: () =>
              worldTransport(
                Object.assign(Object.create(this.console) as typeof this.console, { down: true }),
                process,
              ),
          }
        : {}),
      updates: {
        host: {
          versions: memoryVersions(this.tree, process),
          ask: (asked) =>
            process.look(() =>
              this.#nature(asked) === 'unstartable' ? null : `garrison-agent ${asked} (${this.target}, commit x)`,
            ),
          handOver: () => this.handOver(process),
        },
        target: this.target,
        keys: this.releaseKeys,
        end: () => process.die(),
      },
    };
  }

  /** Offers a release and tells the device to take it, as a ring of the console would. */
  order(change: Partial<Release> = {}, key = testReleaseKey, command: Record<string, unknown> = {}): void {
    const version = change.version ?? second;
    const program = Buffer.from(`the program of ${version}`);
    const value = release({
      version,
      artifacts: [artifact(this.target, 'binary', 'garrison-agent', program)],
      ...change,
    });
    const manifest = Buffer.from(JSON.stringify(signRelease(value, key)));
    this.console.releases.set(paths.release(sha256Hex(manifest)), manifest);
    this.console.releases.set(paths.release(sha256Hex(program)), program);
    const update = { version, manifest: sha256Hex(manifest), ...command };
    this.console.send(this.command('update-self', { update }));
  }

  updates(): readonly { readonly result: string; readonly version: string; readonly code: string | null }[] {
    return this.console
      .events()
      .filter((event): event is Extract<DeviceEvent, { kind: 'agent-update' }> => event.kind === 'agent-update')
      .map(({ data }) => {
        const { result, version, fault } = data as { result: string; version: string; fault: { code: string } | null };
        return { result, version, code: fault?.code ?? null };
      });
  }

  /** What the last word on the update was, as the console knows it. */
  outcome(): { readonly result: string; readonly code: string | null } | null {
    const last = this.updates().findLast(({ result }) => result !== 'switching');
    return last === undefined ? null : { result: last.result, code: last.code };
  }

  #nature(version: string): Nature {
    return this.natures.get(version) ?? 'good';
  }

  /** As the unit has it: at most one, and only where there is something to watch. */
  #watch(): void {
    const { notes, previous } = this.tree;
    if (this.watcher !== null || (!notes.has('trial') && !notes.has('returning'))) return;
    if (previous === null || !this.tree.programs.has(previous)) return;
    const process = this.host.spawn('watcher', this.crash);
    process.crashAt = this.#watcherCrashes.shift() ?? null;
    this.watcher = process;
    const { clock } = this.host.platform(process);
    const log = { info: () => undefined, warn: () => undefined };
    const versions = memoryVersions(this.tree, process);
    const turn = createWatcher({ versions, service: this.#service(process), clock, log });
    void (async () => {
      for (let napMs = await turn(); napMs !== null; napMs = await turn()) await clock.sleep(napMs);
      if (!process.alive) return;
      this.#watched += process.effects.length;
      this.watcher = null;
    })();
  }

  #service(process: HostProcess): WatchedService {
    return {
      look: () =>
        process.look(() => ({
          state: 'running' as const,
          restarts: this.#restarts,
          version: this.process?.alive === true ? (this.started.at(-1)?.version ?? null) : null,
          exitCode: 1,
        })),
      restart: () =>
        process.effect('restart agent', () => {
          this.#byHand = true;
          this.process?.die();
          this.start();
          this.#byHand = false;
        }),
      kill: () => process.effect('kill agent', () => this.process?.die()),
    };
  }
}
