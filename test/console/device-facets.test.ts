import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqlite } from '#console/store/engine/sqlite.ts';
import { deviceFacetsContract } from '#test/console/device-facets.contract.ts';

deviceFacetsContract('SQLite', () =>
  openSqlite(join(mkdtempSync(join(tmpdir(), 'garrison-facets-')), 'garrison.db'), { alone: true }),
);
