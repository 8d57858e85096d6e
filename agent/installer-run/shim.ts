/**
 * `garrison-agent run-installer DIR`: starts the vendor's installer outside the agent and records how it ended, so that the
 * agent may be stopped, updated or killed meanwhile. Everything it learns is durable before anything follows from it.
 */
import { asFault, Fault } from '#protocol/codes.ts';
import type { Directory } from '#platform/files.ts';
import type { Invocation, Platform, RunningInstaller } from '#platform/platform.ts';
import { outputName, runDirectory, type Exited, type Job } from '#agent/installer-run/run-directory.ts';

/** Resolves when the installer has ended and that is on disk; at once when somebody else holds the claim. */
export async function runInstaller(platform: Platform, path: string): Promise<'ran' | 'refused' | 'claimed-before'> {
  const directory = await platform.files.openPrivateDirectory(path);
  const run = runDirectory(directory);
  const job = await run.job.read();
  if (job === null) throw new Fault('agent.defect', `${path} holds no job`);
  if (!(await run.claim({ by: 'shim', process: await platform.self() }))) return 'claimed-before';
  const startedAtMs = platform.clock.monotonic();
  const finish = async (end: Omit<Exited, 'durationMs'>): Promise<void> => {
    // Whoever concludes the run removes them too: one that is held for a moment (Windows) must not cost how it ended.
    for (const name of job.secretFiles) await directory.remove(name).catch(() => undefined);
    await run.exited.write({ ...end, durationMs: Math.round(platform.clock.monotonic() - startedAtMs) });
  };
  const refusal = await refuse(platform, job);
  if (refusal !== null) {
    await finish({ code: null, signal: null, refused: refusal });
    return 'refused';
  }
  const started = await start(platform, directory, job).catch((error: unknown) => asFault(error));
  if (started instanceof Fault) {
    await finish({ code: null, signal: null, refused: { code: started.code, detail: started.message } });
    return 'refused';
  }
  // A disk too full for this note must not keep us from seeing the end of an installer that runs already.
  await run.started.write({ ...started.installer.identity, program: started.program }).catch(() => undefined);
  const { code, signal } = await started.installer.exited;
  await finish({ code, signal, refused: null });
  return 'ran';
}

/**
 * The bytes that run are the bytes that were verified: hashed once more, where nobody else can write. What cannot be looked
 * at does not run either, and is known not to have run.
 */
async function refuse(platform: Platform, { package: placed }: Job): Promise<Exited['refused']> {
  if (placed === null) return null;
  try {
    const directory = await platform.files.openPrivateDirectory(placed.directory);
    const digest = await directory.digest(placed.name);
    if (digest?.sha256 === placed.sha256) return null;
  } catch (error) {
    const { code, message } = asFault(error);
    return { code, detail: message };
  }
  return { code: 'download.digest-mismatch', detail: 'the package changed between its verification and its start' };
}

/** The first program of the job that the machine has; one that may have started is never passed over. */
async function start(platform: Platform, directory: Directory, job: Job): Promise<Started> {
  const withToken = await tokenFiller(directory, job);
  const options = { directory: directory.path, outputFile: outputName, environment: job.environment };
  let missing = new Fault('agent.defect', 'the job names no program');
  for (const invocation of job.invocations.map(withToken)) {
    try {
      return { installer: await platform.startInstaller(invocation, options), program: invocation.program };
    } catch (error) {
      const fault = asFault(error);
      if (fault.code !== 'install.program-missing') throw fault;
      missing = fault;
    }
  }
  throw missing;
}

const tokenBytesMax = 8 * 1024;

/**
 * Where an installer takes the site token by argument only, it is put there here, in memory: it stands in no job, journal
 * or log, and its file is gone before the installer begins.
 */
async function tokenFiller(directory: Directory, job: Job): Promise<(invocation: Invocation) => Invocation> {
  if (job.tokenFile === null) return (invocation) => invocation;
  const bytes = await directory.read(job.tokenFile, tokenBytesMax);
  await directory.remove(job.tokenFile);
  if (bytes === null) throw new Fault('token.unavailable', 'the site token is not in the run directory any more');
  const token = Buffer.from(bytes).toString('utf8');
  return ({ program, args }) => ({ program, args: args.map((arg) => arg.replaceAll('{token}', () => token)) });
}

interface Started {
  readonly installer: RunningInstaller;
  readonly program: string;
}
