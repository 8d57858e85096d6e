import { prepareWorld } from './world.ts';

/** Once, before the files run side by side: what they share is built and lies in the cache. */
export async function setup(): Promise<void> {
  const world = await prepareWorld();
  await world.releaseAgent();
}
