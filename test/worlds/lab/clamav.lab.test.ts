import { afterAll, beforeAll, expect, test } from 'vitest';
import { clamavTestText, installClamav, removeClamav } from '#test/worlds/lab/clamav.ts';
import { startContainer, type Container } from '#test/worlds/lab/container.ts';

let device: Container;
beforeAll(async () => {
  device = await startContainer({ root: 'deb', name: 'clamav-self-test' });
});
afterAll(() => device.stop());

test('the real clamd runs, detects by our one signature, and is gone after its removal', async () => {
  expect(await installClamav(device)).toMatch(/^ClamAV 1\./);
  expect(await device.run(['systemctl', 'is-active', 'clamav-daemon.service'])).toBe('active\n');
  expect(await device.run(['dpkg-query', '-W', '-f', '${db:Status-Abbrev}', 'clamav-daemon'])).toBe('ii ');

  await device.writeFile('/srv/bad', `x${clamavTestText}x`);
  const scan =
    'use IO::Socket::UNIX; my $s = IO::Socket::UNIX->new("/run/clamav/clamd.ctl"); print $s "zSCAN /srv/bad\\0"; print <$s>';
  expect(await device.run(['perl', '-e', scan])).toMatch(/^\/srv\/bad: Garrison\.Lab\.Test\.UNOFFICIAL FOUND/);

  await removeClamav(device);
  expect((await device.exec(['systemctl', 'is-active', 'clamav-daemon.service'])).code).not.toBe(0);
  expect((await device.exec(['dpkg-query', '-W', 'clamav-daemon'])).code).toBe(1);
  expect((await device.exec(['pgrep', '-x', 'clamd'])).code).toBe(1);
});

test('it comes back after it was removed', async () => {
  expect(await installClamav(device)).toMatch(/^ClamAV 1\./);
});
