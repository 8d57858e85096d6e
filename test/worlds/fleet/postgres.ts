/** A database of its own on the PostgreSQL server that the environment names. Without one the test fails. */
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

function serverUrl(): string {
  const url = process.env['TEST_DATABASE_URL'];
  if (url === undefined)
    throw new Error('TEST_DATABASE_URL must name a PostgreSQL server; see scripts/with-postgres.ts');
  return url;
}

export interface OwnDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

async function ask(statement: string): Promise<void> {
  const client = new Client({ connectionString: serverUrl() });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

export async function ownDatabase(): Promise<OwnDatabase> {
  const name = `garrison_${randomBytes(6).toString('hex')}`;
  await ask(`create database ${name}`);
  const url = new URL(serverUrl());
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => ask(`drop database ${name} with (force)`) };
}
