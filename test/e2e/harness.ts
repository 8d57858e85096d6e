/**
 * A device under test: a container with real systemd and a real package manager, the agent installed as a service, and a
 * stand-in SentinelOne. What the agent remembers is read from its journal on disk, from outside and without disturbing it.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { decodeJournal, type EventRecord, type JournalRecord } from '#agent/journal/record.ts';
import type { ProtectionState } from '#protocol/state.ts';
import { startContainer, type Container } from '#test/worlds/lab/container.ts';
import type { RootName } from '#test/worlds/lab/paths.ts';
import type { SentinelOneWorld } from '#test/worlds/sentinelone/dispatch.ts';
import type { StandInFile, StandInTarget } from '#test/worlds/sentinelone/packages/build.ts';
import {
  misbehaviourFile,
  misbehaviourText,
  runsFile,
  scriptRuns,
  type Misbehaviour,
  type ScriptRun,
} from '#test/worlds/sentinelone/packages/scripted.ts';
import type { World } from './world.ts';

export const stateDirectory = '/var/lib/garrison';
const program = '/usr/sbin/garrison-agent';
export const assignmentFile = '/etc/garrison/assignment.json';
export const tokenFile = '/etc/garrison/site-token';
const packageFolder = '/etc/garrison/packages';

/** The installer leaves this unit's control group before it starts, so that the default way to stop may stay. */
const serviceUnit = `[Unit]
Description=Garrison agent (end-to-end test)
StartLimitIntervalSec=0

[Service]
ExecStart=${program} run --assignment ${assignmentFile} --log-level debug
Restart=always
RestartSec=100ms

[Install]
WantedBy=multi-user.target
`;

export interface DeviceOptions {
  readonly root: RootName;
  readonly name: string;
  readonly world: World;
  readonly sentinelOne: SentinelOneWorld;
  /** Default: the agent that believes the stand-in publisher. */
  readonly agent?: string;
  /** Host name to address, as the container knows it. */
  readonly hosts?: Readonly<Record<string, string>>;
}

export interface Device {
  readonly container: Container;
  /** The site token in the local assignment. */
  readonly token: string;
  /** Writes package, token and assignment; the good package unless another is given. `digestOf`: whose digest is assigned. */
  assign(options?: { file?: StandInFile; digestOf?: StandInFile; version?: string }): Promise<void>;
  service(verb: 'start' | 'stop' | 'restart' | 'enable'): Promise<void>;
  misbehave(how: Misbehaviour | null): void;
  runs(): readonly ScriptRun[];
  installerRuns(): number;
  memory(): Remembered;
  /** Polls until `reached`; throws with all that is known when it takes longer than `withinMs`. */
  until(what: string, reached: (device: Device) => boolean | Promise<boolean>, withinMs?: number): Promise<void>;
  untilState(kind: ProtectionState['kind'], withinMs?: number): Promise<void>;
  /** Log, timeline, runs: what a person would ask for first. */
  story(): Promise<string>;
  /** As if nothing had ever been installed, by us or by the vendor. */
  reset(): Promise<void>;
}

/** The journal on disk. */
export interface Remembered {
  /** null: there is no journal yet. Not empty: it could not be read. */
  readonly damage: string | null;
  readonly records: readonly JournalRecord[];
  readonly events: readonly EventRecord[];
  /** The state last noted. */
  readonly state: ProtectionState | null;
  of<T = Record<string, unknown>>(kind: string): readonly T[];
}

export async function startDevice(options: DeviceOptions): Promise<Device> {
  const { world } = options;
  const container = await startContainer({ root: options.root, name: options.name, hosts: options.hosts ?? {} });
  container.copyIn(options.agent ?? world.testAgent, program, 0o755);
  await container.writeFile('/etc/systemd/system/garrison-agent.service', serviceUnit);
  await container.run(['systemctl', 'daemon-reload']);
  return deviceOf(container, options);
}

function deviceOf(container: Container, { root, world, sentinelOne }: DeviceOptions): Device {
  const site = sentinelOne.tenant.sites[0];
  if (site === undefined) throw new Error('The stand-in tenant has no site');
  const token = sentinelOne.registrationToken(site.id);
  const format = root.endsWith('deb') ? 'deb' : 'rpm';
  const own: StandInTarget = `linux-${root.startsWith('arm64') ? 'arm64' : 'x64'}-${format}`;
  const good = world.packages.files[own];
  const onHost = (path: string): string => container.pathOnHost(path);
  const textOf = (path: string): string => (existsSync(onHost(path)) ? readFileSync(onHost(path), 'utf8') : '');
  const device: Device = {
    container,
    token,
    async assign({ file = good, digestOf = file, version = good.version } = {}) {
      const { consoleHost, siteKey } = partsOf(token);
      await container.run(['install', '-d', '-m700', packageFolder]);
      container.copyIn(file.path, join(packageFolder, file.fileName), 0o600);
      await container.writeFile(tokenFile, token, 0o600);
      const { target, fileName, sizeBytes, sha256 } = digestOf;
      const candidate = {
        target,
        format,
        version,
        fileName,
        sizeBytes,
        sha256,
        source: 'baseline',
        release: 'ga',
      };
      const siteKeySha256 = createHash('sha256').update(siteKey).digest('hex');
      const assignment = {
        site: { siteId: site.id, siteName: site.name, consoleHost, siteKeySha256 },
        candidates: [candidate],
        siteTokenFile: tokenFile,
        packageDirectory: packageFolder,
      };
      await container.writeFile(assignmentFile, JSON.stringify(assignment), 0o600);
    },
    service: async (verb) => void (await container.run(['systemctl', verb, 'garrison-agent'])),
    misbehave: (how) => writeFileSync(onHost(misbehaviourFile), how === null ? '' : misbehaviourText(how)),
    runs: () => scriptRuns(textOf(runsFile)),
    installerRuns: () => device.runs().filter(({ event }) => event === 'installer-run').length,
    memory: () => rememberedIn(onHost(`${stateDirectory}/journal`)),
    async until(what, reached, withinMs = 90_000) {
      const deadline = performance.now() + withinMs;
      while (!(await reached(device))) {
        if (performance.now() > deadline)
          throw new Error(`${what}: not within ${withinMs / 1000} s\n${await device.story()}`);
        await pause(100);
      }
    },
    untilState: (kind, withinMs) => device.until(`state ${kind}`, () => device.memory().state?.kind === kind, withinMs),
    async story() {
      const log = await container.exec([
        'journalctl',
        '-u',
        'garrison-agent',
        '-u',
        'garrison-install-*',
        '-o',
        'cat',
        '-n',
        '80',
        '--no-pager',
      ]);
      const timeline = device
        .memory()
        .events.map(({ seq, kind, data }) => `${seq} ${kind} ${JSON.stringify(data).slice(0, 400)}`);
      return ['--- log', log.stdout, '--- timeline', ...timeline.slice(-60), '--- runs', textOf(runsFile)].join('\n');
    },
    async reset() {
      await container.run(['sh', '-c', resetScript], { timeoutMs: 120_000 });
      device.misbehave(null);
    },
  };
  return device;
}

const resetScript = `
systemctl stop garrison-agent 'garrison-install-*' 2>/dev/null
if command -v dpkg-query >/dev/null && dpkg-query -W sentinelagent >/dev/null 2>&1; then
  dpkg --purge --force-all sentinelagent >/dev/null 2>&1
  dpkg --clear-avail
elif command -v rpm >/dev/null; then rpm -e SentinelAgent >/dev/null 2>&1
fi
systemctl stop sentinelone 2>/dev/null
rm -rf ${stateDirectory} /run/garrison /opt/sentinelone ${runsFile} /var/log/stand-in-ctl /var/tmp/crash-at ${misbehaviourFile}*
true`;

export function partsOf(token: string): { consoleHost: string; siteKey: string } {
  const { url, site_key: siteKey } = JSON.parse(Buffer.from(token, 'base64').toString('utf8')) as {
    url: string;
    site_key: string;
  };
  return { consoleHost: new URL(url).host, siteKey };
}

export function rememberedIn(file: string): Remembered {
  const bytes = existsSync(file) ? readFileSync(file) : null;
  const decoded = bytes === null ? null : decodeJournal(bytes);
  const records = decoded?.ok === true ? decoded.records.map(({ record }) => record) : [];
  const events = records.filter((record) => record.type === 'event');
  const last = events.findLast(({ kind }) => kind === 'state-changed');
  return {
    damage: decoded?.ok === false ? decoded.why : null,
    records,
    events,
    state: (last?.data['state'] as ProtectionState | undefined) ?? null,
    of: <T>(kind: string) => events.filter((event) => event.kind === kind).map(({ data }) => data as T),
  };
}

/** Every file below a folder of the device, by its path inside. */
export function filesBelow(
  device: Device,
  folder: string,
): readonly { readonly path: string; readonly bytes: Buffer }[] {
  const onHost = device.container.pathOnHost(folder);
  if (!existsSync(onHost)) return [];
  return readdirSync(onHost, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return { path: path.slice(onHost.length - folder.length), bytes: readFileSync(path) };
    });
}
