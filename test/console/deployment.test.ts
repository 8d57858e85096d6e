import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqlite } from '#console/store/engine/sqlite.ts';
import { deploymentContract } from '#test/console/deployment.contract.ts';

const openFile = () =>
  openSqlite(join(mkdtempSync(join(tmpdir(), 'garrison-deployment-')), 'garrison.db'), { alone: true });

deploymentContract('SQLite', openFile, 60);
