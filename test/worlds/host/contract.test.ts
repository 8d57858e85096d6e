import { Host } from '#test/worlds/host/host.ts';
import { platformContract } from '#test/platform/platform.contract.ts';

platformContract('the in-memory host', async () => {
  const host = new Host();
  return {
    platform: host.platform(host.spawn('test')),
    stateRoot: '/var/lib/garrison',
    cleanup: async () => undefined,
  };
});
