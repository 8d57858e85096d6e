import { describe, expect, it } from 'vitest';
import { siteToken } from '#test/worlds/host/console.ts';
import { Device } from '#test/worlds/host/device.ts';

describe('notes of an installer run that cannot be read', () => {
  for (const name of ['claim', 'started.json', 'job.json']) {
    it(`${name}: the attempt ends by what the device shows, and nothing is started twice`, async () => {
      const device = new Device();
      device.assignsOnEnrolment();
      device.start();
      const path = `/var/lib/garrison/runs/run-1/${name}`;
      const find = () => device.host.disk.files().find((entry) => entry.path === path)?.file;
      await device.host.time.run(600_000, () => find() !== undefined && device.host.packageManager.starts.length === 1);
      const file = find();
      if (file === undefined) throw new Error(`${name} was not written`);
      file.bytes = Buffer.from('{"by":');
      device.process?.die();
      Object.assign(device, { running: null });
      expect(await device.until('protected')).toBe(true);
      await device.host.time.run(600_000);
      expect(device.running?.agent.journal.memory.attempt).toBeNull();
      expect(device.host.packageManager.starts).toHaveLength(1);
      expect(device.stored().filter(({ text }) => text.includes(siteToken))).toEqual([]);
      expect(device.log.filter(({ message }) => message === 'the loop was interrupted')).toEqual([]);
    });
  }
});
