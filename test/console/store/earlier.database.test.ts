/** A PostgreSQL database of an earlier schema, made by the console of then, taken over by the console of today. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { deviceRoutes } from '#console/api/devices.ts';
import { organisationRoutes } from '#console/api/organisations.ts';
import { numbers, openPostgres } from '#console/store/engine/postgres.ts';
import { expectNothingLost, type Row } from '#test/console/store/kept-rows.ts';
import { ConsoleProgram } from '#test/worlds/fleet/console-process.ts';
import { OperatorClient } from '#test/worlds/fleet/operator.ts';
import { ownDatabase, type OwnDatabase } from '#test/worlds/fleet/postgres.ts';

const fixtures = join(import.meta.dirname, '../../fixtures/database');

let directory: string;
let database: OwnDatabase;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'garrison-earlier-'));
  database = await ownDatabase();
  await asked(async (client) => {
    await client.query(readFileSync(join(fixtures, '0008-restarts.sql'), 'utf8'));
  });
});
afterEach(async () => {
  await database.drop();
  rmSync(directory, { recursive: true, force: true });
});

async function asked<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: database.url, types: numbers() });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function tables(): Promise<Record<string, Row[]>> {
  return asked(async (client) => {
    const { rows } = await client.query<{ name: string }>(
      "select table_name as name from information_schema.tables where table_schema = 'public'",
    );
    const found: Record<string, Row[]> = {};
    for (const { name } of rows)
      found[name] = (await client.query<Row>(`select * from ${name} t order by t::text`)).rows;
    return found;
  });
}

it('a console of today opens a database of 0008, and nothing in it is lost or changed', async () => {
  const before = await tables();
  await (await openPostgres(database.url)).close();
  const after = await tables();
  expectNothingLost(before, after);
  await (await openPostgres(database.url)).close();
  expect(await tables()).toEqual(after);
});

it('the program runs on a database of 0008: its audit log holds, and who signed in then signs in now', async () => {
  mkdirSync(join(directory, 'keys'), { mode: 0o700 });
  const key = Buffer.from(readFileSync(join(fixtures, '0008-restarts.key'), 'utf8').trim(), 'hex');
  writeFileSync(join(directory, 'keys/console.key'), key, { mode: 0o600 });
  const program = await ConsoleProgram.at(directory, { DATABASE_URL: database.url });
  await program.start();
  try {
    const ann = await OperatorClient.signedIn(program.operatorApp(), 'ann', 'correct horse battery');
    const organisations = (await ann.call(organisationRoutes.list)).items.map((row) => [row.name, row.mode] as const);
    expect(Object.fromEntries(organisations)).toEqual({
      'Bäckerei "Ü"': 'deploy',
      Foundry: 'watch',
    });
    expect((await ann.call(deviceRoutes.list)).items).toHaveLength(2);
    const verified = JSON.parse(await program.done(['audit', 'verify', '--json'])) as unknown;
    expect(verified).toMatchObject({ holds: true, broken: null });
    // The SentinelOne of this database is not there; a process that is told to end does not wait to ask it again.
    const toldAt = performance.now();
    program.signal('SIGTERM');
    expect(await program.ended()).toEqual([0, null]);
    expect(performance.now() - toldAt).toBeLessThan(4_000);
  } finally {
    await program.stop('SIGKILL');
  }
});
