import { buildAgent } from '../../scripts/build/agent.ts';
import { windowsStandIns } from '#test/worlds/wine/stand-ins.ts';

/** Once, before the files run side by side: what they share is built and lies in its place. */
export async function setup(): Promise<void> {
  await windowsStandIns();
  for (const target of ['windows-x64', 'windows-x86'] as const)
    for (const trust of ['test', 'release'] as const) await buildAgent({ target, trust, testKeys: null });
}
