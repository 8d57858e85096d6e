import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqlite } from '#console/store/engine/sqlite.ts';
import { ringsContract } from '#test/console/releases/rings.contract.ts';

const openFile = () => openSqlite(join(mkdtempSync(join(tmpdir(), 'garrison-rings-')), 'garrison.db'), { alone: true });

ringsContract('SQLite', openFile);
