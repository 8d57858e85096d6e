/**
 * A console in this process that updates the agents of devices, and devices that are containers with real systemd and the
 * agent as its package installs it. Each device has an organisation of its own and can be told another version, good or bad.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { generateSigningKey, type KeyPair } from '#protocol/crypto.ts';
import { connectionRoutes } from '#console/api/connections.ts';
import { mappingRoutes } from '#console/api/mappings.ts';
import { packageRoutes } from '#console/api/packages.ts';
import { giveUpdate } from '#console/fleet/link/commands.ts';
import { importRelease } from '#console/releases/import-release.ts';
import { createReleases } from '#console/releases/releases.ts';
import { buildAgent, type BuiltAgent } from '../../scripts/build/agent.ts';
import { packageAgent, type LinuxFormat } from '../../scripts/package/linux.ts';
import { rememberedIn, type Remembered } from '#test/e2e/harness.ts';
import { ConsoleWorld, scope, type WorldOptions } from '#test/worlds/fleet/console.ts';
import { OperatorClient } from '#test/worlds/fleet/operator.ts';
import { freePort } from '#test/worlds/fleet/console-process.ts';
import { startContainer, type Container, type ContainerOptions } from '#test/worlds/lab/container.ts';
import type { RootName } from '#test/worlds/lab/paths.ts';
import type { SentinelOneWorld } from '#test/worlds/sentinelone/dispatch.ts';
import { testReleaseKey } from '#test/worlds/release/keys.ts';
import { artifact, release, writeRelease } from '#test/worlds/release/release.ts';

export const service = 'garrison-agent.service';

/** Somebody whose releases the console of these tests takes, and no agent does. */
export const strangerKey: KeyPair = generateSigningKey();

type Target = 'linux-x64' | 'linux-arm64';

export interface UpdateWorld {
  readonly console: ConsoleWorld;
  readonly administrator: () => Promise<OperatorClient>;
  /** Signs a program as a version and imports it into the console, as `garrison-console release add` does. */
  offer(version: string, program: Buffer, key?: KeyPair): Promise<void>;
  /** Tells a device to take a version that was offered, as a ring does. */
  order(device: UpdatedDevice, version: string): Promise<void>;
  stop(): Promise<void>;
}

export interface UpdatedDevice {
  readonly container: Container;
  readonly deviceId: string;
  readonly organisationId: string;
  /** The version that its package brought. */
  readonly first: string;
  shell(script: string): Promise<string>;
  memory(): Remembered;
  /** What it has written down of its updates to a version, in order. */
  told(version: string): readonly Told[];
  /** How the last update to a version ended. */
  ended(version: string, withinMs?: number): Promise<Told>;
  /** By the file that its main process runs; empty when there is none. */
  running(): Promise<string>;
}

export interface Told {
  readonly result: string;
  readonly code: string | null;
  readonly atMs: number;
}

export interface UpdateWorldOptions extends Pick<WorldOptions, 'vendorHosts' | 'realSiteTokens'> {
  /** What its releases are made for. */
  readonly target?: Target;
}

export async function startUpdateWorld({
  target = 'linux-x64',
  ...options
}: UpdateWorldOptions = {}): Promise<UpdateWorld> {
  const port = await freePort();
  const console = await ConsoleWorld.start({ ...options, realTime: true, address: `http://127.0.0.1:${port}` });
  await console.app.listen({ host: '127.0.0.1', port });
  const keys = [testReleaseKey.publicKey, strangerKey.publicKey];
  const directory = join(console.directory, 'releases');
  Object.assign(console.side, { releases: createReleases({ directory, keys, clock: Date }) });
  const sweeping = setInterval(() => void console.sweep().catch(() => undefined), 1_000);
  let rollouts = 0;
  return {
    console,
    administrator: async () => {
      const password = 'correct horse battery';
      await console.administrator('ann', password);
      return OperatorClient.signedIn(console.operatorApp, 'ann', password);
    },
    async offer(version, program, key = testReleaseKey) {
      const from = mkdtempSync(join(tmpdir(), 'garrison-release-'));
      const file = 'garrison-agent';
      const artifacts = [artifact(target, 'binary', file, program)];
      writeRelease(from, new Map([[file, program]]), release({ version, artifacts }), key);
      await importRelease({ from, to: directory, keys, nowMs: Date.now() });
      rmSync(from, { recursive: true, force: true });
    },
    async order({ deviceId, organisationId }, version) {
      rollouts += 1;
      const held = await console.side.releases.find(version);
      const rollout = {
        rollout_id: `rol_${rollouts}`,
        organisation_id: organisationId,
        version,
        manifest: held?.manifest.sha256 ?? '',
        downgrade: 0,
        state: 'running',
        plan: '{}',
        step: 0,
        started_at: 0,
        started_by: 'test',
        done_before: 0,
        failed_before: 0,
        halt_cause: null,
      };
      await giveUpdate(console.side, scope, rollout, deviceId);
    },
    async stop() {
      clearInterval(sweeping);
      await console.stop();
    },
  };
}

export interface DeviceOptions {
  readonly name: string;
  readonly root?: RootName;
  /** Folder of the keys that the agent believes of the vendor; null: none. */
  readonly testKeys?: string | null;
  readonly prepare?: (container: Container) => void | Promise<void>;
  readonly binds?: ContainerOptions['binds'];
  /** Another way onto the machine than the package manager and `enrol`; answers the device's id. */
  readonly arrive?: (container: Container, organisationId: string, packaged: string) => Promise<string>;
}

export async function startUpdatedDevice(world: UpdateWorld, options: DeviceOptions): Promise<UpdatedDevice> {
  const { name, root = 'deb', testKeys = null, prepare, binds = [] } = options;
  const target: Target = root.startsWith('arm64') ? 'linux-arm64' : 'linux-x64';
  const format: LinuxFormat = root.endsWith('deb') ? 'deb' : 'rpm';
  const request = { target, trust: 'test', testKeys } as const;
  const { version: first } = await buildAgent(request);
  const file = await packaged(request, format);
  const container = await startContainer({ root, name, binds });
  await prepare?.(container);
  const organisationId = await world.console.organisation(name);
  const deviceId = await (options.arrive === undefined
    ? byHand(world, container, { organisationId, file, format })
    : options.arrive(container, organisationId, file));
  const memory = () => rememberedIn(container.pathOnHost('/var/lib/garrison/journal'));
  const told = (version: string): readonly Told[] =>
    memory()
      .events.filter(({ kind, data }) => kind === 'agent-update' && data['version'] === version)
      .map(({ at, data }) => {
        const { result, fault } = data as { result: string; fault: { code: string } | null };
        return { result, code: fault?.code ?? null, atMs: Date.parse(at) };
      });
  return {
    container,
    deviceId,
    organisationId,
    first,
    shell: (script) => container.run(['sh', '-c', script]),
    memory,
    told,
    ended: (version, withinMs = 150_000) =>
      vi.waitFor(
        () => {
          const last = told(version).at(-1);
          if (last !== undefined && last.result !== 'switching') return last;
          throw new Error(`${version} has not ended: ${JSON.stringify(told(version))}`);
        },
        { timeout: withinMs, interval: 200 },
      ),
    async running() {
      const pid = (await container.run(['systemctl', 'show', '-p', 'MainPID', '--value', service])).trim();
      if (pid === '0') return '';
      const { stdout } = await container.exec(['readlink', `/proc/${pid}/exe`]);
      return stdout.trim().split('/').at(-2) ?? '';
    },
  };
}

/** Several devices want the same one at once. */
const packages = new Map<string, Promise<string>>();
function packaged(request: Parameters<typeof packageAgent>[0], format: LinuxFormat): Promise<string> {
  const key = `${request.target} ${format} ${request.testKeys}`;
  const made = packages.get(key) ?? packageAgent(request, { format, compress: false });
  packages.set(key, made);
  return made;
}

interface Arrival {
  readonly organisationId: string;
  readonly file: string;
  readonly format: LinuxFormat;
}

async function byHand(
  world: UpdateWorld,
  container: Container,
  { organisationId, file, format }: Arrival,
): Promise<string> {
  container.copyIn(file, `/root/agent.${format}`, 0o600);
  const install = format === 'deb' ? ['dpkg', '-i'] : ['rpm', '-U'];
  await container.run([...install, `/root/agent.${format}`], { timeoutMs: 240_000 });
  return enrol(container, await world.console.installKey(organisationId));
}

async function enrol(container: Container, enrolment: string): Promise<string> {
  const { deviceId } = await vi.waitFor(
    async () => {
      const answer = await container.run(['garrison-agent', 'enrol', '--json'], { stdin: enrolment });
      return JSON.parse(answer) as { deviceId: string };
    },
    { timeout: 60_000, interval: 500 },
  );
  return deviceId;
}

/** The same program under a higher version: a new version that is good. */
export function nextVersion(target: Target = 'linux-x64', testKeys: string | null = null): Promise<BuiltAgent> {
  return buildAgent({ target, trust: 'test', testKeys, version: '0.3.0' });
}

/** Answers as it should until it is started. */
export function badProgram(version: string, run: string): Buffer {
  const answer = `garrison-agent ${version} (linux-x64, commit 0, inputs 0)`;
  return Buffer.from(`#!/bin/sh\n[ "$1" = --version ] && { echo '${answer}'; exit 0; }\n${run}\n`);
}

export const bytesOf = ({ file }: BuiltAgent): Buffer => readFileSync(file);

/** Connects the console to the stand-in SentinelOne, fetches its packages and lets them be installed on this device. */
export async function deployTo(
  { console, administrator }: UpdateWorld,
  { organisationId }: Pick<UpdatedDevice, 'organisationId'>,
  vendor: SentinelOneWorld,
  target = 'linux-x64-deb',
): Promise<void> {
  const admin = await administrator();
  const body = { name: 'Main', address: vendor.url, apiToken: vendor.apiToken };
  const { connectionId } = await admin.call(connectionRoutes.enable, { body });
  const { items: sites } = await admin.call(connectionRoutes.sites, { params: { connectionId } });
  const siteId = sites[0]?.siteId ?? '';
  await admin.call(mappingRoutes.choose, { params: { organisationId }, body: { connectionId, siteId } });
  const { packages } = console.operatorSide;
  await packages.refresh();
  const { targets } = await admin.call(packageRoutes.list);
  const offered = targets.find((one) => one.target === target)?.packages ?? [];
  const chosen = offered.find(({ version }) => version === '24.2.2.20');
  await (
    await packages.fetch(chosen?.packageId ?? '')
  ).finished;
  await console.mode(organisationId, 'deploy', { serversLast: false }, 1);
}
