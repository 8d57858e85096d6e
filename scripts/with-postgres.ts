/** Runs a command beside a fresh PostgreSQL server: `node scripts/with-postgres.ts vitest run --project database`. */
import { spawnSync } from 'node:child_process';
import { startPostgres } from './stages/postgres.ts';

const [program, ...args] = process.argv.slice(2);
if (program === undefined) throw new Error('say which command to run');
const postgres = await startPostgres();
try {
  const result = spawnSync(program, args, {
    stdio: 'inherit',
    env: { ...process.env, TEST_DATABASE_URL: postgres.url },
  });
  process.exitCode = result.status ?? 1;
} finally {
  await postgres.stop();
}
