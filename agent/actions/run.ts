/** What becomes of an installer run: proved not started, or ended. */
import { Fault, isFaultCode } from '#protocol/codes.ts';
import type { ExitMeaning, ReportedExit } from '#installers/vendor.ts';
import { limits } from '#protocol/limits.ts';
import { stepEntry } from '#agent/actions/attempt.ts';
import { closeAttempt } from '#agent/actions/close-attempt.ts';
import type { Executor } from '#agent/actions/executor.ts';
import type { Agent } from '#agent/agent.ts';
import type { InstallerRun, RunExit } from '#agent/memory.ts';
import { logsSince } from '#agent/actions/vendor-logs.ts';
import { claimName, outputName, runDirectory, type RunDirectory } from '#agent/run-directory.ts';

const outputBytesMax = 16 * 1024;

/** Winning the claim proves that the installer never started and never will; losing it, that it may have. */
export const claimRun: Executor<'claim-run'> = async (execution) => {
  const { agent } = execution;
  const run = agent.journal.memory.attempt?.run ?? null;
  if (run === null) return;
  const directory = runDirectory(await agent.directories.runs.directory(run.directory));
  const won = await directory.claim({ by: 'agent', process: null });
  if (!won && (await directory.claimed())?.by !== 'agent') return;
  // The claim stays, so that a late shim finds it; the secrets do not.
  await removeSecrets(directory);
  await agent.journal.write({ change: 'run-never-started' });
  if (!agent.current.launched.has(run.directory)) {
    return closeAttempt(execution, { kind: 'close-attempt', result: 'superseded', fault: null });
  }
  const fault = new Fault('install.failed', 'the system did not start the installer').toRecord();
  await closeAttempt(execution, { kind: 'close-attempt', result: 'failed', fault });
};

export const concludeRun: Executor<'conclude-run'> = async ({ agent, input }) => {
  const { attempt } = agent.journal.memory;
  const facts = input.facts.run;
  if (attempt?.run == null || facts.status !== 'ended') return;
  const directory = runDirectory(await agent.directories.runs.directory(attempt.run.directory));
  const output = await excerpt(agent, directory, attempt.run);
  const exited = await directory.exited.read().catch(() => null);
  await removeSecrets(directory);
  const exit: RunExit = {
    code: facts.code,
    signal: facts.signal,
    known: facts.known,
    meaning: meaningOf(agent, attempt.package.format, { ...facts, output, reported: null }),
  };
  const endedAtMs = agent.time.now();
  agent.current.disturbances += 1;
  await agent.journal.write(
    { change: 'run-ended', exit, atMs: endedAtMs },
    {
      event: 'installer-exited',
      data: {
        attempt: attempt.attempt,
        run: attempt.run.run,
        exitCode: facts.code,
        signal: facts.signal,
        meaning: (exit.meaning?.text ?? 'nobody saw how it ended').slice(0, 2000),
        durationMs: exited?.durationMs ?? Math.max(0, endedAtMs - attempt.run.preparedAtMs),
        output,
      },
    },
    stepEntry(attempt.attempt, stepOf(attempt.run), exit.meaning?.outcome === 'fault' ? 'failed' : 'ok', {
      detail: exit.meaning?.text ?? '',
    }),
  );
  agent.log.info('installer ended', {
    attempt: attempt.attempt,
    code: facts.code,
    signal: facts.signal,
    meaning: exit.meaning?.text,
  });
};

const stepOf = (run: InstallerRun): 'install' | 'repair' => run.purpose;

interface Ending {
  readonly known: boolean;
  readonly code: number | null;
  readonly signal: string | null;
  readonly refused: string | null;
  readonly output: string;
  readonly reported: ReportedExit | null;
}

function meaningOf(agent: Agent, format: Parameters<Agent['vendor']['recipe']>[0], ending: Ending): ExitMeaning | null {
  if (!ending.known) return null;
  if (ending.refused !== null) {
    const code = ending.refused.split(':')[0] ?? '';
    return { outcome: 'fault', code: isFaultCode(code) ? code : 'install.failed', text: ending.refused, ladder: [] };
  }
  return agent.vendor.recipe(format)?.classify(ending) ?? null;
}

/** The end of the installer's output and of the vendor's logs, without secrets and without what a terminal would obey. */
async function excerpt(agent: Agent, directory: RunDirectory, run: InstallerRun): Promise<string> {
  const bytes = await directory.directory.readTail(outputName, outputBytesMax);
  const parts = [Buffer.from(bytes ?? []).toString('utf8')];
  const { attempt } = agent.journal.memory;
  const recipe = attempt === null ? null : agent.vendor.recipe(attempt.package.format);
  parts.push(await logsSince(agent, directory, recipe?.logs ?? [], run.preparedAtMs));
  return withoutControls(agent.redactor.text(parts.join(''))).slice(0, limits.outputExcerptBytesMax / 2);
}

function withoutControls(text: string): string {
  return text
    .replaceAll(/\p{Cc}\[[0-9;?]*[A-Za-z]/gu, '')
    .replaceAll(/\p{Cc}|\p{Bidi_Control}/gu, (mark) => (mark === '\n' || mark === '\t' ? mark : ''));
}

async function removeSecrets(directory: RunDirectory): Promise<void> {
  const job = await directory.job.read().catch(() => null);
  // Which they are stands in the job; without it only what is known to be none is kept.
  const kept = [claimName, outputName, 'started.json', 'exited.json'];
  const names = job?.secretFiles ?? (await directory.directory.list()).filter((name) => !kept.includes(name));
  for (const name of names) await directory.directory.remove(name);
}
