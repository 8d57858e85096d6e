import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { openSqlite } from '#console/store/engine/sqlite.ts';
import { activityContract } from '#test/console/activity.contract.ts';

const directory = mkdtempSync(join(tmpdir(), 'garrison-activity-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let files = 0;

activityContract('SQLite', () => openSqlite(join(directory, `${(files += 1)}.db`), { alone: true }));
