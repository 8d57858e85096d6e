/**
 * Everything that can stand in a diagnostics archive: this list and nothing else. No generator takes a path, a host or a
 * program from anybody, none reads the arguments or the environment of other processes, none reads keys or tokens (G18).
 */
import type { HostCheck } from '#platform/platform.ts';
import { asFault } from '#protocol/codes.ts';
import { build } from '#agent/build.ts';
import type { Agent } from '#agent/agent.ts';
import type { Daemon } from '#agent/daemon.ts';
import { explain } from '#agent/explain/explain.ts';

export interface Source {
  readonly agent: Agent;
  readonly daemon: Daemon;
  readonly local: { readonly proxy: string | null; readonly reboot: string | null; readonly byCommand: boolean };
  /** What the device believes its console to be; null: not enrolled. */
  readonly console: {
    readonly deviceId: string | null;
    readonly addresses: readonly string[];
    readonly vendorHosts: readonly string[];
    readonly pinned: boolean;
  } | null;
}

/** One document, one a line, or text as it was found. */
export type Content = { readonly value: unknown } | { readonly lines: readonly unknown[] } | { readonly text: string };

export interface Section {
  readonly name: string;
  readonly holds: string;
  make(source: Source): Promise<Content>;
}

const hostsMax = 8;

export const sections: readonly Section[] = [
  {
    name: 'about.json',
    holds: 'version and build, system, runtime, local configuration, names of the files in the state directory',
    make: about,
  },
  {
    name: 'plan.json',
    holds: 'what the agent sees, would do and why',
    async make({ agent, daemon }) {
      const { input, plan } = await daemon.explain();
      return { value: explain(input, plan, agent.vendor) };
    },
  },
  {
    name: 'report.json',
    holds: 'the state as the console is told it',
    make: async ({ daemon }) => ({ value: daemon.report() }),
  },
  {
    name: 'memory.json',
    holds: 'budgets, pauses, the open attempt',
    make: async ({ agent }) => ({ value: agent.journal.memory }),
  },
  {
    name: 'timeline.ndjson',
    holds: 'what happened, with the ends of installer output',
    make: async ({ agent }) => ({ lines: agent.journal.timeline }),
  },
  {
    name: 'log.ndjson',
    holds: 'the last lines of the agent that runs',
    make: async ({ agent }) => ({ lines: agent.log.recent?.() ?? [] }),
  },
  { name: 'service-log.txt', holds: "what the system keeps of the agent's log", make: serviceLog },
  {
    name: 'connectivity.json',
    holds: 'name resolution, TLS and clock towards the console and the SentinelOne hosts that the owner has allowed',
    make: connectivity,
  },
];

async function about({ agent, local, console }: Source): Promise<Content> {
  const { platform, directories, journal, time, current } = agent;
  const { fingerprint: _, ...machine } = await platform.machine();
  const value = {
    madeAt: time.iso(),
    clockSkewMs: time.skewMs(),
    build,
    runtime: { node: process.versions.node, openssl: process.versions.openssl, rssBytes: process.memoryUsage.rss() },
    machine,
    uptimeMs: await platform.uptimeMs(),
    freeBytes: await platform.freeBytes(directories.state.path),
    configuration: { ...local, proxy: local.proxy === null ? null : withoutUser(local.proxy) },
    enrolled: current.enrolled,
    trust: current.trust,
    deviceId: console?.deviceId ?? null,
    heardAgoMs: current.heardAtMs === null ? null : platform.clock.monotonic() - current.heardAtMs,
    journal: {
      journalId: journal.journalId,
      newestSeq: journal.newestSeq,
      acknowledgedSeq: journal.acknowledgedSeq,
      broken: journal.broken?.toRecord() ?? null,
      tight: journal.tight,
      lost: journal.lost,
    },
    files: {
      state: await directories.state.list(),
      packages: await directories.packages.list(),
      runs: await directories.runs.list(),
    },
  };
  return { value };
}

/** A proxy's address may hold name and password. */
function withoutUser(proxy: string): string {
  const url = new URL(proxy);
  return `${url.protocol}//${url.host}${url.username === '' && url.password === '' ? '' : ' (with a user)'}`;
}

async function serviceLog({ agent: { platform } }: Source): Promise<Content> {
  if (platform.serviceLog === undefined) return { text: 'This system keeps none; see log.ndjson.\n' };
  const probe = await platform.serviceLog();
  return { text: probe.status === 'ok' ? probe.value : `${probe.status}: ${probe.detail}\n` };
}

async function connectivity({ agent: { platform }, console }: Source): Promise<Content> {
  if (console === null) return { value: { console: [], sentinelOne: [], note: 'not enrolled' } };
  const check = (host: string): Promise<HostCheck | { host: string; detail: string }> =>
    platform.checkHost(host).catch((error: unknown) => ({ host, detail: asFault(error).message }));
  const hosts = console.addresses.map((address) => new URL(address).host);
  const value = {
    // A console with pinned keys may stand behind an authority that nobody else knows: the agent goes by the pins.
    pinned: console.pinned,
    console: await Promise.all([...new Set(hosts)].slice(0, hostsMax).map(check)),
    sentinelOne: await Promise.all(console.vendorHosts.slice(0, hostsMax).map(check)),
  };
  return { value };
}
