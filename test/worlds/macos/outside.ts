/** The Mac as one process of it sees it: everything the real adapter is given, answered from memory in virtual time. */
import { createHash } from 'node:crypto';
import type { Command, Spawner } from '#platform/exec.ts';
import { platformOver } from '#platform/macos/index.ts';
import type { InstallerFiles } from '#platform/macos/files.ts';
import type { Kernel, Outside, SystemFiles, SystemPath } from '#platform/macos/outside.ts';
import { daemonFile } from '#platform/macos/launch-daemon.ts';
import { programs } from '#platform/macos/programs.ts';
import type { HostPlatform } from '#test/worlds/host/platform.ts';
import { lock } from '#test/worlds/host/platform.ts';
import { memoryFiles } from '#test/worlds/host/files.ts';
import type { HostProcess } from '#test/worlds/host/process.ts';
import { answerOf } from '#test/worlds/macos/answers.ts';
import type { Mac } from '#test/worlds/macos/mac.ts';
import { product } from '#test/worlds/macos/product.ts';

export const selfCommand = { program: '/Library/Garrison/garrison-agent', args: [] };
const installerProgram: string = programs.installer;

/** The real macOS adapter on this Mac, in this process. */
export function macPlatform(mac: Mac, process: HostProcess): HostPlatform {
  return { ...platformOver(outsideOf(mac, process), { selfCommand }), process };
}

export function outsideOf(mac: Mac, process: HostProcess): Outside {
  const { host } = mac;
  const files = filesOf(mac, process);
  let drawn = 0;
  return {
    spawner: spawnerOf(mac, process, files),
    files,
    system: inMemorySystem(mac, process),
    kernel: kernelOf(mac, process),
    clock: {
      now: () => host.wallNow(),
      monotonic: () => host.time.nowMs - host.bootedAtMs,
      sleep: (ms, signal) => process.sleep(ms, signal),
    },
    randomBytes(length) {
      drawn += 1;
      const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, index) =>
        createHash('sha256').update(`${process.pid} ${drawn} ${index}`).digest(),
      );
      return new Uint8Array(Buffer.concat(blocks).subarray(0, length));
    },
    lockExclusively: (directory) => process.look(() => lock(host, process, directory.path)),
    checkHost: (name) => process.look(() => ({ host: name, ...host.vendorHost })),
  };
}

interface MacFiles extends InstallerFiles {
  /** What an output's number stands for. */
  print(fd: number, text: string): void;
}

function filesOf(mac: Mac, process: HostProcess): MacFiles {
  const { host } = mac;
  const outputs: string[] = [];
  return {
    ...memoryFiles({ disk: host.disk, process, now: () => host.wallNow() }),
    openOutput: (directory, name) =>
      process.effect('open output', () => {
        outputs.push(`${directory.path}/${name}`);
        return { fd: outputs.length - 1, close: async () => undefined };
      }),
    print(fd, text) {
      const path = outputs[fd] ?? '';
      const parent = host.disk.lookup(path.slice(0, path.lastIndexOf('/')));
      if (parent?.kind !== 'directory') return;
      const name = path.slice(path.lastIndexOf('/') + 1);
      const there = parent.entries.get(name);
      const file = there?.kind === 'file' ? there : host.disk.makeFile(parent, name, host.wallNow());
      host.disk.write(file, Buffer.from(text), host.wallNow());
    },
  };
}

function spawnerOf(mac: Mac, process: HostProcess, files: MacFiles): Spawner {
  const { host } = mac;
  return {
    runProbe: (command) =>
      process.look(() => {
        mac.asked.push([command.program, ...command.args].join(' '));
        const answer = isOurs(command) ? answerOf(mac, command) : null;
        if (answer === null) throw unexpected(mac, command);
        return { ...answer, timedOut: false, truncated: false };
      }),
    startInstaller: (command, fd) =>
      process.effect('start installer', () => {
        if (command.program !== installerProgram || !isOurs(command)) throw unexpected(mac, command);
        const { pid, exited } = mac.installer.start(command, (text) => files.print(fd, text));
        return { pid, exited: process.wait(exited) };
      }),
    startDetached: (command) =>
      process.effect('launch shim', () => {
        const [verb, directory = '', ...rest] = command.args;
        const expected = command.program === selfCommand.program && verb === 'run-installer' && rest.length === 0;
        if (!expected || !isOurs(command)) throw unexpected(mac, command);
        host.startShim(directory);
        return { pid: host.nextPid() };
      }),
  };
}

/** Every child gets exactly what it needs: nothing of ours leaks into it (G8). */
function isOurs({ environment, directory }: Command): boolean {
  const { HOME = '', TZ: _, ...rest } = environment;
  const fixed = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C', LC_ALL: 'C' };
  const homes = HOME === '/var/empty' || HOME.startsWith('/Library/Garrison/State/runs/');
  return directory === '/' && homes && JSON.stringify(rest) === JSON.stringify(fixed);
}

function unexpected(mac: Mac, { program, args, environment }: Command): Error {
  const text = `nobody should run ${JSON.stringify([program, ...args])} with ${JSON.stringify(environment)}`;
  mac.host.violations.push(text);
  return new Error(text);
}

export function inMemorySystem(mac: Mac, process: HostProcess): SystemFiles {
  return {
    look: (path) => process.look(() => lookAt(mac, path)),
    list: (path) => process.look(() => listOf(mac, path)),
    readRange: (path, position, length) =>
      process.look(() => {
        const bytes = bytesOf(mac, path);
        return bytes === null ? null : new Uint8Array(bytes.subarray(position, position + length));
      }),
  };
}

const programPaths: ReadonlySet<string> = new Set(Object.values(programs));

function lookAt(mac: Mac, path: string): SystemPath {
  if (mac.missing.has(path)) return { status: 'absent' };
  const found = { status: 'found', realPath: path, distrust: mac.distrusted.get(path) ?? null } as const;
  if (path === daemonFile)
    return mac.launchd.file === null ? { status: 'absent' } : { ...found, kind: 'file', executable: false };
  if (mac.ownPrograms.has(path)) return { ...found, kind: 'file', executable: true };
  if (mac.daemonFiles.has(path)) return { ...found, kind: 'file', executable: false };
  const own = [product.bundle, product.app] as const;
  if (programPaths.has(path)) return { ...found, kind: 'file', executable: true };
  if (mac.product.programs && path === product.tool) return { ...found, kind: 'file', executable: true };
  if (mac.product.programs && own.some((each) => each === path))
    return { ...found, kind: 'directory', executable: false };
  const running = mac.processes().some(({ program }) => program === path);
  if (running) return { ...found, kind: 'file', executable: true };
  const plists = mac.antivirus.flatMap(({ bundles }) => bundles.map((each) => `${each.path}/Contents/Info.plist`));
  if (plists.includes(path)) return { ...found, kind: 'file', executable: false };
  const others = mac.antivirus.flatMap(({ paths }) => paths);
  return others.includes(path) ? { ...found, kind: 'directory', executable: false } : { status: 'absent' };
}

function listOf(mac: Mac, path: string): readonly string[] {
  const bundles = mac.antivirus.flatMap((each) => each.bundles.map(({ path: at }) => at));
  const apps = [...bundles, ...(mac.product.programs ? [product.app] : [])];
  const daemons = [...mac.antivirus.flatMap((each) => each.daemons), ...(mac.product.programs ? [product.daemon] : [])];
  const all = [...apps, ...daemons.map((label) => `/Library/LaunchDaemons/${label}.plist`)];
  const below = all.filter((each) => each.startsWith(`${path}/`)).map((each) => each.slice(path.length + 1));
  return [...new Set(below.map((each) => each.split('/')[0] ?? ''))].sort();
}

function bytesOf(mac: Mac, path: string): Buffer | null {
  const node = mac.host.disk.lookup(path);
  if (node?.kind === 'file') return node.bytes;
  const bundle = mac.antivirus
    .flatMap(({ bundles }) => bundles)
    .find(({ path: at }) => path === `${at}/Contents/Info.plist`);
  if (bundle === undefined) return null;
  return Buffer.from(
    `<plist version="1.0"><dict><key>CFBundleIdentifier</key><string>${bundle.id}</string></dict></plist>`,
  );
}

function kernelOf(mac: Mac, process: HostProcess): Kernel {
  const { host } = mac;
  return {
    uptimeMs: () => host.time.nowMs - host.bootedAtMs,
    hostname: () => 'mac-1',
    memoryBytes: () => 16 * 1024 ** 3,
    machine: () => 'arm64',
    freeBytes: () =>
      process.look(
        () => ({ status: 'ok', value: host.freeBytes ?? host.disk.capacityBytes - host.disk.usedBytes() }) as const,
      ),
    pid: process.pid,
    terminate: (pid) => mac.removeProcess(pid),
  };
}
