/**
 * A device with Windows' service host: what `platform/windows/host/supervise.c` does, step for step and in its order, in the
 * in-memory world, where it and the agent can die at every effect. What it decides is tested in its own C.
 */
import { fallbackText, readTrial, type Trial } from '#platform/trial-note.ts';
import type { NoteName } from '#platform/program-versions.ts';
import { compareAgentVersions } from '#protocol/release/version.ts';
import type { DeviceOptions } from '#test/worlds/host/device.ts';
import type { HostProcess } from '#test/worlds/host/process.ts';
import { first, UpdatingDevice } from '#test/worlds/host/updating.ts';

const lookEveryMs = 1_000;
const restartedAfterMs = 5_000;
const noVersionPauseMs = 30_000;
const steadyMs = 60_000;
const endsMax = 3;

interface Watch {
  readonly trial: Trial;
  readonly beganMs: number;
  ends: number;
}

export class HostedDevice extends UpdatingDevice {
  override readonly target = 'windows-x64';
  /** What the MSI has brought, and what the host has taken note of. */
  packaged = first;
  seen: string | null = null;
  #ended = 0;

  constructor(options: DeviceOptions = {}) {
    super(options);
    this.host.onDeath = (dead) => {
      if (dead !== this.watcher) return;
      this.#ended += dead.effects.length;
      this.watcher = null;
      // The agent's job ends with the host; the service manager starts that again.
      this.process?.die();
      const { boot } = this.host;
      this.host.time.at(this.host.time.nowMs + restartedAfterMs, () => {
        if (this.host.boot === boot) this.start();
      });
    };
    this.host.onPowerOff = () => {
      this.#ended += this.watcher?.effects.length ?? 0;
      this.watcher = null;
    };
  }

  /** The service: the host, and by it the agent. */
  override start(): void {
    if (this.watcher !== null) return;
    const process = this.host.spawn('service host', this.crash);
    this.watcher = process;
    void this.#supervise(process);
  }

  override watched(): number {
    return this.#ended + (this.watcher?.effects.length ?? 0);
  }

  override crashWatcherAt(effect: number): void {
    const { watcher } = this;
    if (watcher !== null) watcher.crashAt = watcher.effects.length + effect;
  }

  protected override handOver(): Promise<'watched' | 'end'> {
    return Promise.resolve('end');
  }

  async #supervise(process: HostProcess): Promise<void> {
    let watch: Watch | null = null;
    let failures = 0;
    for (;;) {
      const version = await this.#choose(process);
      if (version === null) {
        this.tree.gaps += 1;
        await process.sleep(noVersionPauseMs);
        continue;
      }
      const looked: Watch | null = await this.#lookAtTrial(process, version, watch);
      if (looked !== watch) failures = 0;
      watch = looked;
      const livedMs = await this.#runOnce(process, version, watch);
      if (watch !== null) watch.ends += 1;
      const verdict = this.#judge(watch);
      if (watch !== null && verdict !== null) {
        await this.#fallBack(process, watch.trial, verdict);
        watch = null;
        failures = 0;
        continue;
      }
      failures = livedMs >= steadyMs ? 0 : failures + 1;
      await process.sleep(failures === 0 ? 1_000 : Math.min(300_000, 2_000 * 2 ** (failures - 1)));
    }
  }

  async #choose(process: HostProcess): Promise<string | null> {
    const { tree } = this;
    const present = [...tree.programs.keys()];
    const highest = present.toSorted(compareAgentVersions).at(-1) ?? null;
    let version = tree.current !== null && tree.programs.has(tree.current) ? tree.current : highest;
    const isNew = this.packaged !== this.seen && tree.programs.has(this.packaged);
    if (version !== null && isNew && compareAgentVersions(this.packaged, version) > 0) version = this.packaged;
    if (version !== null && version !== tree.current)
      await this.#writing(process, 'write current', () => void (tree.current = version));
    if (this.packaged !== this.seen) await this.#writing(process, 'write seen', () => void (this.seen = this.packaged));
    return version;
  }

  async #lookAtTrial(process: HostProcess, version: string, watch: Watch | null): Promise<Watch | null> {
    const { notes, programs } = this.tree;
    const line = notes.get('trial');
    if (line === undefined) return null;
    const trial = readTrial(line);
    if (trial === null || trial.next !== version || !programs.has(trial.previous)) {
      await process.effect('remove trial', () => notes.delete('trial'));
      return null;
    }
    return watch?.trial.next === trial.next ? watch : { trial, ends: 0, beganMs: this.host.time.nowMs };
  }

  /** From the start to the end; how long it lived. */
  async #runOnce(process: HostProcess, version: string, watch: Watch | null): Promise<number> {
    const beganMs = this.host.time.nowMs;
    await process.effect('start agent', () => this.startVersion(version));
    while (this.process?.alive === true) {
      await process.sleep(lookEveryMs);
      if (this.#judge(watch) !== null) await process.effect('end agent', () => this.process?.die());
    }
    return this.host.time.nowMs - beganMs;
  }

  #judge(watch: Watch | null): 'crashed' | 'silent' | null {
    if (watch === null || !this.tree.notes.has('trial')) return null;
    if (watch.ends >= endsMax) return 'crashed';
    return this.host.time.nowMs - watch.beganMs >= watch.trial.seconds * 1000 ? 'silent' : null;
  }

  async #fallBack(process: HostProcess, { next, previous }: Trial, why: 'crashed' | 'silent'): Promise<void> {
    const text = fallbackText({ next, previous, why, exitCode: why === 'crashed' ? 1 : 0 });
    if (await this.#setBack(process, text, previous)) return;
    await process.effect('remove program', () => {
      this.tree.programs.delete(next);
      this.tree.full = false;
    });
    if (await this.#setBack(process, text, previous)) return;
    await process.effect('rename trial', () => this.#rename('trial', 'fallback'));
  }

  async #setBack(process: HostProcess, text: string, previous: string): Promise<boolean> {
    const { tree } = this;
    if (!(await this.#writing(process, 'write fallback', () => void tree.notes.set('fallback', text)))) return false;
    if (!(await this.#writing(process, 'write current', () => void (tree.current = previous)))) return false;
    await process.effect('remove trial', () => tree.notes.delete('trial'));
    return true;
  }

  #rename(from: NoteName, to: NoteName): void {
    const line = this.tree.notes.get(from);
    if (line === undefined) return;
    this.tree.notes.delete(from);
    this.tree.notes.set(to, line);
  }

  /** False when there is no room. */
  #writing(process: HostProcess, label: string, work: () => void): Promise<boolean> {
    return process.effect(label, () => {
      if (!this.tree.full) work();
      return !this.tree.full;
    });
  }
}
