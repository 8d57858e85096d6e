import { setTimeout as pause } from 'node:timers/promises';
import { WineCrashed, type WindowsMachine } from './machine.ts';

/** The server's end is noticed a moment after what it took with it. */
const noticeMs = 1000;

/** Wine 10's server crashes under about one case in fifteen, so twice in a row in every few runs of all of them. */
const machinesMax = 4;

/**
 * Runs a case on a machine of its own. A machine that Wine itself has lost says nothing about the agent: then, and only then,
 * the case begins anew on a fresh one; each loss is printed. Whatever else fails, fails.
 */
export async function onWine<M extends { readonly machine: WindowsMachine; stop(): Promise<void> }>(
  start: () => Promise<M>,
  work: (started: M) => Promise<void>,
): Promise<void> {
  for (let machine = 1; machine <= machinesMax; machine += 1) if (!(await isLost(start, work))) return;
  throw new WineCrashed(`Wine's server crashed under the same case ${machinesMax} times`);
}

/** False when the case held. */
async function isLost<M extends { readonly machine: WindowsMachine; stop(): Promise<void> }>(
  start: () => Promise<M>,
  work: (started: M) => Promise<void>,
): Promise<boolean> {
  let started: M | null = null;
  try {
    started = await start();
    await work(started);
    return false;
  } catch (error) {
    if (error instanceof WineCrashed) return true;
    await pause(noticeMs);
    if (started?.machine.isLost() !== true) throw error;
    return true;
  } finally {
    await started?.stop();
  }
}
