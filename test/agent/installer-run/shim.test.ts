import { describe, expect, it, vi } from 'vitest';
import { runDirectory, type Job } from '#agent/installer-run/run-directory.ts';
import { runInstaller } from '#agent/installer-run/shim.ts';
import { Fault } from '#protocol/codes.ts';
import { sha256Hex } from '#protocol/crypto.ts';
import { Host } from '#test/worlds/host/host.ts';

const token = 'eyJ1cmwiOiJodHRwczovL3NlcnZlci0xMDEuc2VudGluZWxvbmUubmV0In0=';
const bytes = Buffer.from('a package');

async function world(changes: Partial<Job> = {}) {
  const host = new Host();
  const platform = host.platform(host.spawn('shim'));
  const packages = await platform.files.openPrivateDirectory('/state/packages');
  await packages.replace('p.exe', bytes);
  const directory = await platform.files.openPrivateDirectory('/state/runs/run-1');
  await directory.create('token', Buffer.from(token));
  const run = runDirectory(directory);
  await run.job.write({
    invocations: [{ program: '/state/packages/p.exe', args: ['-t', '{token}', '-q'] }],
    environment: {},
    package: { directory: packages.path, name: 'p.exe', sha256: sha256Hex(bytes) },
    secretFiles: ['token'],
    tokenFile: 'token',
    ...changes,
  });
  const text = (): string =>
    host.disk
      .files()
      .map(({ path, file }) => `${path} ${file.bytes.toString('latin1')}`)
      .join('\n');
  return { host, platform, directory, run, text };
}

describe('the site token of an installer that takes it by argument only', () => {
  it('reaches the installer, and its file is gone before the installer begins', async () => {
    const { host, platform, directory, run, text } = await world();
    let seen = '';
    host.packageManager.onStart = () => (seen = text());
    const ran = runInstaller(platform, directory.path);
    await host.time.run(600_000);
    expect(await ran).toBe('ran');
    expect(host.packageManager.starts.map(({ args }) => args)).toEqual([['-t', token, '-q']]);
    expect(seen).toContain('/state/runs/run-1/job.json');
    expect(seen).not.toContain(token);
    expect(JSON.stringify(await run.job.read())).toContain('{token}');
    expect(text()).not.toContain(token);
  });

  it('is put in as it is, whatever it means to a pattern', async () => {
    const { host, platform, directory } = await world({ tokenFile: 'odd', secretFiles: ['odd', 'token'] });
    await directory.create('odd', Buffer.from("$&$'"));
    const ran = runInstaller(platform, directory.path);
    await host.time.run(600_000);
    await ran;
    expect(host.packageManager.starts[0]?.args[1]).toBe("$&$'");
  });

  it('missing: nothing is started and the reason says so', async () => {
    const { host, platform, directory, run } = await world();
    await directory.remove('token');
    expect(await runInstaller(platform, directory.path)).toBe('refused');
    expect(host.packageManager.starts).toEqual([]);
    expect((await run.exited.read())?.refused?.code).toBe('token.unavailable');
  });

  it('is removed when the package was changed, without a start', async () => {
    const { host, platform, directory, run, text } = await world();
    await (await platform.files.openPrivateDirectory('/state/packages')).replace('p.exe', Buffer.from('another'));
    expect(await runInstaller(platform, directory.path)).toBe('refused');
    expect(host.packageManager.starts).toEqual([]);
    expect((await run.exited.read())?.refused?.code).toBe('download.digest-mismatch');
    expect(text()).not.toContain(token);
  });

  it('is removed when the package cannot be looked at, without a start', async () => {
    const { host, platform, directory, run, text } = await world();
    const open = platform.files.openPrivateDirectory.bind(platform.files);
    vi.spyOn(platform.files, 'openPrivateDirectory').mockImplementation(async (path) => {
      if (path === '/state/packages') throw new Fault('state.untrusted-directory', 'its rights cannot be read');
      return open(path);
    });
    expect(await runInstaller(platform, directory.path)).toBe('refused');
    expect(host.packageManager.starts).toEqual([]);
    expect((await run.exited.read())?.refused?.code).toBe('state.untrusted-directory');
    expect(text()).not.toContain(token);
  });

  it('held for a moment costs nobody how the installer ended', async () => {
    const { host, platform, directory, run } = await world({ tokenFile: null });
    vi.spyOn(directory, 'remove').mockRejectedValue(new Error('EBUSY'));
    vi.spyOn(platform.files, 'openPrivateDirectory').mockImplementationOnce(async () => directory);
    const ran = runInstaller(platform, directory.path);
    await host.time.run(600_000);
    expect(await ran).toBe('ran');
    expect((await run.exited.read())?.code).toBe(0);
  });

  it('a job without one is run as it stands', async () => {
    const { host, platform, directory } = await world({ tokenFile: null });
    const ran = runInstaller(platform, directory.path);
    await host.time.run(600_000);
    expect(await ran).toBe('ran');
    expect(host.packageManager.starts[0]?.args).toEqual(['-t', '{token}', '-q']);
  });
});
