/** Starts of package managers: counted, scripted, running on their own, never two at once. */
import type { Invocation, InstallerOptions, RunningInstaller } from '#platform/platform.ts';
import { Fault } from '#protocol/codes.ts';
import type { Host } from '#test/worlds/host/host.ts';
import { afterBootFile, afterScript, scripts, tokenIn, type Script } from '#test/worlds/host/installer.ts';

export interface InstallerStart {
  readonly atMs: number;
  readonly program: string;
  readonly args: readonly string[];
  readonly directory: string;
  readonly boot: number;
  /** Whether its configuration file was there when it looked. */
  readonly gotToken: boolean;
  /** With everything it had started. */
  ended: boolean;
}

interface Running {
  readonly pid: number;
  readonly command: string;
  /** The direct child has ended; its children go on. */
  orphaned: boolean;
}

export class PackageManager {
  /** Every real start there ever was: what all the care is about. */
  readonly starts: InstallerStart[] = [];
  /** For the coming starts; afterwards `always`. */
  readonly coming: Script[] = [];
  always: Script = scripts.works;
  missingPrograms: readonly string[] = [];
  /** Told of each start right when it happens. */
  onStart: (start: InstallerStart) => void = () => undefined;
  readonly #host: Host;
  #running: Running[] = [];
  /** What goes on by itself when the machine comes up again. */
  #afterBoot: (() => void) | null = null;
  #restartOwed: { readonly boot: number; readonly seen: () => boolean } | null = null;

  constructor(host: Host) {
    this.#host = host;
  }

  running(): readonly { pid: number; command: string }[] {
    return this.#running.map(({ pid, command }) => ({ pid, command }));
  }

  isAlive(pid: number): boolean {
    return this.#running.some((each) => each.pid === pid && !each.orphaned);
  }

  /** The machine stops in the middle: what was unpacked stays half. */
  stop(): void {
    if (this.#running.length > 0 && this.#host.product.package !== 'present' && this.#host.chance.happens(0.5)) {
      this.#host.product = { ...this.#host.product, package: 'partial', detail: 'install ok unpacked' };
    }
    this.#running = [];
  }

  /** The machine has come up: what an installer left to do then is done now. */
  booted(): void {
    this.#afterBoot?.();
    this.#afterBoot = null;
  }

  /** `seen`: whether whoever started it lived to note its end. */
  start(invocation: Invocation, options: InstallerOptions, seen: () => boolean): RunningInstaller {
    const host = this.#host;
    const { program, args } = invocation;
    if (this.missingPrograms.includes(program)) throw new Fault('install.program-missing', program);
    if (this.#running.length > 0) host.violations.push(`a second installer was started at ${host.time.nowMs}`);
    if (this.starts.some((start) => start.directory === options.directory && !isSetBack(start, host))) {
      host.violations.push(`a second installer was started from ${options.directory}`);
    }
    if (host.product.package === 'present') host.violations.push('an installer was started over a present product');
    // What nobody saw nobody can keep to.
    if (this.#restartOwed?.boot === host.boot && this.#restartOwed.seen())
      host.violations.push('an installer was started before an owed restart');
    const script = this.coming.shift() ?? this.always;
    const token = this.#readToken(options) ?? tokenAmong(args);
    const start = {
      atMs: host.time.nowMs,
      program,
      args,
      directory: options.directory,
      boot: host.boot,
      gotToken: token !== null,
      ended: false,
    };
    this.starts.push(start);
    this.#print(options, `${script.output ?? ''}token: ${token ?? 'none'}\n`);
    this.onStart(start);
    return this.#run(start, script, { token, seen });
  }

  #run(
    start: InstallerStart,
    script: Script,
    { token, seen }: { readonly token: string | null; readonly seen: () => boolean },
  ): RunningInstaller {
    const host = this.#host;
    const running: Running = { pid: host.nextPid(), command: start.program, orphaned: false };
    this.#running.push(running);
    const identity = { pid: running.pid, startTime: String(start.atMs), bootId: host.bootId };
    const settle = (): void => {
      start.ended = true;
      this.#running = this.#running.filter((each) => each !== running);
      host.product = afterScript(host.product, script, token, host.time.nowMs);
      if (script.owesRestart === true) this.#restartOwed = { boot: host.boot, seen };
      this.#leaveWork(start, script, token);
    };
    if (script.restartsAfterMs !== undefined) {
      this.#later(script.restartsAfterMs, () => {
        this.#leaveWork(start, script, token);
        host.restart();
      });
    }
    const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
      if (script.runsForMs === null) return;
      this.#later(script.runsForMs, () => {
        running.orphaned = true;
        if (script.childrenForMs === undefined) settle();
        else this.#later(script.childrenForMs, settle);
        resolve({ code: script.signal === undefined ? (script.code ?? 0) : null, signal: script.signal ?? null });
      });
    });
    return { identity, exited };
  }

  #leaveWork(start: InstallerStart, { afterBoot }: Script, token: string | null): void {
    if (afterBoot === undefined) return;
    const host = this.#host;
    this.#afterBoot = () => {
      const running: Running = { pid: host.nextPid(), command: start.program, orphaned: true };
      this.#running.push(running);
      this.#later(afterBoot.forMs, () => {
        start.ended = true;
        this.#running = this.#running.filter((each) => each !== running);
        host.product = afterScript(host.product, afterBoot, token, host.time.nowMs);
        if (afterBoot.code !== undefined) this.#write(afterBootFile, String(afterBoot.code));
      });
    };
  }

  #later(ms: number, work: () => void): void {
    const { boot, time } = this.#host;
    time.at(time.nowMs + ms, () => {
      if (this.#host.boot === boot) work();
    });
  }

  /** Careless as installers are: the secret stands in its output. A full disk swallows it. */
  #print({ directory, outputFile }: InstallerOptions, text: string): void {
    this.#write({ directory, name: outputFile }, text);
  }

  #write({ directory, name }: { readonly directory: string; readonly name: string }, text: string): void {
    const { disk } = this.#host;
    const node = disk.lookup(directory);
    if (node?.kind !== 'directory' || disk.usedBytes() + text.length > disk.capacityBytes) return;
    const there = node.entries.get(name);
    const file = there?.kind === 'file' ? there : disk.makeFile(node, name, this.#host.wallNow());
    disk.write(file, Buffer.from(text), this.#host.wallNow());
  }

  #readToken({ environment }: InstallerOptions): string | null {
    const path = environment['S1_AGENT_INSTALL_CONFIG_PATH'];
    const node = path === undefined ? null : this.#host.disk.lookup(path);
    return node?.kind === 'file' ? tokenIn(node.bytes.toString('utf8')) : null;
  }
}

/** As the vendor's Windows installers take it: an argument of its own, or behind the name of a property. */
function tokenAmong(args: readonly string[]): string | null {
  const token = args
    .map((arg) => arg.replace(/^SITE_TOKEN=/, ''))
    .find((arg) => /^[A-Za-z0-9+/]{90,}={0,2}$/.test(arg));
  return token ?? null;
}

/** After a machine was set back its numbers come again; only starts since then count. */
function isSetBack(start: InstallerStart, host: Host): boolean {
  return host.setBackAtBoot > start.boot;
}
