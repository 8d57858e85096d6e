/**
 * Everything at once: a console process with its database on disk, a stand-in SentinelOne it is connected to, and devices that
 * are containers with real systemd and the agent's binary. What either side remembers is read from its own files.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { decodeJournal, type EventRecord, type JournalRecord } from '#agent/journal/record.ts';
import { organisationRoutes } from '#console/api/organisations.ts';
import type { DeviceEvent } from '#protocol/events.ts';
import type { Target } from '#protocol/words.ts';
import type { Container } from '#test/worlds/lab/container.ts';
import { startSentinelOne } from '#test/worlds/sentinelone/api.ts';
import type { SentinelOneWorld } from '#test/worlds/sentinelone/dispatch.ts';
import { packageFilesIn } from '#test/worlds/sentinelone/packages.ts';
import { misbehaviourFile, misbehaviourText, type Misbehaviour } from '#test/worlds/sentinelone/packages/scripted.ts';
import type { Site } from '#test/worlds/sentinelone/tenant.ts';
import { setUpConsole, type ConsoleProcess } from '#test/worlds/whole/console.ts';
import { setUpEstate, startDeployment, type Estate } from '#test/worlds/whole/estate.ts';
import { firstAdministrator, signIn, type Operator } from '#test/worlds/whole/operator.ts';
import { prepareWorld, type World } from './world.ts';

export const login = { name: 'ann', password: 'canary-f2Kq-correct-horse' };
export const journalFile = '/var/lib/garrison/journal';

export interface Whole {
  readonly world: World;
  readonly sentinelOne: SentinelOneWorld;
  readonly site: Site;
  readonly console: ConsoleProcess;
  readonly operator: Operator;
  readonly estate: Estate;
  /** Same name and password again: after the console forgot its sessions. */
  signIn(): Promise<Operator>;
  stop(): Promise<void>;
}

export interface WholeOptions {
  readonly targets: readonly Target[];
  /** Start installing at once, before any device is there. */
  readonly deploying: boolean;
  /** Folder of the built page. */
  readonly page?: string;
}

export async function setUpWhole({ targets, deploying, page }: WholeOptions): Promise<Whole> {
  const world = await prepareWorld();
  const sentinelOne = await startSentinelOne({
    packageFiles: packageFilesIn(world.packages.folder),
    settings: { downloadsPerMinute: 100 },
  });
  const [site] = sentinelOne.tenant.sites;
  if (site === undefined) throw new Error('The stand-in tenant has no site');
  const dataDirectory = mkdtempSync(join(tmpdir(), 'garrison-whole-'));
  const console = await setUpConsole({
    dataDirectory,
    vendorHosts: [new URL(sentinelOne.url).host],
    environment: { GARRISON_CONSOLE_LOG_LEVEL: 'debug', ...(page === undefined ? {} : { GARRISON_CONSOLE_WEB: page }) },
  });
  await console.start();
  const operator = await firstAdministrator(console.operatorAddress, console.firstSecret, login);
  const tenant = { tenantUrl: sentinelOne.url, apiToken: sentinelOne.apiToken, siteId: site.id };
  const estate = await setUpEstate(operator, { ...tenant, organisation: 'Acme', targets });
  if (deploying) await startDeployment(operator, estate.organisationId);
  return {
    world,
    sentinelOne,
    site,
    console,
    operator,
    estate,
    signIn: () => signIn(console.operatorAddress, login),
    async stop() {
      await console.stop();
      await sentinelOne.stop();
      rmSync(dataDirectory, { recursive: true, force: true });
    },
  };
}

export async function setMode(operator: Operator, { organisationId }: Estate, mode: 'watch' | 'paused'): Promise<void> {
  await operator.call(organisationRoutes.setMode, { params: { organisationId }, body: { mode } });
}

/** The events on the device's disk, as they travel. */
export function deviceTimeline(container: Container): {
  readonly journalId: string;
  readonly records: readonly JournalRecord[];
  readonly events: readonly DeviceEvent[];
} {
  const file = container.pathOnHost(journalFile);
  const decoded = decodeJournal(existsSync(file) ? readFileSync(file) : Buffer.alloc(0));
  if (!decoded.ok) throw new Error(`The journal is damaged: ${decoded.why}`);
  const records = decoded.records.map(({ record }) => record);
  const [first] = records;
  const events = records.filter((record): record is EventRecord => record.type === 'event');
  return {
    journalId: first?.type === 'snapshot' ? first.journalId : '',
    records,
    events: events.map(({ seq, at, kind, data }) => ({ seq, at, kind, data })),
  };
}

/** Rows of the console's own database file, read beside the running console. */
export function rows<T>(console: ConsoleProcess, sql: string, ...values: SQLInputValue[]): readonly T[] {
  const database = new DatabaseSync(join(console.dataDirectory, 'garrison.db'), { readOnly: true, timeout: 5_000 });
  try {
    const found: unknown[] = database.prepare(sql).all(...values);
    return found.map((row) => ({ ...Object(row) }) as T);
  } finally {
    database.close();
  }
}

/** What the console has stored of a device, in the order in which it came. */
export function storedTimeline(
  console: ConsoleProcess,
  deviceId: string,
): readonly (DeviceEvent & { journalId: string })[] {
  const found = rows<{ journal_id: string; seq: number; at: string; kind: string; data: string }>(
    console,
    'select journal_id, seq, at, kind, data from events where device_id = ? order by event_id',
    deviceId,
  );
  return found.map(({ journal_id: journalId, data, ...event }) => ({
    journalId,
    ...event,
    data: JSON.parse(data) as Record<string, unknown>,
  }));
}

export function storedGaps(console: ConsoleProcess, deviceId: string): readonly { from: number; to: number }[] {
  return rows(console, 'select from_seq as "from", to_seq as "to" from gaps where device_id = ?', deviceId);
}

export function misbehave(container: Container, how: Misbehaviour | null): void {
  writeFileSync(container.pathOnHost(misbehaviourFile), how === null ? '' : misbehaviourText(how));
}

/** Of the events of one kind, what they say. */
export function told<T>(events: readonly DeviceEvent[], kind: string): readonly T[] {
  return events.filter((event) => event.kind === kind).map(({ data }) => data as T);
}
