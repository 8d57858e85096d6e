import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { openSqlite } from '#console/store/engine/sqlite.ts';
import { evaluationContract } from '#test/console/alerts/evaluation.contract.ts';

const directory = mkdtempSync(join(tmpdir(), 'garrison-alerts-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let files = 0;

evaluationContract('SQLite', () => openSqlite(join(directory, `${(files += 1)}.db`), { alone: true }));
