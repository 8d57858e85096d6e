import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqlite } from '#console/store/engine/sqlite.ts';
import { offboardingContract } from '#test/console/offboarding.contract.ts';

offboardingContract('SQLite', () =>
  openSqlite(join(mkdtempSync(join(tmpdir(), 'garrison-leaving-')), 'garrison.db'), { alone: true }),
);
