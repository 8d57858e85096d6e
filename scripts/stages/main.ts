/** Runs the stages of `scripts/test`, some side by side, and adds up; see there for how it is called. */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { count, type Outcome, summary } from './outcome.ts';
import { startPostgres } from './postgres.ts';
import { chooseStages, type Stage, stages, startable } from './stages.ts';

const root = join(import.meta.dirname, '..', '..');
const reports = join(root, '.cache', 'reports');
const stillRunningEveryMs = 60_000;

/** Runs a command with its output in a file; null when it died of a signal or could not start. */
function follow(command: readonly string[], environment: NodeJS.ProcessEnv, log: string): Promise<number | null> {
  const [program = '', ...args] = command;
  const output = openSync(log, 'a');
  return new Promise<number | null>((resolve) => {
    const child = spawn(program, args, { cwd: root, env: environment, stdio: ['ignore', output, output] });
    child.once('error', (error) => {
      process.stderr.write(`${program}: ${error.message}\n`);
      resolve(null);
    });
    child.once('exit', (code) => resolve(code));
  }).finally(() => closeSync(output));
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

/** What a stage says is printed in one piece when it has ended: two run at once. */
async function runStage(stage: Stage): Promise<Outcome> {
  process.stdout.write(`=== ${stage.name}: begins\n`);
  const started = performance.now();
  const report = join(reports, `${stage.name}.json`);
  const log = join(reports, `${stage.name}.log`);
  for (const file of [report, log]) rmSync(file, { force: true });
  const reporting = stage.counts ? ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`] : [];
  const command = [...stage.command, ...reporting];
  const code = await withService(stage, (environment) => follow(command, environment, log)).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return null;
  });
  const read = stage.counts && existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : null;
  const outcome = { stage: stage.name, durationMs: performance.now() - started, ...count(code, read) };
  const said = existsSync(log) ? readFileSync(log, 'utf8') : '';
  const result = `${outcome.passed} passed, ${outcome.failed} failed in ${(outcome.durationMs / 1000).toFixed(1)} s`;
  process.stdout.write(`\n=== ${stage.name}: ${stage.about}\n${said}=== ${stage.name}: ${result}\n\n`);
  return outcome;
}

async function runAll(chosen: readonly Stage[]): Promise<readonly Outcome[]> {
  const outcomes = new Map<string, Outcome>();
  const started = new Set<string>();
  const running = new Map<Stage, Promise<void>>();
  const begun = performance.now();
  const clock = setInterval(() => {
    const minutes = Math.round((performance.now() - begun) / 60_000);
    process.stdout.write(`... ${minutes} min: ${[...running.keys()].map(({ name }) => name).join(' and ')}\n`);
  }, stillRunningEveryMs);
  while (outcomes.size < chosen.length) {
    for (const stage of startable(chosen, started, [...running.keys()])) {
      started.add(stage.name);
      const ended = runStage(stage).then((outcome) => {
        outcomes.set(stage.name, outcome);
        running.delete(stage);
      });
      running.set(stage, ended);
    }
    await Promise.race(running.values());
  }
  clearInterval(clock);
  return chosen.flatMap(({ name }) => outcomes.get(name) ?? []);
}

const names = process.argv.slice(2);
if (names.includes('--list')) {
  process.stdout.write(stages.map((stage) => `${stage.name.padEnd(16)} ${stage.about}\n`).join(''));
} else {
  mkdirSync(reports, { recursive: true });
  const outcomes = await runAll(chooseStages(names));
  process.stdout.write(`\n=== all\n${summary(outcomes)}\n`);
  process.exitCode = outcomes.some((one) => one.failed > 0) ? 1 : 0;
}
