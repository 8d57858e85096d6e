import { setTimeout as pause } from 'node:timers/promises';
import { WineCrashed, type WindowsMachine } from './machine.ts';

/** The server's end is noticed a moment after what it took with it. */
const noticeMs = 1000;

/**
 * Runs a case on a machine of its own. A machine that Wine itself has lost says nothing about the agent: then, and only then,
 * the case begins anew on a fresh one, once. Whatever else fails, fails.
 */
export async function onWine<M extends { readonly machine: WindowsMachine; stop(): Promise<void> }>(
  start: () => Promise<M>,
  work: (started: M) => Promise<void>,
): Promise<void> {
  if (!(await isLost(start, work))) return;
  if (await isLost(start, work)) throw new WineCrashed("Wine's server crashed under the same case twice");
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
