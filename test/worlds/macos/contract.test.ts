import { Host } from '#test/worlds/host/host.ts';
import { Mac } from '#test/worlds/macos/mac.ts';
import { macPlatform } from '#test/worlds/macos/outside.ts';
import { platformContract } from '#test/platform/platform.contract.ts';

platformContract('the macOS adapter over recorded answers', async () => {
  const host = new Host();
  return {
    platform: macPlatform(new Mac(host), host.spawn('test')),
    stateRoot: '/Library/Garrison/State',
    cleanup: async () => undefined,
  };
});
