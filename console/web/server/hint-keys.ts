import type { Hint } from '#console/api/stream.ts';

/** Keys that a hint makes old. Lists and counters go with any device; a device's own page only with itself. */
export function keysOf(hint: Hint): (readonly string[])[] {
  if (hint.topic !== 'device') return [[hint.topic], ['overview']];
  const one = hint.id === null ? ['device', 'one'] : ['device', 'one', hint.id];
  return [['device', 'list'], ['device', 'counts'], one, ['overview'], ['organisations']];
}
