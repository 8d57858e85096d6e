/** Lays out one run of an installer and hands it to the shim. Everything durable first, the journal before the effect, the effect last. */
import { asFault, Fault } from '#protocol/codes.ts';
import type { Candidate } from '#protocol/assignment.ts';
import type { Invocation } from '#platform/platform.ts';
import type { Recipe, TokenHandover } from '#installers/vendor.ts';
import { stepEntry } from '#agent/actions/attempt.ts';
import { noteBefore } from '#agent/actions/vendor-logs.ts';
import { packageName, type Agent } from '#agent/agent.ts';
import { filePath } from '#agent/file-path.ts';
import { runDirectory, type Job, type RunDirectory } from '#agent/installer-run/run-directory.ts';
import { removeOrphanedRuns } from '#agent/setup.ts';

export interface Launch {
  readonly candidate: Candidate;
  readonly purpose: 'install' | 'repair';
  readonly recipe: Recipe;
  /** As the recipe has them, with their `{…}`. */
  readonly invocations: readonly Invocation[];
  readonly token: string;
}

export async function launch(agent: Agent, start: Launch): Promise<void> {
  const { directories, journal, platform } = agent;
  const { purpose, recipe } = start;
  const handover = recipe.handOver(start.token);
  const number = journal.memory.runs + 1;
  const name = `run-${number}`;
  const machine = await platform.machine();
  await removeOrphanedRuns(directories.runs, null);
  const run = runDirectory(await directories.runs.directory(name));
  for (const file of handover.files) await run.directory.create(file.name, Buffer.from(file.content));
  const placed = await placePackage(agent, run, start);
  await noteBefore(agent, run, recipe.logs);
  await run.job.write(jobOf(agent, run, { start, handover, placed }));
  const attempt = journal.memory.attempt?.attempt ?? 0;
  const prepared = {
    run: number,
    directory: name,
    purpose,
    phase: 'prepared',
    preparedAtMs: agent.time.now(),
    bootId: machine.bootId,
    exit: null,
    endedAtMs: null,
    saidInBoot: null,
    readInBoot: null,
  } as const;
  await journal.write(
    { change: 'step', step: purpose },
    { change: 'run-prepared', run: prepared, start: true },
    stepEntry(attempt, purpose, 'started', { detail: programOf(start) }),
  );
  agent.current.launched.set(name, 'handed-over');
  await platform.launchShim(run.directory.path).catch((error: unknown) => {
    // Whether something was started all the same, the claim will tell.
    agent.log.warn('the installer could not be handed over', { error: asFault(error).message });
    agent.current.launched.set(name, 'failed');
  });
}

/** For people: the verified file itself has no name that says anything. */
function programOf({ invocations, candidate }: Launch): string {
  const program = invocations[0]?.program ?? '';
  return program === '{package}' ? candidate.fileName : program;
}

type PlacedPackage = NonNullable<Job['package']>;

/** Where the shim finds the verified bytes. It hashes them once more there, wherever that is. */
async function placePackage(agent: Agent, run: RunDirectory, { candidate, recipe }: Launch): Promise<PlacedPackage> {
  const { packages } = agent.directories;
  const { sha256 } = candidate;
  if (recipe.packageLies === 'cache') return { directory: packages.path, name: packageName(candidate), sha256 };
  const name = `package.${candidate.format}`;
  const copied = await packages.copyInto(packageName(candidate), run.directory, name);
  if (copied?.sha256 !== sha256) {
    throw new Fault('download.digest-mismatch', 'the package changed while it was laid beside its token');
  }
  return { directory: run.directory.path, name, sha256 };
}

interface Laid {
  readonly start: Launch;
  readonly handover: TokenHandover;
  readonly placed: PlacedPackage;
}

function jobOf(agent: Agent, run: RunDirectory, { start, handover, placed }: Laid): Job {
  const file = filePath(agent.platform.os, placed.directory, placed.name);
  const filled = (text: string): string =>
    text.replaceAll('{package}', () => file).replaceAll('{directory}', () => run.directory.path);
  return {
    invocations: start.invocations.map(({ program, args }) => ({ program: filled(program), args: args.map(filled) })),
    environment: Object.fromEntries(Object.entries(handover.environment).map(([key, value]) => [key, filled(value)])),
    package: placed,
    secretFiles: handover.files.map((each) => each.name),
    tokenFile: handover.argumentFile,
  };
}
