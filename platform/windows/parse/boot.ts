/**
 * One boot of the kernel, named by its second. Windows has no id for one; its time is computed from the clock and the
 * running time, so two readings differ a little, and more after the clock was set: within a minute it is the same boot.
 * The kernel's running time goes on through sleep and through Fast Startup, which is no restart.
 */

const toleranceSeconds = 60;
const prefix = 'boot-';

export function bootIdOf(nowMs: number, uptimeMs: number): string {
  return `${prefix}${Math.round((nowMs - uptimeMs) / 1000)}`;
}

export function isSameBoot(a: string, b: string): boolean {
  const [first, second] = [secondOf(a), secondOf(b)];
  if (first === null || second === null) return false;
  return Math.abs(first - second) <= toleranceSeconds;
}

/** What was noted before, when it means the same boot; so that every process of ours calls it by one name. */
export function settledBootId(computed: string, noted: string | null): string {
  return noted !== null && isSameBoot(computed, noted) ? noted : computed;
}

function secondOf(bootId: string): number | null {
  const found = /^boot-(\d{1,12})$/.exec(bootId)?.[1];
  return found === undefined ? null : Number(found);
}
