import { expect, it } from 'vitest';
import { sha256Hex } from '#protocol/crypto.ts';
import { Device } from '#test/worlds/host/device.ts';

it('an installer that runs under the name it has in our cache counts as one, while its attempt is open', async () => {
  const device = new Device();
  device.assignsOnEnrolment();
  device.start();
  const name = sha256Hex(device.console.package);
  await device.host.time.run(600_000, () => device.host.packageManager.starts.length === 1);
  device.host.installersAskedFor.clear();
  expect(await device.until('protected')).toBe(true);
  expect(device.host.installersAskedFor).toContain(name);
  device.host.installersAskedFor.clear();
  await device.host.time.run(3_600_000);
  expect(device.host.installersAskedFor).not.toContain(name);
});
