import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startContainer, type Container } from '#test/worlds/lab/container.ts';

const shared = mkdtempSync(join(tmpdir(), 'lab-bind-'));
let deb: Container;
let rpm: Container;
beforeAll(async () => {
  writeFileSync(join(shared, 'note'), 'from outside');
  const binds = [{ host: shared, guest: '/mnt/shared', readOnly: true }];
  [deb, rpm] = await Promise.all([
    startContainer({ root: 'deb', name: 'self-test-deb', binds, hosts: { 'console.test': '127.0.0.1' } }),
    startContainer({ root: 'rpm', name: 'self-test-rpm' }),
  ]);
});
afterAll(async () => {
  await Promise.all([deb.stop(), rpm.stop()]);
  rmSync(shared, { recursive: true });
});

test('two containers boot together, each a machine of its own', async () => {
  for (const container of [deb, rpm]) {
    expect(await container.run(['systemctl', 'is-system-running'])).toBe('running\n');
    expect(await container.run(['hostname'])).toBe(`${container.name}\n`);
  }
  expect(await deb.readFile('/etc/machine-id')).not.toBe(await rpm.readFile('/etc/machine-id'));
  await expect(deb.run(['dpkg', '--audit'])).resolves.toBe('');
  expect(await rpm.run(['rpm', '-qa'])).toBe('osbase-9.4-1.noarch\n');
  expect(await rpm.readFile('/etc/os-release')).toContain('ID="rocky"');
  expect((await rpm.exec(['which', 'dpkg', 'apt-get'])).stdout).toBe('');
});

test('what runs inside gets its own environment, input and time limit', async () => {
  const result = await deb.exec(['sh', '-c', 'cat; env; exit 7'], { stdin: 'given', env: { EXTRA: 'yes' } });
  expect(result).toMatchObject({ code: 7, timedOut: false });
  expect(result.stdout).toMatch(/^given/);
  expect(result.stdout).toContain('EXTRA=yes\n');
  expect(result.stdout).not.toContain('VITEST');
  expect(await deb.exec(['sleep', '600'], { timeoutMs: 500 })).toMatchObject({ code: 124, timedOut: true });
  expect((await deb.exec(['pgrep', '-f', '^sleep 600'])).code).toBe(1);
});

test('a child that keeps the output open does not delay the answer', async () => {
  const started = performance.now();
  const result = await deb.exec(['sh', '-c', 'setsid sleep 20 & echo done']);
  expect(result).toMatchObject({ code: 0, stdout: 'done\n' });
  expect(performance.now() - started).toBeLessThan(10_000);
  await deb.run(['pkill', '-f', '^sleep 20']);
});

test('a signal for a started program reaches the program', async () => {
  const child = deb.spawn(['sh', '-c', 'trap "echo asked; exit 9" TERM; echo ready; while :; do sleep 0.05; done']);
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  while (!output.includes('ready')) await pause(20);
  child.kill('SIGTERM');
  expect(await ended).toBe(9);
  expect(output).toBe('ready\nasked\n');

  const second = deb.spawn(['sleep', '321']);
  const secondEnded = new Promise((resolve) => second.once('exit', resolve));
  while ((await deb.exec(['pgrep', '-fx', 'sleep 321'])).code !== 0) await pause(20);
  second.kill('SIGKILL');
  await secondEnded;
  expect((await deb.exec(['pgrep', '-fx', 'sleep 321'])).code).toBe(1);
});

test('transient units run outside the caller', async () => {
  const run = ['systemd-run', '--wait', '--pipe', '--collect', '--unit=lab-transient', 'cat', '/proc/self/cgroup'];
  expect(await deb.run(run)).toContain('/system.slice/lab-transient.service');
  expect(await rpm.run(run)).toContain('/system.slice/lab-transient.service');
});

test('files travel in and out, folders of this machine can be bound in', async () => {
  await deb.writeFile('/srv/deep/script', '#!/bin/sh\necho ran', 0o755);
  expect(await deb.run(['/srv/deep/script'])).toBe('ran\n');
  expect(readFileSync(deb.pathOnHost('/srv/deep/script'), 'utf8')).toContain('echo ran');
  deb.copyIn(join(shared, 'note'), '/srv/copied', 0o600);
  expect(await deb.run(['stat', '-c', '%a %U', '/srv/copied'])).toBe('600 root\n');
  expect(await deb.readFile('/mnt/shared/note')).toBe('from outside');
  expect((await deb.exec(['touch', '/mnt/shared/new'])).code).not.toBe(0);
  expect(() => deb.pathOnHost('/run/x')).toThrow('only inside');
});

test('loopback inside is loopback outside, and names come from the hosts file alone', async () => {
  const server = createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const ask = `exec 3<>/dev/tcp/console.test/${port}; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3`;
  expect(await deb.run(['bash', '-c', ask])).toMatch(/hello$/);
  server.close();
  expect((await deb.exec(['getent', 'hosts', 'example.org'])).code).toBe(2);
});

test('a reboot keeps files, empties /run and changes the boot id', async () => {
  const bootId = await deb.readFile('/proc/sys/kernel/random/boot_id');
  const machineId = await deb.readFile('/etc/machine-id');
  await deb.writeFile('/var/kept', 'kept');
  await deb.writeFile('/run/lost', 'lost');
  await deb.reboot();
  expect(await deb.readFile('/var/kept')).toBe('kept');
  expect((await deb.exec(['test', '-e', '/run/lost'])).code).toBe(1);
  expect(await deb.readFile('/proc/sys/kernel/random/boot_id')).not.toBe(bootId);
  expect(await deb.readFile('/etc/machine-id')).toBe(machineId);
});

test('a power cut ends everything at once and the machine comes back', async () => {
  await deb.run(['systemd-run', '--unit=lab-trap', 'sh', '-c', 'trap "touch /var/asked" TERM; sleep 600 & wait']);
  await deb.powerCut();
  expect((await deb.exec(['test', '-e', '/var/asked'])).code).toBe(1);
  expect(await deb.run(['systemctl', 'is-system-running'])).toBe('running\n');
});

test('stopping leaves nothing behind; a container left over under the same name is removed', async () => {
  const first = await startContainer({ root: 'deb', name: 'self-test-again' });
  await first.writeFile('/srv/mark', 'first');
  const second = await startContainer({ root: 'deb', name: 'self-test-again' });
  expect((await second.exec(['test', '-e', '/srv/mark'])).code).toBe(1);
  const inHost = second.pathOnHost('/');
  await second.stop();
  expect(existsSync(inHost)).toBe(false);
  expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain('self-test-again');
  expect(existsSync('/sys/fs/cgroup/systemd/garrison-lab-self-test-again')).toBe(false);
});
