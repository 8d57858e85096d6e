import { join } from 'node:path';
import { platformOver } from '#platform/macos/index.ts';
import { macOutside } from '#platform/macos/mac.ts';
import { macosFilesWorld } from '#test/platform/macos/world.ts';
import { platformContract } from '#test/platform/platform.contract.ts';
import { Host } from '#test/worlds/host/host.ts';
import { answerOf } from '#test/worlds/macos/answers.ts';
import { Mac } from '#test/worlds/macos/mac.ts';
import { inMemorySystem, selfCommand } from '#test/worlds/macos/outside.ts';

/** Files, clock, lock and kernel are the real ones; what programs say is recorded, for here are none of a Mac's. */
platformContract('the macOS adapter on a real disk', async () => {
  const world = await macosFilesWorld();
  const { root, files } = world;
  const host = new Host();
  const mac = new Mac(host);
  const options = { selfCommand };
  const real = macOutside({ ...options, expectedUid: process.getuid?.() ?? 0, trustedRoot: root });
  const spawner = {
    ...real.spawner,
    runProbe: async (command: Parameters<typeof real.spawner.runProbe>[0]) => {
      const answer = answerOf(mac, command);
      if (answer === null) throw new Error(`nobody should run ${command.program}`);
      return { ...answer, timedOut: false, truncated: false };
    },
  };
  const system = inMemorySystem(mac, host.spawn('test'));
  return {
    platform: platformOver({ ...real, files, spawner, system }, options),
    stateRoot: join(root, 'state'),
    cleanup: () => world.cleanup(),
  };
});
