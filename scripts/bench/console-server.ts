/**
 * The console of the load bench in a process of its own, with a plain server of Node beside it in another: `console` or
 * `plain` as argument. Prints one line of JSON when it listens.
 */
import { createReadStream, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPostgres } from '#console/store/engine/postgres.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { startPostgres } from '../stages/postgres.ts';

const [kind = '', bytes = '0'] = process.argv.slice(2);

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Reads what it is sent and ignores it; what it is asked for under `/package` is a file. */
function plain(): void {
  const file = join(tmpdir(), `garrison-bench-${process.pid}`);
  writeFileSync(file, Buffer.alloc(Number(bytes), 'x'));
  const length = statSync(file).size;
  const server = createServer((request, response) => {
    if (request.url === '/package') {
      response.writeHead(200, { 'content-length': length });
      createReadStream(file).pipe(response);
      return;
    }
    request.resume();
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{"ok":true}');
    });
  });
  server.listen(0, '127.0.0.1', () => say({ address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }));
}

async function listening(): Promise<void> {
  const postgres = kind === 'postgres' ? await startPostgres() : null;
  const open = postgres === null ? {} : { open: () => openPostgres(postgres.url) };
  const world = await ConsoleWorld.start({ ...open, realTime: true });
  const organisationId = await world.organisation('Load');
  await world.mapped(organisationId);
  const sha256 = await world.package('x'.repeat(Number(bytes)));
  await world.mode(organisationId, 'deploy', { atOnceMax: 500 }, 500);
  const address = await world.app.listen({ host: '127.0.0.1', port: 0 });
  say({ address, sha256, key: await world.installKey(organisationId) });
  process.once('SIGTERM', () => {
    void world
      .stop()
      .then(() => postgres?.stop())
      .then(() => process.exit(0));
  });
}

if (kind === 'plain') plain();
else await listening();
