import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { openSqlite } from '#console/store/engine/sqlite.ts';
import { organisationImportContract } from '#test/console/organisation-import.contract.ts';

const directory = mkdtempSync(join(tmpdir(), 'garrison-import-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

organisationImportContract('SQLite', () => openSqlite(join(directory, 'garrison.db'), { alone: true }));
