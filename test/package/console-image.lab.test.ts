/** The console's Dockerfile, built and run for real. There is no Docker here: Podman builds it, runc runs it. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { root } from '../../scripts/build/runtime.ts';
import { packageConsole } from '../../scripts/package/console.ts';
import { type Podman, startPodman, walledIn } from '#test/worlds/lab/podman.ts';

const image = 'garrison-console';
const state = ['--volume', 'state:/var/lib/garrison-console'];
const page = 'http://127.0.0.1:8441';
let podman: Podman;

const build = async (): Promise<void> => {
  const context = mkdtempSync(join(tmpdir(), 'garrison-image-'));
  try {
    const file = await packageConsole({ compress: false });
    copyFileSync(file, join(context, basename(file)));
    const dockerfile = join(root, 'scripts/package/console.Dockerfile');
    const how = ['--isolation=chroot', '--network=host', '--pull=never', '--layers=false', '--format=docker'];
    await podman.run(['build', '--quiet', ...how, '--file', dockerfile, '--tag', image, context]);
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
};
const start = (name: string, ...more: readonly string[]) =>
  podman.run(['run', '--detach', '--name', name, ...walledIn, ...state, ...more, image]);
const get = async (name: string, path: string): Promise<number> =>
  Number(await podman.inNetworkOf(name, ['curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', `${page}${path}`]));
const answers = (name: string, path: string, code: number) =>
  vi.waitFor(async () => expect(await get(name, path)).toBe(code), { timeout: 20_000, interval: 100 });
const identity = async (name: string): Promise<string> => podman.run(['exec', name, 'garrison-console', 'status']);

beforeAll(async () => {
  podman = await startPodman('console-image', 'docker.io/library/debian:12-slim');
  await build();
});
afterAll(() => podman.stop());

test('is set up by one command, whose state goes into the volume', async () => {
  const init = [...walledIn, ...state, image, 'init', '--public-url', 'https://127.0.0.1:8440', '--json'];
  const told = JSON.parse(await podman.run(['run', '--rm', ...init])) as { ownerKey: string };
  expect(told.ownerKey).toMatch(/^garrison-owner-key\./);
});

test('runs as its own user, without a capability, and can write nowhere but into its state', async () => {
  await start('first');
  await answers('first', '/healthz', 200);
  await answers('first', '/readyz', 200);
  await answers('first', '/', 200);
  const status = await podman.run(['exec', 'first', 'cat', '/proc/1/status']);
  expect(Number(/^Uid:\s+(\d+)/m.exec(status)?.[1])).toBeGreaterThan(0);
  expect(status).toMatch(/^CapEff:\s+0+$/m);
  for (const path of ['/', '/usr/lib/garrison-console', '/tmp', '/run', '/etc/garrison-console'])
    expect((await podman.exec(['exec', 'first', 'touch', join(path, 'planted')])).code, path).not.toBe(0);
  await podman.run(['exec', 'first', 'touch', '/var/lib/garrison-console/planted']);
  await podman.run(['exec', 'first', 'rm', '/var/lib/garrison-console/planted']);
});

test('says itself that it is healthy, by the command that the image names for it', async () => {
  const named = await podman.run(['inspect', '--type', 'image', '--format', '{{json .Config.Healthcheck}}', image]);
  const [form, command = ''] = (JSON.parse(named) as { Test: readonly string[] }).Test;
  expect(form).toBe('CMD-SHELL');
  expect(await podman.exec(['exec', 'first', 'sh', '-c', command])).toMatchObject({ code: 0 });
  const elsewhere = command.replace('127.0.0.1:8441', '127.0.0.1:1');
  expect((await podman.exec(['exec', 'first', 'sh', '-c', elsewhere])).code).not.toBe(0);
});

test('another container on the same volume is the same console', async () => {
  const before = await identity('first');
  await podman.run(['rm', '--force', '--time=0', 'first']);
  await start('second', '--env', 'GARRISON_CONSOLE_DRAIN=2,60');
  await answers('second', '/healthz', 200);
  expect(await identity('second')).toBe(before);
});

test('told to stop, it first says that it is not ready, still answers, and ends by itself with 0', async () => {
  const stopped = podman.run(['stop', '--time=60', 'second']);
  await answers('second', '/readyz', 503);
  expect(await get('second', '/healthz')).toBe(200);
  await stopped;
  expect((await podman.run(['inspect', '--format', '{{.State.ExitCode}}', 'second'])).trim()).toBe('0');
});
