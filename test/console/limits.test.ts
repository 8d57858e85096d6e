import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { openSqlite } from '#console/store/engine/sqlite.ts';
import type { Store } from '#console/store/store.ts';
import { downloadPaceContract, limitsContract } from '#test/console/limits.contract.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';

limitsContract('in one process on SQLite', async () => {
  const one = await ConsoleWorld.start();
  return { one, two: one, stop: () => one.stop() };
});

const directory = mkdtempSync(join(tmpdir(), 'garrison-limits-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let opened: Promise<Store> | null = null;
const open = (): Promise<Store> => (opened ??= openSqlite(join(directory, 'garrison.db'), { alone: true }));
downloadPaceContract('on SQLite, where there is one', open, open);
