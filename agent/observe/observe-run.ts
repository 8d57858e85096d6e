/** Where the open attempt's installer run stands, read from its directory and the process table. */
import { asFault } from '#protocol/codes.ts';
import type { Agent } from '#agent/agent.ts';
import type { RunFacts } from '#agent/observe/facts.ts';
import type { Directory } from '#platform/files.ts';
import type { ProcessIdentity } from '#platform/platform.ts';
import { runDirectory, type RunDirectory } from '#agent/installer-run/run-directory.ts';

/** A shim that has not claimed its run by then is not coming: systemd starts one within a second. */
const claimWithinMs = 60_000;
/** An installer and its shim that are gone may have left an exit that was not seen yet. */
const lookOnceMoreMs = 5_000;

/** Of a run whose notes cannot be read nothing is known but that it was begun: what the device shows decides. */
export async function observeRun(agent: Agent): Promise<RunFacts> {
  try {
    return await look(agent);
  } catch (error) {
    if (asFault(error).code !== 'state.lost') throw error;
    return { status: 'ended', known: false, code: null, signal: null, refused: null };
  }
}

async function look(agent: Agent): Promise<RunFacts> {
  const run = agent.journal.memory.attempt?.run ?? null;
  if (run === null || run.phase === 'ended') return { status: 'none' };
  const forMs = Math.max(0, agent.time.now() - run.preparedAtMs);
  const directory = runDirectory(await openedOnce(agent.directories.runs, run.directory));
  const exited = await directory.exited.read();
  if (exited !== null) {
    const refused = exited.refused === null ? null : `${exited.refused.code}: ${exited.refused.detail}`;
    return { status: 'ended', known: true, code: exited.code, signal: exited.signal, refused };
  }
  const claim = await directory.claimed();
  if (claim?.process == null) {
    const overdue = claim !== null || forMs > claimWithinMs || !launchedHere(agent, run.directory);
    return { status: 'unclaimed', overdue };
  }
  return (await isGoingOn(agent, directory, claim.process))
    ? { status: 'running', forMs }
    : { status: 'ended', known: false, code: null, signal: null, refused: null };
}

const opened = new WeakMap<Directory, { readonly name: string; readonly directory: Directory }>();

/** It is looked at every second for as long as an installer runs; each opening holds a handle until memory is cleaned up. */
async function openedOnce(runs: Directory, name: string): Promise<Directory> {
  const known = opened.get(runs);
  if (known?.name === name) return known.directory;
  const directory = await runs.directory(name);
  opened.set(runs, { name, directory });
  return directory;
}

/** As long as the shim lives it will tell; when only the installer does, its end is waited for. */
async function isGoingOn(agent: Agent, directory: RunDirectory, shim: ProcessIdentity): Promise<boolean> {
  if (await agent.platform.isAlive(shim)) return true;
  const started = await directory.started.read();
  if (started !== null && (await agent.platform.isAlive(started))) return true;
  return recentlyEnded(agent, directory);
}

function recentlyEnded(agent: Agent, { directory: { path } }: RunDirectory): boolean {
  const nowMs = agent.platform.clock.monotonic();
  const { seenEnded } = agent.current;
  if (seenEnded?.path === path) return nowMs - seenEnded.atMs < lookOnceMoreMs;
  agent.current.seenEnded = { path, atMs: nowMs };
  return true;
}

function launchedHere(agent: Agent, directory: string): boolean {
  return agent.current.launched.get(directory) === 'handed-over';
}
