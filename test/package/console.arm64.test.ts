/** The console's package for aarch64, emulated: real dpkg, the console as a program. Its unit is tried on this machine's processor. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { packageConsole } from '../../scripts/package/console.ts';
import { type Container, startContainer } from '#test/worlds/lab/container.ts';

/** The container shares this machine's network, so not the usual ports. */
const ports = { devices: 18_540, operators: 18_541 };
const patient = { timeout: 120_000, interval: 500 };
const settings = {
  GARRISON_CONSOLE_DEVICES: `127.0.0.1:${ports.devices}`,
  GARRISON_CONSOLE_OPERATORS: `127.0.0.1:${ports.operators}`,
};

describe('the console for aarch64', () => {
  let container: Container;
  const run = (...argv: readonly string[]) => container.run(argv, { timeoutMs: 240_000 });
  const get = async (path: string): Promise<number> =>
    (await fetch(`http://127.0.0.1:${ports.operators}${path}`).catch(() => null))?.status ?? 0;

  beforeAll(async () => {
    container = await startContainer({ root: 'arm64-deb', name: 'arm64-console' });
    const file = await packageConsole({ compress: false, architecture: 'arm64' });
    expect(file).toMatch(/garrison-console_[^_]+_arm64\.deb$/);
    container.copyIn(file, '/root/console.deb', 0o600);
  });
  afterAll(() => container.stop());

  test('installs with a Node for this processor, and says its version', async () => {
    await run('dpkg', '-i', '/root/console.deb');
    expect(await run('dpkg-query', '-W', '-f', '${Architecture} ${Status}', 'garrison-console')).toBe(
      'arm64 install ok installed',
    );
    const header = await run('od', '-An', '-tx1', '-j18', '-N2', '/usr/lib/garrison-console/node');
    // EM_AARCH64.
    expect(header.trim()).toBe('b7 00');
    expect((await run('garrison-console', '--version')).trim()).toMatch(/^\d+\.\d+\.\d+$/);
  });

  test('is set up, serves page and health, and ends by itself when told to', async () => {
    await run('garrison-console', 'init', '--public-url', `https://127.0.0.1:${ports.devices}`, '--json');
    const program = container.spawn(['garrison-console', 'run'], settings);
    const ended = new Promise((resolve) => program.once('exit', resolve));
    try {
      await vi.waitFor(async () => expect(await get('/healthz')).toBe(200), patient);
      expect([await get('/readyz'), await get('/')]).toEqual([200, 200]);
    } finally {
      program.kill('SIGTERM');
    }
    expect(await ended).toBe(0);
  });
});
