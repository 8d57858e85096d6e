import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqlite } from '#console/store/engine/sqlite.ts';
import { deviceDecisionsContract } from '#test/console/device-decisions.contract.ts';

deviceDecisionsContract('SQLite', () =>
  openSqlite(join(mkdtempSync(join(tmpdir(), 'garrison-decisions-')), 'garrison.db'), { alone: true }),
);
