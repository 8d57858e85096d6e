/**
 * As many devices as a large customer has: copies of a few devices that really enrolled and reported in every state, made
 * by the database itself, because a hundred thousand enrolments would take an hour.
 */
import { sql } from 'kysely';
import type { ProtectionState } from '#protocol/state.ts';
import { addOrganisation } from '#console/store/organisations.ts';
import type { Db } from '#console/store/store.ts';
import { scope, type ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { simulatedDevice } from '#test/worlds/fleet/device.ts';
import { stateRows } from '#test/worlds/page/states.ts';

const siteId = '225494730938493804';
const dayMs = 86_400_000;

export interface CopiesOptions {
  readonly devices: number;
  readonly organisations: number;
}

/** The device to copy, for each of a hundred: most are protected, every other state there is has one. */
async function templatesOf(world: ConsoleWorld, organisationId: string): Promise<string[]> {
  const key = await world.installKey(organisationId);
  const states = stateRows(world.nowMs).flatMap(({ state }): ProtectionState[] => (state === null ? [] : [state]));
  const ids: string[] = [];
  let good = '';
  for (const [index, state] of states.slice(0, 24).entries()) {
    const machine = { hostname: `template-${index}` };
    const one = simulatedDevice(world.app, key, { now: () => world.nowMs, machine, address: `10.9.0.${index}` });
    one.state = state;
    await one.enrol();
    await one.checkIn();
    ids.push(one.deviceId);
    if (state.kind === 'protected') good = one.deviceId;
  }
  return Array.from({ length: 100 }, (_, turn) => ids[turn] ?? good);
}

const perMachine = (...values: readonly [string, string, string, string]): string =>
  `case n.i % 4 ${values.map((value, at) => `when ${at} then '${value}'`).join(' ')} end`;
const hostname = `${perMachine('PC-', 'SRV-', 'mac-', 'linux-')} || (1000000 + (n.i * 7919) % 1000003)`;
/** As random as real ones: neighbours in a list are none in the table. */
const deviceId = `'dev_' || ((n.i * 2654435761) % 4294967296) || '_' || n.i`;

/** What differs from the template, by column. The first organisation has half of all, as one large customer among small ones. */
function differences(organisations: number, nowMs: number): Readonly<Record<string, string>> {
  const silentMs = `(case when n.i % 50 = 49 then ${dayMs / 24} + (n.i % 2000) * 3600000 else 0 end)`;
  return {
    device_id: deviceId,
    organisation_id: `case when n.i % 2 = 0 then 'org_0000' else 'org_' || substr(cast(10000 + (n.i / 2) % ${organisations} as text), 2) end`,
    signing_key: `'copy ' || n.i`,
    fingerprint: `'copy ' || n.i`,
    hostname,
    hostname_folded: `lower(${hostname})`,
    os: perMachine('windows', 'windows', 'macos', 'linux'),
    os_name: perMachine('Windows 11 Pro', 'Windows Server 2022', 'macOS', 'Ubuntu'),
    os_version: perMachine('10.0.22631', '10.0.20348', '15.1', '24.04'),
    target: perMachine('windows-x64', 'windows-x64', 'macos', 'linux-x64-deb'),
    kind: perMachine('client', 'server', 'client', 'server'),
    agent_uuid: `'uuid-' || n.i`,
    reporting: 'case when n.i % 50 = 49 then 0 else 1 end',
    // As the console judges the records below.
    vendor_record: `case when t.state_kind not in ('protected', 'degraded') or n.i % 100 = 62 then 'none'
      when n.i % 100 = 60 then 'stale' when n.i % 100 = 61 then 'detect-only' else 'live' end`,
    last_seen_at: `${nowMs} - ${silentMs} - (n.i % 240) * 1000`,
  };
}

interface Copying {
  readonly table: 'devices' | 'device_reports' | 'vendor_agents';
  /** Names of the columns with what stands in them. */
  readonly columns: Readonly<Record<string, string>>;
  readonly where?: string;
}

async function copy(db: Db, templates: readonly string[], count: number, copying: Copying): Promise<void> {
  const { table, columns, where = '1 = 1' } = copying;
  const turns = templates.map((id, turn) => `(${turn}, '${id}')`).join(', ');
  await sql
    .raw(
      `with recursive n (i) as (select cast(0 as bigint) union all select i + 1 from n where i + 1 < ${count})
       insert into ${table} (${Object.keys(columns).join(', ')})
       select ${Object.values(columns).join(', ')} from n
       join (values ${turns}) as turn on turn.column1 = n.i % 100
       join devices as t on t.device_id = turn.column2
       join device_reports as r on r.device_id = t.device_id where ${where}`,
    )
    .execute(db);
}

/** As the reading round would have written them: one in a hundred has none, is silent there, or only detects. */
const records: Copying = {
  table: 'vendor_agents',
  columns: {
    connection_id: `'con1'`,
    vendor_agent_id: `'agent ' || n.i`,
    uuid: `'uuid-' || n.i`,
    device_id: deviceId,
    computer_name: hostname,
    site_id: `'${siteId}'`,
    agent_version: `'24.2.2.20'`,
    is_active: '1',
    gone: `''`,
    infected: '0',
    active_threats: '0',
    last_active_at: 't.last_seen_at - case when n.i % 100 = 60 then 259200000 else 0 end',
    scan_status: `'finished'`,
    mitigation_mode: `case when n.i % 100 = 61 then 'detect' else 'protect' end`,
    needs: `'[]'`,
    read_at: 't.last_seen_at',
  },
  where: `t.state_kind in ('protected', 'degraded') and n.i % 100 <> 62`,
};

/** Organisations of every mode, mapped to the one site there is, with their devices. Answers the organisations. */
export async function copies(world: ConsoleWorld, options: CopiesOptions): Promise<readonly string[]> {
  const { devices, organisations } = options;
  const modes = ['deploy', 'deploy', 'deploy', 'watch', 'paused'] as const;
  const ids = Array.from({ length: organisations }, (_, index) => `org_${String(index).padStart(4, '0')}`);
  await world.store.write(async (db) => {
    for (const [index, organisation_id] of ids.entries()) {
      const name = `Customer ${String(index + 1).padStart(3, '0')}`;
      const mode = modes[index % modes.length] ?? 'watch';
      const created = { created_at: world.nowMs, policy_version: 1 };
      await addOrganisation(db, scope, { organisation_id, name, name_folded: name.toLowerCase(), mode, ...created });
    }
  });
  for (const id of ids) await world.mapped(id);
  const templates = await templatesOf(world, ids[0] ?? '');
  const { read } = world.store;
  const like = <T extends object>(row: T, prefix: string) =>
    Object.fromEntries(Object.keys(row).map((name) => [name, `${prefix}.${name}`]));
  const device = await read.selectFrom('devices').selectAll().executeTakeFirstOrThrow();
  const report = await read.selectFrom('device_reports').selectAll().executeTakeFirstOrThrow();
  const differs = differences(organisations, world.nowMs);
  const { device_id = '', organisation_id = '' } = differs;
  await world.store.write(async (db) => {
    await copy(db, templates, devices, { table: 'devices', columns: { ...like(device, 't'), ...differs } });
    const columns = { ...like(report, 'r'), device_id, organisation_id };
    await copy(db, templates, devices, { table: 'device_reports', columns });
    await copy(db, templates, devices, records);
  });
  await world.side.silence.sweep(world.nowMs);
  return ids;
}
