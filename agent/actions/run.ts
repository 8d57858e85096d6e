/** What becomes of an installer run: proved not started, or ended. */
import { Fault, isFaultCode } from '#protocol/codes.ts';
import type { ExitMeaning, InstallerExit, Recipe } from '#installers/vendor.ts';
import { limits } from '#protocol/limits.ts';
import { stepEntry } from '#agent/actions/attempt.ts';
import { closeAttempt } from '#agent/actions/close-attempt.ts';
import type { Executor } from '#agent/actions/executor.ts';
import type { InstallerRun, RunExit } from '#agent/memory/memory.ts';
import { withoutControls } from '#agent/actions/log-text.ts';
import { tracesOf } from '#agent/actions/vendor-logs.ts';
import { claimName, outputName, runDirectory, type RunDirectory } from '#agent/installer-run/run-directory.ts';

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
  const recipe = agent.vendor.recipe(attempt.package.format);
  const traces = await tracesOf(agent, directory, recipe, attempt.run.preparedAtMs);
  const output = withoutControls(traces.kept).slice(0, limits.outputExcerptBytesMax / 2);
  const exited = await directory.exited.read().catch(() => null);
  await removeSecrets(directory);
  // Verbose logs repeat what the installer was told. One that is still held open goes with the directory.
  for (const name of recipe?.runLogs ?? []) await directory.directory.remove(name).catch(() => undefined);
  // What was refused before it began has left no code: a file that says one is somebody else's.
  const reported = facts.refused === null ? traces.reported : null;
  const ending = { ...facts, output: traces.whole, reported };
  const exit: RunExit = {
    code: facts.code ?? reported?.code ?? null,
    signal: facts.signal,
    // The installer's own file is as good as an end that was seen.
    known: facts.known || reported !== null,
    meaning: meaningOf(recipe, ending),
  };
  const endedAtMs = agent.time.now();
  // Whatever came of it in between: what its process said belongs to the boot that it ran in.
  const wentOn = traces.reported?.stage === 'after-reboot';
  const saidInBoot = wentOn ? input.facts.machine.value.bootId : attempt.run.bootId;
  agent.current.disturbances += 1;
  await agent.journal.write(
    { change: 'run-ended', exit, atMs: endedAtMs, saidInBoot, readInBoot: saidInBoot },
    {
      event: 'installer-exited',
      data: {
        attempt: attempt.attempt,
        run: attempt.run.run,
        exitCode: exit.code,
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
  // Careless installers print what they were told; a restart that is waited for may take weeks.
  await directory.directory.remove(outputName);
  agent.log.info('installer ended', {
    attempt: attempt.attempt,
    code: facts.code ?? reported?.code ?? null,
    signal: facts.signal,
    meaning: exit.meaning?.text,
  });
};

const stepOf = (run: InstallerRun): 'install' | 'repair' => run.purpose;

interface Ending extends InstallerExit {
  readonly known: boolean;
  readonly refused: string | null;
}

function meaningOf(recipe: Recipe | null, ending: Ending): ExitMeaning | null {
  if (!ending.known && ending.reported === null) return null;
  if (ending.refused !== null) {
    const code = ending.refused.split(':')[0] ?? '';
    return { outcome: 'fault', code: isFaultCode(code) ? code : 'install.failed', text: ending.refused, ladder: [] };
  }
  return recipe?.classify(ending) ?? null;
}

async function removeSecrets(directory: RunDirectory): Promise<void> {
  const job = await directory.job.read().catch(() => null);
  // Which they are stands in the job; without it only what is known to be none is kept.
  const kept = [claimName, outputName, 'started.json', 'exited.json'];
  const names = job?.secretFiles ?? (await directory.directory.list()).filter((name) => !kept.includes(name));
  for (const name of names) await directory.directory.remove(name);
}
