/**
 * The walk of `scripts/demo`: everything real but SentinelOne itself. Each stage prints what it shows; with `--check` one JSON
 * line per stage with its duration, and the exit code tells whether the device ended `protected` with SentinelOne agreeing.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deviceRoutes } from '#console/api/devices.ts';
import { prepareWorld } from '#test/e2e/world.ts';
import { installClamav, removeClamav } from '#test/worlds/lab/clamav.ts';
import { startSentinelOne } from '#test/worlds/sentinelone/api.ts';
import type { SentinelOneWorld } from '#test/worlds/sentinelone/dispatch.ts';
import { packageFilesIn } from '#test/worlds/sentinelone/packages.ts';
import { setUpConsole, type ConsoleProcess } from '#test/worlds/whole/console.ts';
import { startWholeDevice, type WholeDevice } from '#test/worlds/whole/device.ts';
import { setUpEstate, startDeployment, waitForState, type Estate } from '#test/worlds/whole/estate.ts';
import { firstAdministrator, type Operator } from '#test/worlds/whole/operator.ts';

const check = process.argv.includes('--check');
const login = { name: 'admin', password: 'garrison-demo-login' };
const cleanUps: (() => Promise<void> | void)[] = [];
let failed = false;

/** Runs one stage and says how it went; what it returns is told to the reader. */
async function stage<T>(name: string, work: () => Promise<T>, tell: (result: T) => string): Promise<T> {
  if (!check) process.stdout.write(`\n• ${name} … `);
  const startedMs = performance.now();
  try {
    const result = await work();
    report(name, startedMs, true, tell(result));
    return result;
  } catch (error) {
    report(name, startedMs, false, error instanceof Error ? error.message : String(error));
    throw error;
  }
}

function report(name: string, startedMs: number, ok: boolean, detail: string): void {
  const durationMs = Math.round(performance.now() - startedMs);
  if (check) process.stdout.write(`${JSON.stringify({ stage: name, ok, durationMs, detail })}\n`);
  else process.stdout.write(`${ok ? 'ok' : 'FAILED'} (${(durationMs / 1000).toFixed(1)} s)\n  ${detail}\n`);
}

interface Stage {
  readonly operator: Operator;
  readonly estate: Estate;
  readonly console: ConsoleProcess;
  readonly sentinelOne: SentinelOneWorld;
  readonly site: { readonly id: string; readonly name: string };
  readonly agent: string;
}

/** Console, stand-in, and what an administrator sets up before the first device. */
async function prepare(): Promise<Stage> {
  const world = await stage(
    'agent and stand-in packages',
    prepareWorld,
    ({ packages }) => `built; packages of version ${packages.version}`,
  );
  const packageFiles = packageFilesIn(world.packages.folder);
  const sentinelOne = await stage(
    'SentinelOne stand-in',
    () => startSentinelOne({ packageFiles }),
    ({ url }) => url,
  );
  cleanUps.push(() => sentinelOne.stop());
  const console = await stage(
    'console',
    () => startConsole(sentinelOne.url),
    (made) => made.operatorAddress,
  );
  const operator = await stage(
    'first administrator',
    () => firstAdministrator(console.operatorAddress, console.firstSecret, login),
    () => `${login.name} / ${login.password}`,
  );
  const site = sentinelOne.tenant.sites[0];
  if (site === undefined) throw new Error('the stand-in has no site');
  const wanted = { organisation: 'Acme', targets: ['linux-x64-deb'] } as const;
  const tenant = { tenantUrl: sentinelOne.url, apiToken: sentinelOne.apiToken, siteId: site.id };
  const estate = await stage(
    'SentinelOne connected, organisation mapped, package fetched',
    () => setUpEstate(operator, { ...tenant, ...wanted }),
    () => `organisation ${wanted.organisation} → site ${site.name}`,
  );
  return { operator, estate, console, sentinelOne, site, agent: world.testAgent };
}

async function startConsole(tenantUrl: string): Promise<ConsoleProcess> {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'garrison-demo-'));
  cleanUps.push(() => rmSync(dataDirectory, { recursive: true, force: true }));
  const made = await setUpConsole({ dataDirectory, vendorHosts: [new URL(tenantUrl).host] });
  cleanUps.push(() => made.stop());
  await made.start();
  return made;
}

/** A device with another antivirus, known to the console and only watched. */
async function addDevice({ agent, operator, estate }: Stage): Promise<{ device: WholeDevice; deviceId: string }> {
  const device = await stage(
    'a Debian 12 device with systemd',
    async () => {
      const made = await startWholeDevice({ root: 'deb', name: 'demo-device', agent });
      cleanUps.push(() => made.container.stop());
      return made;
    },
    ({ hostname }) => `${hostname}: garrison-agent runs as a service`,
  );
  await stage(
    'another antivirus on it: ClamAV from Debian',
    () => installClamav(device.container),
    (version) => `${version}, clamd is running`,
  );
  const deviceId = await stage(
    'enrol',
    () => device.enrol(estate.enrolmentString),
    (id) => `known to the console as ${id}`,
  );
  await stage(
    'watching only',
    () => waitForState(operator, deviceId, 'paused', 30_000),
    () => 'nothing is installed before somebody says so',
  );
  return { device, deviceId };
}

/** Other antivirus → removed → Retry → protected. */
async function protect(given: Stage, device: WholeDevice, deviceId: string): Promise<void> {
  const { operator, estate } = given;
  await stage(
    'start deployment',
    () => startDeployment(operator, estate.organisationId),
    (count) => `confirmed: ${count} of 1 device would be installed now, 1 has other antivirus`,
  );
  await stage(
    'blocked',
    () => waitForState(operator, deviceId, 'blocked', 30_000),
    ({ state }) =>
      state?.kind === 'blocked' ? `Other antivirus found: ${state.conflicts.map(conflictText).join('; ')}` : '',
  );
  await stage(
    'ClamAV removed',
    () => removeClamav(device.container),
    () => 'by apt-get purge, as the remedy says',
  );
  const retry = { params: { deviceId }, body: { verb: 'retry' } } as const;
  await stage(
    'Retry install',
    () => operator.call(deviceRoutes.command, retry),
    () => 'pressed',
  );
  await stage(
    'protected',
    () => waitForState(operator, deviceId, 'protected', 60_000),
    ({ state }) =>
      state?.kind === 'protected' ? `version ${state.version}: installed, running, healthy, connected` : '',
  );
  await stage(
    'SentinelOne agrees',
    async () => agree(given, device.hostname),
    (text) => text,
  );
}

function conflictText({
  name,
  version,
  evidence,
}: {
  name: string;
  version: string | null;
  evidence: readonly string[];
}): string {
  return `${name} ${version ?? ''} (${evidence[0] ?? ''})`;
}

function agree({ sentinelOne, site }: Stage, hostname: string): string {
  const agents = sentinelOne.tenant.agents.filter(
    (agent) => agent.computerName === hostname && agent.siteId === site.id,
  );
  if (agents.length !== 1) throw new Error(`${agents.length} agents called ${hostname} in site ${site.name}`);
  return `its console lists ${hostname} in site ${site.name}`;
}

async function walk(): Promise<void> {
  const given = await prepare();
  const { device, deviceId } = await addDevice(given);
  await protect(given, device, deviceId);
  if (!check) await stayUp(given.console.operatorAddress);
}

async function stayUp(address: string): Promise<void> {
  process.stdout.write(
    `\nOpen ${address}\n  name      ${login.name}\n  password  ${login.password}\n\nCtrl-C ends everything and leaves nothing behind.\n`,
  );
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
}

try {
  await walk();
} catch (error) {
  failed = true;
  if (!check) process.stderr.write(`${error instanceof Error ? (error.stack ?? '') : String(error)}\n`);
} finally {
  for (const cleanUp of cleanUps.reverse())
    await Promise.resolve(cleanUp()).catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
}
process.exit(failed ? 1 : 0);
