/** Where the open attempt's installer run stands, read from its directory and the process table. */
import type { Agent } from '#agent/agent.ts';
import type { RunFacts } from '#agent/facts.ts';
import { runDirectory, type RunDirectory } from '#agent/run-directory.ts';

/** A shim that has not claimed its run by then is not coming: systemd starts one within a second. */
const claimWithinMs = 60_000;
/** Between the claim and the note of the started process lies one fork. */
const startWithinMs = 60_000;

export async function observeRun(agent: Agent): Promise<RunFacts> {
  const run = agent.journal.memory.attempt?.run ?? null;
  if (run === null || run.phase === 'ended') return { status: 'none' };
  const forMs = Math.max(0, agent.time.now() - run.preparedAtMs);
  const directory = runDirectory(await agent.directories.runs.directory(run.directory));
  const exited = await directory.exited.read();
  if (exited !== null) {
    const refused = exited.refused === null ? null : `${exited.refused.code}: ${exited.refused.detail}`;
    return { status: 'ended', known: true, code: exited.code, signal: exited.signal, refused };
  }
  if ((await directory.claimedBy()) === null) {
    return { status: 'unclaimed', overdue: forMs > claimWithinMs || !launchedHere(agent, run.directory) };
  }
  return (await isGoingOn(agent, directory, forMs))
    ? { status: 'running', forMs }
    : { status: 'ended', known: false, code: null, signal: null, refused: null };
}

/** Claimed without an end: alive, or its shim died with it, or the machine restarted. */
async function isGoingOn(agent: Agent, directory: RunDirectory, forMs: number): Promise<boolean> {
  const started = await directory.started.read();
  if (started !== null) return (await agent.platform.isAlive(started)) || (await recentlyEnded(agent, directory));
  const machine = await agent.platform.machine();
  const run = agent.journal.memory.attempt?.run;
  return run?.bootId === machine.bootId && forMs < startWithinMs;
}

/** The installer is gone and its shim may be writing the exit this very moment: it gets one more look. */
async function recentlyEnded(agent: Agent, directory: RunDirectory): Promise<boolean> {
  const seen = agent.current.seenEnded;
  const path = directory.directory.path;
  const nowMs = agent.platform.clock.monotonic();
  if (seen?.path !== path) agent.current.seenEnded = { path, atMs: nowMs };
  return agent.current.seenEnded === null || nowMs - agent.current.seenEnded.atMs < 5_000;
}

function launchedHere(agent: Agent, directory: string): boolean {
  return agent.current.launched.get(directory) === 'handed-over';
}
