/** The agent as a launch daemon: every verb over launchctl as recorded, on a Mac in memory. It has not run on a Mac. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { versionTree } from '#platform/files/version-tree.ts';
import {
  daemonFile,
  daemonLabel,
  launchDaemon,
  logDirectory,
  watchDaemon,
  watchFile,
  watchLabel,
} from '#platform/macos/launch-daemon.ts';
import { macosService } from '#platform/macos/own-service.ts';
import { isDisabled } from '#platform/macos/parse/launchctl.ts';
import { Runner } from '#platform/macos/runner.ts';
import type { OwnService } from '#platform/own-service.ts';
import { posixGround } from '#platform/posix/version-ground.ts';
import type { HostProcess } from '#test/worlds/host/process.ts';
import { macDevice } from '#test/worlds/macos/device.ts';
import type { Launchd } from '#test/worlds/macos/launchd.ts';
import type { Mac } from '#test/worlds/macos/mac.ts';
import { outsideOf } from '#test/worlds/macos/outside.ts';

let folder: string;
let mac: Mac;
let process: HostProcess;
let service: OwnService;
let logs: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'garrison-launchd-'));
  chmodSync(folder, 0o755);
  ({ mac } = macDevice());
  process = mac.host.spawn('service');
  const outside = outsideOf(mac, process);
  logs = [];
  service = macosService({
    runner: new Runner(outside, null),
    outside,
    place: {
      async write(path, text) {
        jobOf(path).file = text;
      },
      async remove(path) {
        jobOf(path).file = null;
      },
      makeLogDirectory: async () => void logs.push('made'),
      removeLogDirectory: async () => void logs.push('removed'),
    },
    versions: versionTree({
      root: join(folder, 'Garrison'),
      separator: '/',
      programName: 'garrison-agent',
      pointer: 'link',
      ground: posixGround(outside.files, globalThis.process.getuid?.() ?? 0),
    }),
  });
});
afterEach(() => rmSync(folder, { recursive: true }));

function jobOf(path: string): Launchd {
  expect([daemonFile, watchFile]).toContain(path);
  return path === daemonFile ? mac.launchd : mac.watcher;
}

/** Lets the world's time go on while the work waits for it; the files of the versions are real ones. */
async function done<T>(work: Promise<T>): Promise<T> {
  let ended = false;
  const settled = work.finally(() => (ended = true));
  settled.catch(() => undefined);
  for (let turn = 0; turn < 400 && !ended; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    await mac.host.time.run(250, () => ended);
  }
  return settled;
}

function program(name = 'garrison-agent'): string {
  const path = join(folder, name);
  writeFileSync(path, name, { mode: 0o755 });
  mac.ownPrograms.add(path);
  return path;
}

const install = (version = '1.0.0') => done(service.install(program(`agent-${version}`), version));

describe('the launch daemon', () => {
  it('is laid down, loaded, and starts what is current', async () => {
    await install();
    expect(mac.launchd).toMatchObject({ loaded: true, loads: 1, file: launchDaemon() });
    expect(mac.watcher).toMatchObject({ loaded: true, loads: 1, file: watchDaemon() });
    expect(readlinkSync(join(folder, 'Garrison/previous'))).toBe('versions/1.0.0');
    expect(readlinkSync(join(folder, 'Garrison/current'))).toBe('versions/1.0.0');
    expect(logs).toEqual(['made']);
    expect(await done(service.status())).toEqual({ definition: 'own', state: 'running', enabled: true });
  });

  it('an upgrade waits until the old agent has ended, and keeps one version beside', async () => {
    await install();
    const beganMs = mac.host.time.nowMs;
    await install('1.1.0');
    expect(mac.host.time.nowMs - beganMs).toBeGreaterThanOrEqual(mac.launchd.endsAfterMs);
    expect(mac.launchd).toMatchObject({ loaded: true, loads: 2 });
    expect(readlinkSync(join(folder, 'Garrison/current'))).toBe('versions/1.1.0');
    expect(existsSync(join(folder, 'Garrison/versions/1.0.0/garrison-agent'))).toBe(true);
  });

  it('one that somebody has disabled is enabled by installing it', async () => {
    await install();
    mac.launchd.disabled = true;
    expect(await done(service.status())).toMatchObject({ enabled: false });
    await install();
    expect(await done(service.status())).toMatchObject({ enabled: true, state: 'running' });
  });

  it('stopped it is gone until it is started, or until the next boot', async () => {
    await install();
    await done(service.stop());
    expect(await done(service.status())).toEqual({ definition: 'own', state: 'stopped', enabled: true });
    await done(service.stop());
    await done(service.start());
    expect(mac.launchd.loaded).toBe(true);
    await done(service.start());
    await done(service.stop());
    mac.launchd.boot();
    expect(await done(service.status())).toMatchObject({ state: 'running' });
  });

  it('an agent that does not hold on is told as failed', async () => {
    await install();
    mac.launchd.holdsOn = false;
    expect(await done(service.status())).toMatchObject({ state: 'failed' });
  });

  it('leaves nothing when it goes, and goes twice as well as once', async () => {
    await install();
    await done(service.uninstall());
    await done(service.uninstall());
    for (const job of [mac.launchd, mac.watcher]) expect(job).toMatchObject({ loaded: false, file: null });
    expect(existsSync(join(folder, 'Garrison'))).toBe(false);
    expect(logs).toContain('removed');
    expect(await done(service.status())).toEqual({ definition: 'none', state: 'stopped', enabled: false });
    await expect(done(service.start())).rejects.toMatchObject({ code: 'service.not-installed' });
    await expect(done(service.stop())).rejects.toMatchObject({ code: 'service.not-installed' });
  });

  it('leaves from inside without waiting for its own end, and is not there after a restart', async () => {
    await install();
    const beganMs = mac.host.time.nowMs;
    await done(service.leave?.() ?? Promise.reject(new Error('it cannot')));
    expect(mac.host.time.nowMs - beganMs).toBeLessThan(mac.launchd.endsAfterMs);
    await mac.host.time.run(mac.launchd.endsAfterMs);
    mac.launchd.boot();
    for (const job of [mac.launchd, mac.watcher]) expect(job).toMatchObject({ loaded: false, file: null });
  });

  it('whoever installs decides: an update on trial is over', async () => {
    await install();
    for (const name of ['trial', 'returning'])
      writeFileSync(join(folder, 'Garrison', name), '2.0.0 1.0.0 70\n', { mode: 0o644 });
    await install('1.1.0');
    expect(['trial', 'returning'].filter((name) => existsSync(join(folder, 'Garrison', name)))).toEqual([]);
    expect(mac.watcher).toMatchObject({ loaded: true, loads: 2 });
  });

  it('SEC-2: a program that others could replace does not become it', async () => {
    const path = program();
    mac.distrusted.set(path, 'others may write to its directory');
    await expect(done(service.install(path, '1.0.0'))).rejects.toMatchObject({ code: 'service.untrusted-program' });
    await expect(done(service.install('/nowhere', '1.0.0'))).rejects.toMatchObject({
      code: 'service.untrusted-program',
    });
    expect(mac.launchd.file).toBeNull();
  });

  it('says what launchd said when it does not do what it is asked', async () => {
    mac.broken.set('/bin/launchctl', { code: 125, stdout: '', stderr: 'Domain does not support specified action\n' });
    await expect(install()).rejects.toMatchObject({
      code: 'service.manager-unreachable',
      message: expect.stringContaining('Domain does not support'),
    });
  });

  it('a launchd that never ends the old agent is given up, and nothing is loaded beside it', async () => {
    await install();
    mac.launchd.endsAfterMs = 10 * 60_000;
    await expect(install('1.1.0')).rejects.toMatchObject({ message: 'launchd does not end the agent' });
    expect(mac.launchd.loads).toBe(1);
  });
});

function readByAnother(plist: string): Record<string, unknown> {
  const read = `import json, plistlib, sys; json.dump(plistlib.loads(sys.stdin.buffer.read()), sys.stdout)`;
  const { stdout } = spawnSync('python3', ['-c', read], { input: plist, encoding: 'utf8' });
  return JSON.parse(stdout || '{}') as Record<string, unknown>;
}

describe('G29: its file', () => {
  const daemon = readByAnother(launchDaemon());

  it('is a property list that another reader understands, and says all that the agent needs', () => {
    expect(daemon).toEqual({
      Label: daemonLabel,
      ProgramArguments: ['/Library/Garrison/current/garrison-agent', 'run'],
      RunAtLoad: true,
      KeepAlive: true,
      ThrottleInterval: 10,
      AbandonProcessGroup: true,
      ExitTimeOut: 30,
      ProcessType: 'Standard',
      Umask: 0o077,
      WorkingDirectory: '/',
      EnvironmentVariables: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' },
      StandardOutPath: '/dev/null',
      StandardErrorPath: '/Library/Garrison/Logs/agent.log',
      HardResourceLimits: { Core: 0 },
    });
  });

  it('the watcher runs the version before, at every boot and until it ends well', () => {
    expect(readByAnother(watchDaemon())).toEqual({
      Label: watchLabel,
      ProgramArguments: ['/Library/Garrison/previous/garrison-agent', 'watch-update'],
      RunAtLoad: true,
      KeepAlive: { SuccessfulExit: false },
      ThrottleInterval: 10,
      ProcessType: 'Standard',
      Umask: 0o022,
      WorkingDirectory: '/',
      EnvironmentVariables: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' },
      StandardOutPath: '/dev/null',
      StandardErrorPath: '/Library/Garrison/Logs/agent.log',
      HardResourceLimits: { Core: 0 },
    });
    expect(watchFile).toBe(`/Library/LaunchDaemons/${watchLabel}.plist`);
  });

  it('names nothing outside /Library and the system', () => {
    for (const path of (launchDaemon() + watchDaemon()).match(/(?<=>)\/[^<:]*/g) ?? [])
      expect(path).toMatch(/^(\/|\/dev\/null|\/usr\/bin|\/Library\/Garrison\/.*)$/);
    expect(daemonFile).toBe(`/Library/LaunchDaemons/${daemonLabel}.plist`);
    expect(logDirectory.startsWith('/Library/Garrison/')).toBe(true);
  });
});

it.each([
  ['\tdisabled services = {\n\t\t"com.garrison.agent" => disabled\n\t}\n', true],
  ['\tdisabled services = {\n\t\t"com.garrison.agent" => true\n\t}\n', true],
  ['\tdisabled services = {\n\t\t"com.garrison.agent" => enabled\n\t}\n', false],
  ['\tdisabled services = {\n\t\t"com.garrison.agent.other" => disabled\n\t}\n', false],
  ['\tdisabled services = {\n\t}\n', false],
])('print-disabled %o', (output, disabled) => {
  expect(isDisabled(output, 'com.garrison.agent')).toBe(disabled);
});
