import { expect, it } from 'vitest';
import { siteToken } from '#test/worlds/host/console.ts';
import { Device } from '#test/worlds/host/device.ts';

it('a device enrols, is assigned, installs once and is protected', async () => {
  const device = new Device();
  device.assignsOnEnrolment();
  device.start();
  expect(await device.until('protected')).toBe(true);
  await device.host.time.run(600_000);
  expect(device.violations()).toEqual([]);
  expect(device.host.packageManager.starts).toMatchObject([{ program: 'apt-get', gotToken: true }]);
  expect(device.stored().filter(({ text }) => text.includes(siteToken))).toEqual([]);
  expect(device.console.device().report?.state.kind).toBe('protected');
  expect(device.console.events().filter(({ kind }) => kind === 'attempt-ended')).toMatchObject([
    { data: { result: 'protected' } },
  ]);
});
