/**
 * Two consoles as processes, from the bundle that the package holds, on one PostgreSQL database. They share the data directory, as
 * they must: packages and releases are files in it.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { bundleProgram } from '../../../scripts/package/console-program.ts';
import { numbers } from '#console/store/engine/postgres.ts';
import { ConsoleProgram, freePort } from '#test/worlds/fleet/console-process.ts';
import { OperatorClient } from '#test/worlds/fleet/operator.ts';
import { ownDatabase, type OwnDatabase } from '#test/worlds/fleet/postgres.ts';
import { testReleaseKey } from '#test/worlds/release/keys.ts';

const password = 'correct horse battery';

/** A console process with what it says about itself. */
export class WatchedProgram extends ConsoleProgram {
  readonly metricsPort: number;

  constructor(directory: string, ports: { devices: number; operators: number; metrics: number }, databaseUrl: string) {
    super(join(directory, 'data'), ports, {
      DATABASE_URL: databaseUrl,
      GARRISON_CONSOLE_METRICS: `127.0.0.1:${ports.metrics}`,
      GARRISON_CONSOLE_VENDOR_ON_LOOPBACK: '1',
      GARRISON_CONSOLE_NOTIFY_ON_LOOPBACK: '1',
      GARRISON_CONSOLE_RELEASE_KEYS: testReleaseKey.publicKey,
    });
    this.entry = join(directory, 'program/main.mjs');
    this.metricsPort = ports.metrics;
  }

  get deviceUrl(): string {
    return `http://127.0.0.1:${this.devicePort}`;
  }

  /** Command requests that this very process holds. */
  async held(): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${this.metricsPort}/metrics`)).text();
    return Number(/^garrison_requests_held (\d+)$/m.exec(text)?.[1] ?? Number.NaN);
  }

  signedIn(): Promise<OperatorClient> {
    return OperatorClient.signedIn(this.operatorApp(), 'ann', password);
  }
}

export class TwoPrograms {
  readonly directory = mkdtempSync(join(tmpdir(), 'garrison-two-'));
  database!: OwnDatabase;
  one!: WatchedProgram;
  two!: WatchedProgram;
  #client!: Client;

  /** Both run, and `ann` administers them. */
  static async start(vendorHost: string): Promise<TwoPrograms> {
    const programs = new TwoPrograms();
    await bundleProgram(join(programs.directory, 'program'), '0.1.0');
    programs.database = await ownDatabase();
    programs.#client = new Client({ connectionString: programs.database.url, types: numbers() });
    await programs.#client.connect();
    programs.one = await programs.#program();
    programs.two = await programs.#program();
    const { one, two } = programs;
    const addresses = [one, two].flatMap((program) => ['--public-url', program.deviceUrl]);
    await one.done(['init', ...addresses, '--vendor-host', vendorHost]);
    await one.done(['admin', 'create', 'ann'], password);
    await Promise.all([one.start(), two.start()]);
    return programs;
  }

  async #program(): Promise<WatchedProgram> {
    const ports = { devices: await freePort(), operators: await freePort(), metrics: await freePort() };
    return new WatchedProgram(this.directory, ports, this.database.url);
  }

  get keyFile(): Buffer {
    return readFileSync(join(this.directory, 'data/keys/console.key'));
  }

  /** Asks the database behind the consoles' backs. */
  async rows<T extends object>(text: string, values: readonly unknown[] = []): Promise<T[]> {
    return (await this.#client.query<T>(text, [...values])).rows;
  }

  /** Holds rows in a transaction of its own until the answer is called. */
  async lock(text: string, values: readonly unknown[]): Promise<() => Promise<void>> {
    const client = new Client({ connectionString: this.database.url });
    await client.connect();
    await client.query('begin');
    await client.query(text, [...values]);
    return async () => {
      await client.query('rollback');
      await client.end();
    };
  }

  /** Sessions of the database that wait for a lock. */
  async waiting(): Promise<number> {
    const locked = `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    return (await this.rows(locked)).length;
  }

  /** Ends one of them in the middle of whatever it does. */
  async kill(program: WatchedProgram): Promise<void> {
    program.signal('SIGKILL');
    await program.ended();
  }

  async stop(): Promise<void> {
    for (const program of [this.one, this.two]) {
      program.signal('SIGCONT');
      await program.stop('SIGKILL');
    }
    await this.#client.end();
    await this.database.drop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
