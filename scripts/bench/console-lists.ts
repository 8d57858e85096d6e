/** What an operator of a large fleet looks at, beside the plainest SQL for the same rows on the same connection. */
import { sql } from 'kysely';
import { openPostgres } from '#console/store/engine/postgres.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { copies } from '#test/worlds/fleet/copies.ts';
import { OperatorClient } from '#test/worlds/fleet/operator.ts';
import { startPostgres } from '../stages/postgres.ts';
import { inTurn, type Measurement, pairByPair, type Row, spread } from './measurement.ts';

const devices = 100_000;
const rounds = 25;
const password = 'correct horse battery';
const ms = (values: readonly number[]): string => `${spread(values, 1)} ms`;

function p99(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.99) - 1] ?? Number.NaN;
}

/** Rows as the list joins them, without filters, rights, cursors or the shape of an answer. */
const rowsWhere = (condition: string): string => `select devices.*, organisations.name, device_reports.list_state
  from devices join organisations on organisations.organisation_id = devices.organisation_id
  left join device_reports on device_reports.device_id = devices.device_id
  where devices.device_id in (select device_id from devices where revoked_at is null and ${condition}
    order by hostname_folded, device_id limit 50) order by hostname_folded, devices.device_id`;

interface Asked {
  readonly what: string;
  readonly path: string;
  readonly plain: string;
}

async function askedOf(get: (path: string) => Promise<string>): Promise<readonly Asked[]> {
  const before = JSON.parse(await get(`/api/devices?limit=50&from=${devices - 10_000}`)) as {
    items: readonly { deviceId: string; hostname: string }[];
    next: string;
  };
  const last = before.items.at(-1);
  const after = `(hostname_folded, device_id) > ('${last?.hostname.toLowerCase()}', '${last?.deviceId}')`;
  return [
    { what: 'first page', path: '/api/devices?limit=50', plain: rowsWhere('1 = 1') },
    { what: 'filtered page', path: '/api/devices?limit=50&state=failed', plain: rowsWhere(`state_kind = 'failed'`) },
    {
      what: 'page after 90,000',
      path: `/api/devices?limit=50&after=${encodeURIComponent(before.next)}`,
      plain: rowsWhere(after),
    },
    {
      what: 'coverage',
      path: '/api/coverage',
      plain: `select organisation_id, os, state_kind, vendor_record, reporting, count(*) from devices
        where revoked_at is null group by organisation_id, os, state_kind, vendor_record, reporting`,
    },
  ];
}

async function compare(world: ConsoleWorld, database: string): Promise<readonly Row[]> {
  await copies(world, { devices, organisations: 60 });
  // A fleet grows over days, in which PostgreSQL looks at its tables by itself; here it came in one go.
  if (world.store.kind === 'postgres') await sql.raw('analyze').execute(world.store.read);
  await world.administrator('ann', password);
  const { cookie } = await OperatorClient.signedIn(world.operatorApp, 'ann', password);
  const get = async (url: string): Promise<string> => {
    const answer = await world.operatorApp.inject({ url, headers: { cookie } });
    if (answer.statusCode !== 200) throw new Error(`${url}: ${answer.statusCode} ${answer.body}`);
    // A cached answer would be compared with a query that runs each time; the console counts anew after ten seconds.
    world.nowMs += 11_000;
    return answer.body;
  };
  const rows: Row[] = [];
  for (const { what, path, plain } of await askedOf(get)) {
    const [ours = [], theirs = []] = await inTurn(rounds, [
      async () => void (await get(path)),
      async () => void JSON.stringify((await sql.raw(plain).execute(world.store.read)).rows),
    ]);
    const worst = p99(ours);
    rows.push({
      what: `${what}, ${devices / 1000},000 devices, ${database}`,
      ours: `${ms(ours)}, p99 ${worst.toFixed(1)} ms`,
      theirs: `${ms(theirs)} plain SQL`,
      ...pairByPair(ours, theirs),
      budget: what === 'coverage' ? '' : 'p99 ≤ 50 ms',
      met: what === 'coverage' || worst <= 50,
    });
  }
  return rows;
}

export const consoleLists: Measurement = {
  name: 'console-lists',
  about: `device list and coverage of ${devices} devices, beside plain SQL; SQLite and PostgreSQL`,
  async run(): Promise<readonly Row[]> {
    const rows: Row[] = [];
    const onFile = await ConsoleWorld.start();
    try {
      rows.push(...(await compare(onFile, 'SQLite')));
    } finally {
      await onFile.stop();
    }
    const postgres = await startPostgres();
    try {
      const world = await ConsoleWorld.start({ open: () => openPostgres(postgres.url) });
      try {
        rows.push(...(await compare(world, 'PostgreSQL')));
      } finally {
        await world.stop();
      }
    } finally {
      await postgres.stop();
    }
    return rows;
  },
};
