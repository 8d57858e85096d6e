import { describe, expect, it } from 'vitest';
import type { Candidate } from '#protocol/assignment.ts';
import { sha256Hex } from '#protocol/crypto.ts';
import type { Recipe } from '#installers/vendor.ts';
import { sentinelOne } from '#installers/sentinelone/index.ts';
import { launch } from '#agent/actions/launch.ts';
import { noteBefore, tracesOf } from '#agent/actions/vendor-logs.ts';
import { packageName, type Agent } from '#agent/agent.ts';
import { runDirectory } from '#agent/installer-run/run-directory.ts';
import { siteToken } from '#test/worlds/host/console.ts';
import { Device } from '#test/worlds/host/device.ts';

function recipeOf(format: Candidate['format']): Recipe {
  const recipe = sentinelOne.recipe(format);
  if (recipe === null) throw new Error(`no recipe for ${format}`);
  return recipe;
}

/** An agent at rest on the in-memory host, that knows the token. */
async function resting(): Promise<{ device: Device; agent: Agent }> {
  const device = new Device({ enrols: false });
  device.start();
  await device.host.time.run(5_000, () => device.running !== null);
  const { agent } = device.running ?? {};
  if (agent === undefined) throw new Error('the agent does not run');
  agent.redactor.add(siteToken);
  return { device, agent };
}

/** What others wrote to a path of theirs; `ageMs` by the machine's own clock. */
function plant(device: Device, path: string, text: string, changes: { ageMs?: number; trusted?: boolean } = {}): void {
  const { disk } = device.host;
  const parts = path.split('/').filter((part) => part !== '');
  const name = parts.pop() ?? '';
  let node = disk.root;
  for (const part of parts) {
    const there = node.entries.get(part);
    node = there?.kind === 'directory' ? there : disk.makeDirectory(node, part);
  }
  const atMs = device.host.wallNow() - (changes.ageMs ?? 0);
  const file = disk.makeFile(node, name, atMs);
  disk.write(file, Buffer.from(text), atMs);
  file.trusted = changes.trusted ?? true;
}

async function runOf(device: Device, agent: Agent, recipe: Recipe) {
  const run = runDirectory(await agent.directories.runs.directory('run-1'));
  await noteBefore(agent, run, recipe.logs);
  await device.host.time.run(10_000);
  return run;
}

const exitFile = 'C:\\Windows\\Temp\\SC-exit-code.txt';
const laterFile = 'C:\\Windows\\Temp\\SC-after-reboot-exit-code.txt';

describe('G7: the exit code that an installer left in a file', () => {
  const traces = async (prepare: (device: Device) => void, before: (device: Device) => void = () => undefined) => {
    const { device, agent } = await resting();
    before(device);
    const run = await runOf(device, agent, recipeOf('exe'));
    prepare(device);
    return tracesOf(agent, run, recipeOf('exe'), agent.time.now());
  };

  it('is believed when it is newer than the run', async () => {
    const { reported } = await traces((device) => plant(device, exitFile, '2002\r\n'));
    expect(reported).toEqual({ code: 2002, stage: 'run' });
  });

  it('of an earlier run says nothing', async () => {
    const { reported, kept } = await traces(
      () => undefined,
      (device) => plant(device, exitFile, '0', { ageMs: 60_000 }),
    );
    expect(reported).toBeNull();
    expect(kept).toContain('log.untrusted');
  });

  it('of an earlier run says nothing on a machine whose clock is hours ahead of the console either', async () => {
    const { device, agent } = await resting();
    device.host.wallOffsetMs += 3 * 3_600_000;
    plant(device, exitFile, '0', { ageMs: 60_000 });
    const run = await runOf(device, agent, recipeOf('exe'));
    expect((await tracesOf(agent, run, recipeOf('exe'), agent.time.now())).reported).toBeNull();
  });

  it('that somebody else could have written is not believed, and that is said', async () => {
    const { reported, kept } = await traces((device) => plant(device, exitFile, '0', { trusted: false }));
    expect(reported).toBeNull();
    expect(kept).toContain(`${exitFile}: log.untrusted`);
  });

  it('is a number and nothing else', async () => {
    const { reported, kept } = await traces((device) => plant(device, exitFile, '0 all good'));
    expect(reported).toBeNull();
    expect(kept).toContain(`${exitFile}: holds more than a number`);
  });

  it('after a restart counts before the first', async () => {
    const { reported } = await traces((device) => {
      plant(device, exitFile, '101');
      plant(device, laterFile, '0');
    });
    expect(reported).toEqual({ code: 0, stage: 'after-reboot' });
  });
});

describe('logs of the vendor in a folder of everybody', () => {
  const temp = 'C:\\Windows\\Temp';

  it('the two newest that were written since are read, and believed only as any other', async () => {
    const { device, agent } = await resting();
    const recipe = recipeOf('exe');
    plant(device, `${temp}\\SentinelInstaller_old.log`, 'of an earlier run', { ageMs: 1_000 });
    const run = await runOf(device, agent, recipe);
    plant(device, `${temp}\\SentinelInstaller_1.log`, `failed with ${siteToken}\n`);
    plant(device, `${temp}\\SentinelInstaller_2.log`, 'planted\n', { trusted: false });
    plant(device, `${temp}\\Other.log`, 'of somebody else\n');
    const { kept } = await tracesOf(agent, run, recipe, 0);
    expect(kept).toContain('failed with [redacted]');
    expect(kept).toContain('SentinelInstaller_2.log\n(log.untrusted)');
    expect(kept).not.toMatch(/earlier run|somebody else|planted/);
  });
});

describe('G18: the token in what an installer leaves behind', () => {
  const log = (filler: number) =>
    [
      'Property(S): REINSTALL = none\r\n'.repeat(filler),
      `Property(S): SITE_TOKEN = ${siteToken}\r\nCommand Line: SITE_TOKEN=${siteToken} CURRENTDIRECTORY=C:\\\r\n`,
      'Action ended 10:12:01: InstallDriver. Return value 3.\r\n',
      'Property(S): UILevel = 2\r\n'.repeat(filler),
    ].join('');

  it.each([1, 3_000])('is gone from a verbose log in UTF-16 (%i lines around it)', async (filler) => {
    const { device, agent } = await resting();
    const recipe = recipeOf('msi');
    const run = await runOf(device, agent, recipe);
    await run.directory.create('installer.log', Buffer.from(`\uFEFF${log(filler)}`, 'utf16le'));
    const { whole, kept, reported } = await tracesOf(agent, run, recipe, 0);
    for (const text of [whole, kept]) {
      expect(text).not.toContain(siteToken);
      expect(text).not.toContain(siteToken.slice(0, 40));
    }
    expect(kept).toContain('InstallDriver. Return value 3.');
    expect(kept.length).toBeLessThan(16_000);
    const meaning = recipe.classify({ code: 1603, signal: null, output: whole, reported });
    expect(meaning.text).toContain('the action InstallDriver failed');
  });

  it('is no obstacle when the log cannot be read: that is said, and the rest is', async () => {
    const { device, agent } = await resting();
    const recipe = recipeOf('msi');
    const run = await runOf(device, agent, recipe);
    await run.directory.directory('installer.log');
    await run.directory.create('output.log', Buffer.from('said\n'));
    const { kept } = await tracesOf(agent, run, recipe, 0);
    expect(kept).toBe('said\n\n--- installer.log\n(file.untrusted)\n');
  });

  it('is not left in half where a long output was cut', async () => {
    const { device, agent } = await resting();
    const recipe = recipeOf('exe');
    const run = await runOf(device, agent, recipe);
    const rest = `\nline after\n${'x'.repeat(16 * 1024 - 60)}`;
    await run.directory.create('output.log', Buffer.from(`begin ${siteToken}${rest}`));
    const { whole } = await tracesOf(agent, run, recipe, 0);
    expect(whole).not.toContain(siteToken.slice(-30));
    expect(whole).toContain('line after');
  });
});

describe('the package of macOS', () => {
  it('lies beside its token, which goes whatever the end is', async () => {
    const { device, agent } = await resting();
    const bytes = Buffer.from('a package for macOS');
    const candidate: Candidate = {
      target: 'macos',
      format: 'pkg',
      version: '24.2.2.7632',
      fileName: 'Sentinel.pkg',
      sizeBytes: bytes.length,
      sha256: sha256Hex(bytes),
      source: 'baseline',
      release: 'ga',
    };
    await agent.directories.packages.replace(packageName(candidate), bytes);
    const recipe = recipeOf('pkg');
    let beside: readonly string[] = [];
    device.host.packageManager.onStart = (start) => {
      const node = device.host.disk.lookup(start.directory);
      beside = node?.kind === 'directory' ? [...node.entries.keys()] : [];
    };
    await launch(agent, { candidate, purpose: 'install', recipe, invocations: recipe.install, token: siteToken });
    await device.host.time.run(60_000);
    const [start] = device.host.packageManager.starts;
    expect(start?.program).toBe('installer');
    expect(start?.args).toEqual(['-pkg', `${start?.directory ?? ''}/package.pkg`, '-target', '/']);
    expect(beside).toEqual(expect.arrayContaining(['package.pkg', 'com.sentinelone.registration-token']));
    expect(device.stored().filter(({ text }) => text.includes(siteToken))).toEqual([]);
  });

  it('that was changed meanwhile is not laid there', async () => {
    const { device, agent } = await resting();
    const recipe = recipeOf('pkg');
    const candidate: Candidate = {
      target: 'macos',
      format: 'pkg',
      version: '24.2.2.7632',
      fileName: 'Sentinel.pkg',
      sizeBytes: 1,
      sha256: 'f'.repeat(64),
      source: 'baseline',
      release: 'ga',
    };
    await agent.directories.packages.replace(packageName(candidate), Buffer.from('another'));
    await expect(
      launch(agent, { candidate, purpose: 'install', recipe, invocations: recipe.install, token: siteToken }),
    ).rejects.toMatchObject({ code: 'download.digest-mismatch' });
    await device.host.time.run(60_000);
    expect(device.host.packageManager.starts).toEqual([]);
  });
});
