/** The real ClamAV of the distribution, as the other antivirus on a device. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Container } from './container.ts';

/** Finds nothing but files that hold this text. The whole database: clamd starts in a second and needs no network. */
export const clamavTestText = 'garrison-lab-clamav-test-file';

const daemon = 'clamav-daemon.service';
const socket = '/run/clamav/clamd.ctl';

/** Installs it from the package source inside the Debian root, starts clamd and returns its version once it answers. */
export async function installClamav(container: Container): Promise<string> {
  // The downloader would spend its time on a network that is not there.
  await container.run(['systemctl', 'mask', '--quiet', 'clamav-freshclam.service']);
  await container.run(['apt-get', 'install', '-y', '-q', 'clamav-daemon'], { timeoutMs: 180_000 });
  const signature = `Garrison.Lab.Test:0:*:${Buffer.from(clamavTestText).toString('hex')}\n`;
  await container.writeFile('/var/lib/clamav/garrison-lab.ndb', signature);
  // The unit waits for the two databases that only the downloader brings.
  const dropIn = '[Unit]\nConditionPathExistsGlob=\n';
  await container.writeFile(`/etc/systemd/system/${daemon}.d/lab.conf`, dropIn);
  await container.writeFile('/etc/systemd/system/clamav-daemon.socket.d/lab.conf', dropIn);
  await container.run(['systemctl', 'daemon-reload']);
  await container.run(['systemctl', 'restart', 'clamav-daemon.socket', daemon], { timeoutMs: 90_000 });
  return untilAnswering(container);
}

/** Asks clamd for its version over its socket. */
async function untilAnswering(container: Container): Promise<string> {
  const ask = `use IO::Socket::UNIX; my $s = IO::Socket::UNIX->new("${socket}") or exit 1; print $s "zVERSION\\0"; print <$s>`;
  for (let tries = 0; tries < 100; tries += 1) {
    const active = await container.exec(['systemctl', 'is-active', daemon]);
    const answer = active.code === 0 ? await container.exec(['perl', '-e', ask], { timeoutMs: 10_000 }) : active;
    if (answer.stdout.startsWith('ClamAV ')) return answer.stdout.replaceAll('\0', '').trim();
    await pause(200);
  }
  throw new Error(
    await container.run(['sh', '-c', `systemctl status ${daemon} || true; journalctl -u ${daemon} || true`]),
  );
}

/** Takes it away as an administrator would. `remove` leaves its configuration, `purge` nothing. */
export async function removeClamav(container: Container, how: 'remove' | 'purge' = 'purge'): Promise<void> {
  await container.run(['apt-get', how, '-y', '-q', 'clamav-daemon', 'clamav-base', 'clamav-freshclam'], {
    timeoutMs: 180_000,
  });
  await container.run(['rm', '-rf', `/etc/systemd/system/${daemon}.d`, '/etc/systemd/system/clamav-daemon.socket.d']);
  await container.run(['systemctl', 'daemon-reload']);
}
