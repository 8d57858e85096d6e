/** An update of the agent under launchd, on a Mac in memory, with launchctl as recorded. It has not run on a Mac. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWatcher } from '#agent/update/watch.ts';
import { versionTree } from '#platform/files/version-tree.ts';
import { parsePrintedRuns } from '#platform/macos/parse/launchctl.ts';
import { Runner } from '#platform/macos/runner.ts';
import { macosUpdateHost, macosWatchedService } from '#platform/macos/update.ts';
import { posixGround } from '#platform/posix/version-ground.ts';
import type { ProgramVersions } from '#platform/program-versions.ts';
import type { UpdateHost, WatchedService } from '#platform/update-host.ts';
import { macDevice } from '#test/worlds/macos/device.ts';
import type { Mac } from '#test/worlds/macos/mac.ts';
import { outsideOf } from '#test/worlds/macos/outside.ts';

let folder: string;
let mac: Mac;
let versions: ProgramVersions;
let host: UpdateHost;
let service: WatchedService;
let clock: ReturnType<typeof outsideOf>['clock'];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'garrison-launchd-'));
  chmodSync(folder, 0o755);
  ({ mac } = macDevice());
  const outside = outsideOf(mac, mac.host.spawn('update'));
  ({ clock } = outside);
  const runner = new Runner(outside, null);
  versions = versionTree({
    root: join(folder, 'Garrison'),
    separator: '/',
    programName: 'garrison-agent',
    pointer: 'link',
    ground: posixGround(outside.files, process.getuid?.() ?? 0),
  });
  for (const version of ['1.0.0', '2.0.0']) {
    const program = join(folder, version);
    writeFileSync(program, version, { mode: 0o755 });
    await versions.adopt(version, program);
    mac.ownPrograms.add(versions.program(version));
  }
  for (const job of [mac.launchd, mac.watcher]) Object.assign(job, { file: 'loaded', loaded: true, runs: 1 });
  host = macosUpdateHost({ runner, outside, versions });
  service = macosWatchedService({ runner });
});
afterEach(() => rmSync(folder, { recursive: true }));

const asked = (): readonly string[] => mac.asked.filter((line) => line.startsWith('/bin/launchctl'));

/** Lets the world's time go on while the work waits for it; the files of the versions are real ones. */
async function done<T>(work: Promise<T>): Promise<T> {
  let ended = false;
  const settled = work.finally(() => (ended = true));
  settled.catch(() => undefined);
  for (let turn = 0; turn < 400 && !ended; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    await mac.host.time.run(500, () => ended);
  }
  return settled;
}

describe('a new version on a Mac', () => {
  it('is handed over to the watcher, a job of its own', async () => {
    expect(await done(host.handOver())).toBe('watched');
    expect(asked()).toEqual(['/bin/launchctl kickstart system/com.garrison.agent.watch']);
  });

  it('is not handed over where there is no watcher', async () => {
    mac.watcher.loaded = false;
    await expect(done(host.handOver())).rejects.toMatchObject({ code: 'service.manager-unreachable' });
  });

  it('SEC-2: is not even asked for its version when others could have written it', async () => {
    mac.distrusted.set(versions.program('2.0.0'), 'others may write to its directory');
    await expect(done(host.ask('2.0.0'))).rejects.toMatchObject({ code: 'service.untrusted-program' });
    expect(mac.asked).toEqual([]);
  });
});

describe('the watched agent', () => {
  it('runs for launchd as long as it is loaded, also between two crashes', async () => {
    mac.launchd.holdsOn = false;
    mac.launchd.runs = 3;
    expect(await done(service.look())).toEqual({ state: 'running', restarts: 3, version: null, exitCode: 1 });
  });

  it('is left alone once a person has unloaded it', async () => {
    mac.launchd.loaded = false;
    expect(await done(service.look())).toMatchObject({ state: 'stopped' });
    await done(service.restart());
    await done(service.kill());
    expect(mac.launchd.loaded).toBe(false);
  });
});

describe('G15: the watcher', () => {
  async function onTrial(seconds = 70): Promise<string> {
    await versions.makePrevious('1.0.0');
    await versions.writeNote('trial', `2.0.0 1.0.0 ${seconds}`);
    await versions.makeCurrent('2.0.0');
    const turn = createWatcher({ versions, service, clock, log: { info: () => undefined, warn: () => undefined } });
    await done(
      (async () => {
        for (let napMs = await turn(); napMs !== null; napMs = await turn()) await clock.sleep(napMs);
      })(),
    );
    return (await versions.current()) ?? 'none';
  }
  const fallback = (): string => readFileSync(join(folder, 'Garrison/fallback'), 'utf8').trim();

  it('goes back from a version that ends again and again, and starts the one before', async () => {
    mac.launchd.holdsOn = false;
    for (let crash = 1; crash <= 5; crash += 1)
      mac.host.time.at(mac.host.time.nowMs + crash * 10_000, () => (mac.launchd.runs += 1));
    expect(await onTrial()).toBe('1.0.0');
    expect(fallback()).toBe('2.0.0 1.0.0 crashed 1');
    expect(asked().filter((line) => line.includes('kickstart -k'))).toHaveLength(2);
    expect(await versions.list()).toEqual(['1.0.0']);
  });

  it('goes back from a version that proves nothing in its time', async () => {
    const beganMs = mac.host.time.nowMs;
    expect(await onTrial()).toBe('1.0.0');
    expect(fallback()).toBe('2.0.0 1.0.0 silent 0');
    expect(mac.host.time.nowMs - beganMs).toBeLessThan(90_000);
  });

  it('leaves a version alone that has proved itself', async () => {
    mac.host.time.at(mac.host.time.nowMs + 5_000, () => void versions.removeNote('trial'));
    expect(await onTrial()).toBe('2.0.0');
    expect((await versions.list()).toSorted()).toEqual(['1.0.0', '2.0.0']);
  });
});

it.each([
  ['\truns = 7\n\tlast exit code = 3\n', { runs: 7, exitCode: 3 }],
  ['\truns = 1\n\tlast exit code = (never exited)\n', { runs: 1, exitCode: 0 }],
  ['\t\truns = 9\n', { runs: 0, exitCode: 0 }],
])('printed runs %j', (output, expected) => {
  expect(parsePrintedRuns(output)).toEqual(expected);
});
