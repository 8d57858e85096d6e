/** The binaries for Windows, started: under Wine, on 64-bit and on 32-bit Windows. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildAgent } from '../../scripts/build/agent.ts';
import { makeBlob } from '../../scripts/build/blob.ts';
import { parseBlob } from '../../scripts/build/blob-layout.ts';
import { makeExecutable } from '../../scripts/build/executable.ts';
import { pinnedNode, type Target } from '../../scripts/build/runtime.ts';
import { startSentinelOne } from '#test/worlds/sentinelone/api.ts';
import { windowsStandIns } from '#test/worlds/wine/stand-ins.ts';
import { answerAsUsual } from '#test/worlds/wine/answers.ts';
import { assignmentFile, program as hosted, startWindowsDevice } from '#test/worlds/wine/device.ts';
import { startWindows, type Windows, type WindowsMachine } from '#test/worlds/wine/machine.ts';

const work = mkdtempSync(join(tmpdir(), 'garrison-wine-'));
const machines: Record<Windows, WindowsMachine | null> = { x64: null, x86: null };
const on = (windows: Windows): WindowsMachine => {
  const machine = machines[windows];
  if (machine === null) throw new Error(`no ${windows} machine`);
  return machine;
};
beforeAll(async () => {
  for (const windows of ['x64', 'x86'] as const) machines[windows] = await startWindows(`binary-${windows}`, windows);
});
afterAll(async () => {
  for (const machine of Object.values(machines)) await machine?.stop();
  rmSync(work, { recursive: true, force: true });
});

describe.each([
  ['windows-x64', 'x64'],
  ['windows-x86', 'x86'],
  ['windows-x86', 'x64'],
] as const)('%s on %s Windows', (target, windows) => {
  const program = `C:\\Program Files\\Garrison\\${target}.exe`;
  beforeAll(async () => {
    const { file } = await buildAgent({ target, trust: 'release', testKeys: null });
    on(windows).copyIn(file, program);
  });

  test('answers --version, and nothing on standard error', async () => {
    const { code, stdout, stderr } = await on(windows).run([program, '--version']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^garrison-agent \\d+\\.\\d+\\.\\d+ \\(${target}, `));
  });

  test('loads the rest of the program', async () => {
    const { code, stdout, stderr } = await on(windows).run([program, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('Usage: garrison-agent');
  });
});

describe('the blob of 32-bit Windows', () => {
  /** Makes a blob of the same parts with the runtime itself, by the same settings. */
  async function madeByRuntime(parts: Readonly<Record<string, string>>): Promise<readonly [Buffer, Buffer]> {
    const folder = mkdtempSync(join(work, 'blob-'));
    const converted = makeBlob({ code: 'console.log(1)', parts }, 'windows-x86', folder);
    const machine = on('x86');
    machine.copyIn(pinnedNode('windows-x86'), 'C:\\blob\\node.exe');
    const names = ['main.cjs', ...Object.keys(parts).flatMap((name) => [name, `${name}.cache`]), 'sea.json'];
    for (const name of names) machine.copyIn(join(folder, name), `C:\\blob\\${name}`);
    machine.write('C:\\blob\\make.bat', 'cd /d C:\\blob\r\nnode.exe --experimental-sea-config sea.json\r\n');
    await machine.run(['cmd', '/c', 'C:\\blob\\make.bat']);
    return [converted, readFileSync(machine.pathOnHost('C:\\blob\\app.blob'))];
  }

  test('is byte for byte what that runtime itself makes', async () => {
    const [converted, own] = await madeByRuntime({});
    expect(converted.equals(own)).toBe(true);
  });

  test('with parts it holds the same ones; the order of a hash table alone differs', async () => {
    const [converted, own] = await madeByRuntime({ 'a.js': 'one', 'b.js': 'two', 'c.js': 'three' });
    expect(converted.length).toBe(own.length);
    const [ours, theirs] = [converted, own].map((blob) => {
      const { assets, ...rest } = parseBlob(blob, 4);
      const named = (assets ?? []).map(([name, content]) => `${name.toString()}=${content.toString()}`);
      return { ...rest, assets: named.toSorted() };
    });
    expect(ours).toEqual(theirs);
    expect(ours?.assets).toHaveLength(6);
  });
});

describe('F2: variables of the runtime on Windows', () => {
  const witness = (target: Target): string => `C:\\Program Files\\Garrison\\witness-${target}.exe`;
  beforeAll(() => {
    const code = `console.log(JSON.stringify({ options: process.execArgv, fips: require('node:crypto').getFips(), ciphers: require('node:crypto').getCiphers().length > 50 }))`;
    for (const [target, windows] of [
      ['windows-x64', 'x64'],
      ['windows-x86', 'x86'],
    ] as const) {
      const file = join(work, target);
      makeExecutable({ code, parts: {} }, target, file, '0.0.0');
      on(windows).copyIn(file, witness(target));
    }
  });

  test.each(['x64', 'x86'] as const)('%s: an OpenSSL configuration from elsewhere is not read', async (windows) => {
    const machine = on(windows);
    const provider = '[a]\nproviders = b\n[b]\nevil = c\n[c]\nmodule = C:/evil.dll\nactivate = 1\n';
    machine.write('C:\\evil.cnf', `nodejs_conf = a\nopenssl_conf = a\n${provider}`);
    const env = { OPENSSL_CONF: 'C:\\evil.cnf', NODE_OPTIONS: '--require C:\\evil.cjs' };
    machine.copyIn(pinnedNode(`windows-${windows}`), 'C:\\blob\\node.exe');
    const plain = await machine.run(['C:\\blob\\node.exe', '-p', '1'], {
      env: { OPENSSL_CONF: env.OPENSSL_CONF },
    });
    // A plain Node looks for its provider of random numbers there and does not even start: so this test would see it.
    expect(plain.stderr).toContain('CSPRNG');
    const { stdout, stderr } = await machine.run([witness(`windows-${windows}`)], { env });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      options: expect.arrayContaining(['--disable-sigusr1', '--openssl-config=NUL']) as unknown,
      fips: 0,
      ciphers: true,
    });
  });

  test.each(['x64', 'x86'] as const)('%s: the agent starts over without such variables', async (windows) => {
    const program = `C:\\Program Files\\Garrison\\windows-${windows}.exe`;
    const env = { NODE_DEBUG: 'http,module', Node_Redirect_Warnings: 'C:\\warnings.txt' };
    const { code, stdout, stderr } = await on(windows).run([program, '--version'], { env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^garrison-agent \\d+\\.\\d+\\.\\d+ \\(windows-${windows}, `));
    const { code: refused } = await on(windows).run([program, 'status', '--no-such-option'], { env });
    expect(refused).toBe((await on(windows).run([program, 'status', '--no-such-option'])).code);
    expect(refused).not.toBe(0);
  });
});

describe('G4: recorded answers', () => {
  const released = 'C:\\Program Files\\Garrison\\windows-x64.exe';
  const tested = 'C:\\Program Files\\Garrison\\test-trust.exe';
  interface Plan {
    readonly antivirus: { readonly unknown: readonly { readonly probe: string }[] };
  }
  const unknownTo = async (program: string): Promise<readonly string[]> => {
    const { code, stdout, stderr } = await on('x64').run([program, 'plan', '--json']);
    if (code !== 0) throw new Error(`plan ended with ${code}: ${stderr}`);
    return (JSON.parse(stdout) as Plan).antivirus.unknown.map(({ probe }) => probe);
  };
  beforeAll(async () => {
    answerAsUsual(on('x64'));
    const { file } = await buildAgent({ target: 'windows-x64', trust: 'test', testKeys: null });
    on('x64').copyIn(file, tested);
  });

  test('are what a test build believes, so this test would see it', async () => {
    expect(await unknownTo(tested)).toEqual([]);
  });

  test('are nothing to the release: what Wine cannot say stays unknown', async () => {
    expect(await unknownTo(released)).toContain('securityCenter');
  });

  test('the release starts neither EXE nor MSI of the stand-in, with all answers there', async () => {
    const sentinelOne = await startSentinelOne();
    const { file } = await buildAgent({ target: 'windows-x64', trust: 'release', testKeys: null });
    const device = await startWindowsDevice({ name: 'binary-release', windows: 'x64', agent: file });
    try {
      const standIns = (await windowsStandIns()).filter(({ target }) => target === 'windows-x64');
      expect(standIns.map(({ format }) => format).toSorted()).toEqual(['exe', 'msi']);
      for (const standIn of standIns) {
        device.assign(standIn, sentinelOne);
        const { code, stdout, stderr } = await device.machine.run([hosted, 'run', '--assignment', assignmentFile]);
        // Wine cannot say who may write there, and the answers that tell so to a test build are nothing to it.
        expect(stdout + stderr).toContain('state.untrusted-directory');
        expect(code).not.toBe(0);
        expect(device.installerRuns()).toBe(0);
      }
    } finally {
      await device.stop();
      await sentinelOne.stop();
    }
  });

  test('the release makes no directory of its own without its descriptor', async () => {
    const { code, stdout, stderr } = await on('x64').run([released, 'run']);
    expect(stdout + stderr).toContain('state.untrusted-directory');
    expect(code).not.toBe(0);
    expect(on('x64').exists('C:\\Program Files\\Garrison\\State')).toBe(false);
  });
});

describe.each(['windows-x64', 'windows-x86'] as const)(
  '%s on 64-bit Windows sees the machine, not itself',
  (target) => {
    const program = `C:\\Program Files\\Garrison\\look-${target}.exe`;
    const uninstall = 'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall';
    const products = { '/reg:64': 'ESET Endpoint Security', '/reg:32': 'Sophos Endpoint Agent' } as const;
    beforeAll(async () => {
      answerAsUsual(on('x64'));
      const { file } = await buildAgent({ target, trust: 'test', testKeys: null });
      on('x64').copyIn(file, program);
      for (const [view, name] of Object.entries(products)) {
        const value = ['/v', 'DisplayName', '/d', name, '/f', view];
        expect((await on('x64').run(['reg', 'add', `${uninstall}\\Planted`, ...value])).code).toBe(0);
      }
    });

    test('its processor, and what is installed in either view of the registry', async () => {
      const { code, stdout, stderr } = await on('x64').run([program, 'plan', '--json']);
      expect({ code, stderr }).toMatchObject({ code: 0 });
      const plan = JSON.parse(stdout) as { antivirus: { blocking: unknown; reported: unknown } };
      expect(plan).toMatchObject({ machine: { architecture: 'x64', target: 'windows-x64' } });
      const found = JSON.stringify(plan.antivirus);
      for (const name of Object.values(products)) expect(found).toContain(name);
    });
  },
);
