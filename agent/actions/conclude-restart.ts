/** What an installer that asked for a restart has said since: it may have gone on by itself, and failed. */
import type { Executor } from '#agent/actions/executor.ts';
import { withoutControls } from '#agent/actions/log-text.ts';
import { tracesOf } from '#agent/actions/vendor-logs.ts';
import type { Entry } from '#agent/journal/journal.ts';
import type { RunExit } from '#agent/memory/memory.ts';
import { runDirectory } from '#agent/installer-run/run-directory.ts';
import { limits } from '#protocol/limits.ts';

/** Read once per boot. Where it left nothing newer its word from before the restart stands, and the facts decide. */
export const concludeRestart: Executor<'conclude-restart'> = async ({ agent, input }) => {
  const { attempt } = agent.journal.memory;
  const { run = null } = attempt ?? {};
  if (attempt === null || run?.exit == null) return;
  const { bootId } = input.facts.machine.value;
  const recipe = agent.vendor.recipe(attempt.package.format);
  const directory = runDirectory(await agent.directories.runs.directory(run.directory));
  const traces = await tracesOf(agent, directory, recipe, run.preparedAtMs);
  const after = traces.reported?.stage === 'after-reboot' ? traces.reported : null;
  const atMs = agent.time.now();
  agent.current.disturbances += 1;
  if (after === null || recipe === null) {
    // The time of its end stays: what registers late is reckoned from it.
    const saidInBoot = run.saidInBoot ?? run.bootId;
    const same = { exit: run.exit, atMs: run.endedAtMs ?? atMs, saidInBoot, readInBoot: bootId };
    return agent.journal.write({ change: 'run-ended', ...same });
  }
  const meaning = recipe.classify({
    code: run.exit.code,
    signal: run.exit.signal,
    output: traces.whole,
    reported: after,
  });
  const exit: RunExit = { code: after.code, signal: null, known: true, meaning };
  const told: Entry = {
    event: 'installer-exited',
    data: {
      attempt: attempt.attempt,
      run: run.run,
      exitCode: after.code,
      signal: null,
      meaning: meaning.text.slice(0, 2000),
      durationMs: Math.max(0, atMs - run.preparedAtMs),
      output: withoutControls(traces.kept).slice(0, limits.outputExcerptBytesMax / 2),
    },
  };
  await agent.journal.write({ change: 'run-ended', exit, atMs, saidInBoot: bootId, readInBoot: bootId }, told);
};
