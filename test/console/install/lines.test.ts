/** The line an administrator pastes and the script behind it, as the console makes them. Real runs: `lines.lab.test.ts`. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256Hex } from '#protocol/crypto.ts';
import { enrolmentKeyRoutes } from '#console/api/enrolment-keys.ts';
import { organisationRoutes } from '#console/api/organisations.ts';
import { installLine, uninstallLine } from '#console/install/lines.ts';
import { quoteForPowerShell, quoteForShell, scriptText } from '#console/install/script-text.ts';
import { installSystems } from '#console/install/systems.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { OperatorClient } from '#test/worlds/fleet/operator.ts';
import { loadRelease } from '#test/worlds/release/release.ts';

const password = 'correct horse battery';
const pin = sha256Hex('a public key');
let world: ConsoleWorld;
let admin: OperatorClient;

const load = (version: string, suffix = ''): Promise<void> =>
  loadRelease(world, version, [
    ['linux-x64', 'deb', Buffer.from(`package linux-x64${suffix}`)],
    ['linux-x64', 'binary', Buffer.from('the program alone')],
    ['windows-x64', 'msi', Buffer.from(`package windows-x64${suffix}`)],
  ]);

beforeEach(async () => {
  world = await ConsoleWorld.start({ address: 'https://garrison.example', tlsPins: [pin] });
  await world.administrator('ann', password);
  admin = await OperatorClient.signedIn(world.operatorApp, 'ann', password);
  await load('0.9.1');
});
afterEach(() => world.stop());

async function makeKey(headers: Record<string, string> = {}) {
  const { items } = await admin.call(organisationRoutes.list);
  const known = items[0]?.organisationId;
  const organisationId =
    known ?? (await admin.call(organisationRoutes.create, { body: { name: 'Acme' } })).organisationId;
  return admin.call(enrolmentKeyRoutes.create, { body: { organisationId }, headers });
}

const urlIn = (line: string): URL => new URL(/https?:\/\/[^'"\s]+\/install\/[0-9a-f]{64}/.exec(line)?.[0] ?? '');
const fetchFrom = (path: string, headers: Record<string, string> = {}) =>
  world.app.inject({ method: 'GET', url: path, headers });

describe('the install lines of a key', () => {
  it('G13: stand for each system that the release has a package for, with version and the digest of their script', async () => {
    const made = await makeKey();
    expect(made.agentVersion).toBe('0.9.1');
    expect(made.commands.map((one) => one.os)).toEqual(['linux', 'windows', 'linux']);
    for (const { command, uninstall } of made.commands.slice(0, 2)) {
      const url = urlIn(command);
      const script = await fetchFrom(url.pathname);
      expect(script.statusCode).toBe(200);
      expect(sha256Hex(script.rawPayload)).toBe(url.pathname.split('/').at(-1));
      expect(command).toContain(sha256Hex(script.rawPayload));
      expect(uninstall).toContain(sha256Hex(script.rawPayload));
      expect(script.body).not.toContain(made.enrolmentString);
      expect(uninstall).not.toContain('garrison1.');
    }
  });

  it('G13: have the configured address, whatever the request says of its host', async () => {
    const lying = { host: 'evil.example', 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' };
    const made = await makeKey(lying);
    for (const { command } of made.commands) expect(command).not.toContain('evil.example');
    const url = urlIn(made.commands[0]?.command ?? '');
    expect(url.origin).toBe('https://garrison.example');
    const script = await fetchFrom(url.pathname, lying);
    expect(script.body).toContain("address='https://garrison.example'");
    expect(script.body).not.toContain('evil.example');
  });

  it('G13: pin the key of the console and hand the enrolment string over by standard input or in memory', async () => {
    const made = await makeKey();
    const [linux, windows] = made.commands.map((one) => one.command);
    const base64 = Buffer.from(pin, 'hex').toString('base64');
    expect(linux).toContain(`--pinnedpubkey "sha256//${base64}"`);
    // printf is built into the shell: no process has the string among its arguments.
    expect(linux).toContain(`printf '%s\\n%s\\n' '${made.enrolmentString}' "\${https_proxy-}" | `);
    expect(linux).toContain(String.raw`printf "%s\n%s\n" "$e" "$p" | sh "$d/i"`);
    expect(linux?.split(made.enrolmentString)).toHaveLength(2);
    expect(windows).toMatch(/& \(\[scriptblock\]::Create\(.*\)\) -Enrolment 'garrison1\./);
  });

  it('the script names the packages by digest; other names are not served', async () => {
    const made = await makeKey();
    const script = (await fetchFrom(urlIn(made.commands[0]?.command ?? '').pathname)).body;
    const digest = sha256Hex('package linux-x64');
    expect(script).toContain(`packages='linux-x64 deb ${digest} 17'`);
    expect((await fetchFrom(`/install/files/${digest}`)).body).toBe('package linux-x64');
    const part = await fetchFrom(`/install/files/${digest}`, { range: 'bytes=8-' });
    expect([part.statusCode, part.body]).toEqual([206, 'linux-x64']);
    for (const path of [
      `/install/files/${sha256Hex('the program alone')}`,
      `/install/files/${sha256Hex('x')}`,
      `/install/${sha256Hex('x')}`,
      '/install/files/..%2f..%2fetc',
      '/install/x',
    ])
      expect((await fetchFrom(path)).statusCode, path).toBe(404);
  });

  it('stay good after a newer release: their script and their package are kept', async () => {
    const before = urlIn((await makeKey()).commands[0]?.command ?? '');
    await load('0.9.2', ' newer');
    expect((await makeKey()).agentVersion).toBe('0.9.2');
    expect((await fetchFrom(before.pathname)).body).toContain(sha256Hex('package linux-x64'));
    expect((await fetchFrom(`/install/files/${sha256Hex('package linux-x64')}`)).statusCode).toBe(200);
  });

  it('without a release only enrol what is installed already', async () => {
    rmSync(join(world.directory, 'releases'), { recursive: true });
    const made = await makeKey();
    expect(made.agentVersion).toBeNull();
    expect(made.commands.map((one) => [one.label, one.uninstall])).toEqual([
      ['Linux, Garrison agent already installed', null],
    ]);
    expect(await admin.call(enrolmentKeyRoutes.lines)).toEqual({ agentVersion: null, systems: [] });
  });
});

describe('a script', () => {
  const settings = {
    address: 'https://garrison.example',
    consoleId: 'con_1',
    version: '0.9.1',
    tlsPins: [],
    packages: [{ target: 'linux-x64', kind: 'deb', sha256: pin, sizeBytes: 5 } as const],
  };

  it('is the same bytes for the same settings, and another for others', () => {
    const once = scriptText('sh', 'a\n# @SETTINGS@\nb', settings);
    expect(scriptText('sh', 'a\n# @SETTINGS@\nb', settings)).toBe(once);
    expect(scriptText('sh', 'a\n# @SETTINGS@\nb', { ...settings, version: '1' })).not.toBe(once);
    expect(() => scriptText('sh', 'no place', settings)).toThrow(/single place/);
  });

  it('takes settings as text, whatever is in them', () => {
    const hostile = "'; rm -rf / #$(x)`y`";
    const shell = scriptText('sh', '# @SETTINGS@', { ...settings, version: hostile });
    expect(shell).toContain(String.raw`version=''\''; rm -rf / #$(x)` + "`y`'");
    const power = scriptText('powershell', '# @SETTINGS@', { ...settings, version: hostile });
    expect(power).toContain("$version = '''; rm -rf / #$(x)`y`'");
    expect([quoteForShell("a'b"), quoteForPowerShell("a'b")]).toEqual([String.raw`'a'\''b'`, "'a''b'"]);
  });

  it('is fetched without a pinned key where the authorities decide', () => {
    const [linux, macos, windows] = installSystems;
    if (linux === undefined || macos === undefined || windows === undefined) throw new Error('three systems');
    const line = { url: 'https://garrison.example/install/x', sha256: pin, tlsPins: [] };
    expect(installLine(linux, line, 'garrison1.x')).not.toMatch(/-k|no-check-certificate/);
    expect(installLine(macos, line, 'garrison1.x')).toContain('shasum -a 256 -c -');
    expect(uninstallLine(windows, line)).not.toContain('ServerCertificateValidationCallback');
  });
});
