/** Runs the stages of `scripts/test` one after the other and adds up; see there for how it is called. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { count, type Outcome, summary } from './outcome.ts';
import { startPostgres } from './postgres.ts';
import { chooseStages, type Stage, stages } from './stages.ts';

const root = join(import.meta.dirname, '..', '..');
const reports = join(root, '.cache', 'reports');

/** Runs a command with its output on ours; null when it died of a signal or could not start. */
function follow(command: readonly string[], environment: NodeJS.ProcessEnv): Promise<number | null> {
  const [program = '', ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, env: environment, stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', (error) => {
      process.stderr.write(`${program}: ${error.message}\n`);
      resolve(null);
    });
    child.once('exit', (code) => resolve(code));
  });
}

async function withService(
  stage: Stage,
  work: (environment: NodeJS.ProcessEnv) => Promise<number | null>,
): Promise<number | null> {
  if (stage.service === undefined) return work(process.env);
  const postgres = await startPostgres();
  try {
    return await work({ ...process.env, TEST_DATABASE_URL: postgres.url });
  } finally {
    await postgres.stop();
  }
}

async function runStage(stage: Stage): Promise<Outcome> {
  process.stdout.write(`\n=== ${stage.name}: ${stage.about}\n`);
  const started = performance.now();
  const report = join(reports, `${stage.name}.json`);
  rmSync(report, { force: true });
  const reporting = stage.counts ? ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`] : [];
  const code = await withService(stage, (environment) => follow([...stage.command, ...reporting], environment)).catch(
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      return null;
    },
  );
  const read = stage.counts && existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : null;
  const outcome = { stage: stage.name, durationMs: performance.now() - started, ...count(code, read) };
  process.stdout.write(
    `=== ${stage.name}: ${outcome.passed} passed, ${outcome.failed} failed in ${(outcome.durationMs / 1000).toFixed(1)} s\n`,
  );
  return outcome;
}

const names = process.argv.slice(2);
if (names.includes('--list')) {
  process.stdout.write(stages.map((stage) => `${stage.name.padEnd(16)} ${stage.about}\n`).join(''));
} else {
  mkdirSync(reports, { recursive: true });
  const outcomes: Outcome[] = [];
  for (const stage of chooseStages(names)) outcomes.push(await runStage(stage));
  process.stdout.write(`\n=== all\n${summary(outcomes)}\n`);
  process.exitCode = outcomes.some((one) => one.failed > 0) ? 1 : 0;
}
