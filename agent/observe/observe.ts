/** Gathers facts, each group no older than asked. The planner's only view of the machine. */
import { detect } from '#installers/antivirus/detect.ts';
import { catalogue, inventoryQuery } from '#installers/antivirus/catalogue.ts';
import { conflictOf, hiddenSelf, judge, judgementPolicy } from '#installers/antivirus/judge.ts';
import type { Detection } from '#installers/antivirus/detect.ts';
import { missingApprovals } from '#installers/approvals.ts';
import type { HostCheck, LockHolder, Machine } from '#platform/platform.ts';
import type { Probe } from '#platform/inventory.ts';
import { antivirusPolicySchema } from '#protocol/assignment.ts';
import { sha256Hex } from '#protocol/crypto.ts';
import type { ProductFacts, Selection } from '#installers/vendor.ts';
import { packageName, verifiedName, type Agent } from '#agent/agent.ts';
import type { Aged, AntivirusFacts, Facts, PackageFacts, Settledness } from '#agent/observe/facts.ts';
import { filePath } from '#agent/file-path.ts';
import { observeRun } from '#agent/observe/observe-run.ts';
import { quietAfterBootMs } from '#agent/schedule.ts';

export interface MaxAges {
  readonly machineMs: number;
  readonly productMs: number;
  readonly inventoryMs: number;
  readonly cheapMs: number;
  readonly networkMs: number;
}

const hourMs = 3_600_000;

/** Cheap groups a minute, the inventory at triggers and every 6 hours. */
export const restingAges: MaxAges = {
  machineMs: 6 * hourMs,
  productMs: 60_000,
  inventoryMs: 6 * hourMs,
  cheapMs: 60_000,
  networkMs: 300_000,
};
/** While something is under way or in the way, what we wait for is looked at often. */
export const waitingAges: MaxAges = {
  ...restingAges,
  productMs: 2_000,
  inventoryMs: 60_000,
  cheapMs: 1_000,
  networkMs: 30_000,
};
/** Right before the irreversible call. */
export const freshAges: MaxAges = {
  machineMs: hourMs,
  productMs: 10_000,
  inventoryMs: 10_000,
  cheapMs: 10_000,
  networkMs: 10_000,
};
export const nowAges: MaxAges = { machineMs: 0, productMs: 0, inventoryMs: 0, cheapMs: 0, networkMs: 0 };

export interface Observer {
  observe(ages: MaxAges): Promise<Facts>;
}

interface Cache {
  machine?: Aged<Machine>;
  product?: Aged<ProductFacts> & { readonly disturbances: number };
  detection?: Aged<Detection>;
  locks?: Aged<Probe<readonly LockHolder[]>>;
  freeBytes?: Aged<Probe<number>>;
  pendingReboot?: Aged<Probe<boolean>>;
  vendorHost?: Aged<HostCheck>;
  approvals?: Aged<readonly string[]>;
}

export function createObserver(agent: Agent): Observer {
  const cache: Cache = {};
  return { observe: (ages) => observe(agent, cache, ages) };
}

async function observe(agent: Agent, cache: Cache, ages: MaxAges): Promise<Facts> {
  const { platform } = agent;
  const nowMs = platform.clock.monotonic();
  const refresh = async <K extends keyof Cache>(
    key: K,
    maxAgeMs: number,
    read: () => Promise<NonNullable<Cache[K]>['value']>,
  ): Promise<void> => {
    const known = cache[key];
    if (known !== undefined && nowMs - known.observedAtMs < maxAgeMs) return;
    const value = await read();
    cache[key] = { observedAtMs: platform.clock.monotonic(), value } as Cache[K];
  };
  await refresh('machine', ages.machineMs, () => platform.machine());
  // Before the product: what is found settled cannot change the product between the two looks.
  const settled = await settledness(agent);
  await refreshProduct(agent, cache, ages.productMs);
  await refresh('approvals', ages.inventoryMs, () => unapproved(agent));
  // What was read in the midst of it holds for this look only.
  if (!settled.settled) agent.current.disturbances += 1;
  await refresh('detection', ages.inventoryMs, async () =>
    detect(await platform.inventory(inventoryQuery(catalogue, platform.os)), catalogue),
  );
  await refresh('freeBytes', ages.cheapMs, () => platform.freeBytes(agent.directories.packages.path));
  const selection = select(agent, need(cache.machine));
  const installing = wantsInstall(agent, need(cache.product).value);
  if (installing) {
    const format = selection?.value.chosen?.format ?? need(cache.machine).value.formats[0] ?? 'deb';
    await refresh('locks', ages.cheapMs, () => platform.locks(format));
    await refresh('pendingReboot', ages.cheapMs, () => platform.pendingReboot());
    await refreshHost(agent, cache, ages.networkMs);
  }
  return {
    machine: need(cache.machine),
    product: withApprovals(need(cache.product), need(cache.approvals).value),
    antivirus: judgeAntivirus(agent, need(cache.detection), need(cache.product).value),
    selection,
    package: await packageFacts(agent, selection?.value ?? null),
    run: await observeRun(agent),
    locks: installing ? (cache.locks ?? null) : null,
    freeBytes: need(cache.freeBytes),
    settled,
    pendingReboot: installing ? (cache.pendingReboot ?? null) : null,
    uptimeMs: await agent.platform.uptimeMs(),
    vendorHost: installing ? (cache.vendorHost ?? null) : null,
  };
}

function need<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a group of facts was read and is missing');
  return value;
}

/** Locks and network are looked at only where something may be installed. */
function wantsInstall(agent: Agent, product: ProductFacts): boolean {
  const assignment = agent.current.assignment?.assignment;
  return product.state !== 'present' && assignment?.mode === 'deploy' && assignment.site !== null;
}

async function refreshHost(agent: Agent, cache: Cache, maxAgeMs: number): Promise<void> {
  const accepted = agent.current.assignment;
  const host = accepted?.assignment.site?.consoleHost;
  // Only where a site token may lead: a console must not learn through us who answers in the device's network.
  if (host === undefined || accepted?.vendorHosts.includes(host) !== true) return;
  const known = cache.vendorHost;
  const nowMs = agent.platform.clock.monotonic();
  if (known !== undefined && known.value.host === host && nowMs - known.observedAtMs < maxAgeMs) return;
  cache.vendorHost = { observedAtMs: nowMs, value: await agent.platform.checkHost(host) };
}

/** Old answers are no use once an installer was at work: it is asked again, however young the last answer is. */
async function refreshProduct(agent: Agent, cache: Cache, maxAgeMs: number): Promise<void> {
  const { clock } = agent.platform;
  const { disturbances } = agent.current;
  const known = cache.product;
  if (known !== undefined && known.disturbances === disturbances && clock.monotonic() - known.observedAtMs < maxAgeMs)
    return;
  const value = await readProduct(agent, need(cache.machine));
  cache.product = { observedAtMs: clock.monotonic(), value, disturbances };
}

async function readProduct(agent: Agent, machine: Aged<Machine>): Promise<ProductFacts> {
  const { platform, vendor } = agent;
  const presence = vendor.presence(platform.os);
  const format = machine.value.formats[0];
  const packageState: Probe<import('#platform/platform.ts').PackageState> =
    format === undefined
      ? { status: 'unsupported', detail: 'no package format is known here' }
      : await platform.packageState(format, presence.packageNames);
  const services = await platform.services(presence.services);
  const tools: Record<string, Probe<{ code: number | null; stdout: string }>> = {};
  if (packageState.status === 'ok' && packageState.value.state === 'present') {
    for (const reading of presence.readings) {
      const tool = presence.tools.find((entry) => entry.name === reading.tool);
      if (tool !== undefined) tools[reading.name] = await platform.probeVendorTool(tool, reading.args);
    }
  }
  return vendor.readProduct(platform.os, { nowMs: platform.clock.now(), packageState, services, tools }, sha256Hex);
}

/** What the system will not let the product do before somebody approves it; empty where nothing has to be. */
async function unapproved({ platform, vendor }: Agent): Promise<readonly string[]> {
  const wanted = vendor.presence(platform.os).approvals;
  const given = wanted === undefined ? undefined : await platform.approvals?.();
  return wanted === undefined || given?.status !== 'ok' ? [] : missingApprovals(wanted, given.value);
}

/** Told before an installation and with what is missing after one; who approved all by hand needs no profile. */
function withApprovals(product: Aged<ProductFacts>, missing: readonly string[]): Aged<ProductFacts> {
  const { state, shortcomings, detail } = product.value;
  if (missing.length === 0 || (state === 'present' && shortcomings.length === 0)) return product;
  return { ...product, value: { ...product.value, detail: [...detail, ...missing].slice(0, 20) } };
}

function select(agent: Agent, machine: Aged<Machine>): Aged<Selection> | null {
  const assignment = agent.current.assignment?.assignment;
  if (assignment === undefined) return null;
  const value = agent.vendor.select({
    machine: machine.value,
    candidates: assignment.candidates,
    policy: assignment.versionPolicy,
  });
  return { observedAtMs: machine.observedAtMs, value };
}

/** The same look judged anew each time: exceptions and their expiry change without the machine changing. */
function judgeAntivirus(agent: Agent, detection: Aged<Detection>, product: ProductFacts): Aged<AntivirusFacts> {
  const policy = agent.current.assignment?.assignment.antivirus ?? antivirusPolicySchema.parse({});
  const judged = judge(detection.value, judgementPolicy(policy), agent.time.now());
  const unknown = [
    ...judged.unknownProbes.map((entry) => ({ probe: entry.probe, detail: entry.detail, waived: false })),
    ...judged.waivedProbes.map((entry) => ({ probe: entry.probe, detail: entry.detail, waived: true })),
  ];
  const hidden = hiddenSelf(judged, product.state);
  const blocking = hidden === null ? judged.blocking : [hidden, ...judged.blocking];
  const value = { blocking, reported: judged.reported.map(conflictOf), unknown };
  return { observedAtMs: detection.observedAtMs, value };
}

async function packageFacts(agent: Agent, selection: Selection | null): Promise<PackageFacts> {
  const chosen = selection?.chosen ?? null;
  if (chosen === null) return { status: 'none' };
  const { packages } = agent.directories;
  const verified = await packages.read(verifiedName(chosen), 1000);
  if (verified === null) return { status: 'absent' };
  return { status: 'ready', file: filePath(agent.platform.os, packages.path, packageName(chosen)) };
}

/** No package manager or installer at work; after a restart in mid-install also a few quiet minutes. */
async function settledness(agent: Agent): Promise<Settledness> {
  const { platform, journal, vendor } = agent;
  const { attempt } = journal.memory;
  // An EXE runs under the name it has in our cache, which begins with its digest.
  const programs = [
    ...vendor.presence(platform.os).installerPrograms,
    ...(attempt === null ? [] : [attempt.package.sha256]),
  ];
  const running = await platform.installerProcesses(programs);
  if (running.status === 'failed') return { settled: false, holder: `unknown (${running.detail})` };
  const first = running.status === 'ok' ? running.value[0] : undefined;
  if (first !== undefined) return { settled: false, holder: `${first.command} (${first.pid})` };
  const run = attempt?.run ?? null;
  if (run === null) return { settled: true, holder: null };
  const machine = await platform.machine();
  const restarted = machine.bootId !== run.bootId;
  if (restarted && (await platform.uptimeMs()) < quietAfterBootMs)
    return { settled: false, holder: 'the restart (5 minutes)', quietOnly: true };
  return { settled: true, holder: null };
}
