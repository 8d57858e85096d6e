/** What the MSI consists of, read from its tables; no Windows is started. */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { signAuthenticode, readSigningKey } from '../../scripts/build/authenticode.ts';
import { serviceHostNotices } from '../../scripts/build/licenses.ts';
import { buildServiceHost } from '../../scripts/build/service-host.ts';
import { standInAgent, standInPackage } from '#test/worlds/wine/service/package.ts';

const work = mkdtempSync(join(tmpdir(), 'garrison-msi-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const info = (...args: readonly string[]): string => execFileSync('msiinfo', args, { encoding: 'utf8' });

describe.each(['x64', 'x86'] as const)('the MSI for %s', (windows) => {
  const file = join(work, `${windows}.msi`);
  copyFileSync(standInPackage(windows, '0.1.0', standInAgent(windows)), file);
  const tables = info('tables', file).trim().split(/\r?\n/);
  const rows = (table: string): readonly string[][] =>
    tables.includes(table)
      ? info('export', file, table)
          .trim()
          .split(/\r?\n/)
          .slice(3)
          .map((line) => line.split('\t'))
      : [];

  it('G30, SEC-7: runs nothing but the service: no custom action, no driver, no shortcut, no script', () => {
    for (const table of ['CustomAction', 'Binary', 'Shortcut', 'SelfReg', 'Class', 'Icon'])
      expect(rows(table)).toEqual([]);
    expect(rows('ServiceInstall').map((row) => row[1])).toEqual(['GarrisonAgent']);
    expect(rows('ServiceInstall').map((row) => [row[8], row[9]])).toEqual([['', '']]);
  });

  it('SEC-8: changes no PATH, and lays nothing down outside its own folder', () => {
    expect(tables).not.toContain('Environment');
    const parents = Object.fromEntries(rows('Directory').map(([id, parent]) => [id, parent]));
    const programFiles = windows === 'x64' ? 'ProgramFiles64Folder' : 'ProgramFilesFolder';
    for (const [, , place] of rows('Component')) {
      let at: string | undefined = place;
      while (at !== undefined && at !== 'Root') at = parents[at];
      expect([at, parents['Root']]).toEqual(['Root', programFiles]);
    }
    // Names in capitals could be set to another place by whoever starts the install.
    expect(
      rows('Directory')
        .map(([id]) => id)
        .filter((id) => id !== 'TARGETDIR' && id === id?.toUpperCase()),
    ).toEqual([]);
  });

  it('G10: State is closed to all but the system and administrators from its first moment', () => {
    const [rights] = rows('MsiLockPermissionsEx');
    expect(rights?.slice(1, 4)).toEqual(['State', 'CreateFolder', 'O:BAG:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)']);
    const at = Object.fromEntries(rows('InstallExecuteSequence').map(([action, , number]) => [action, Number(number)]));
    expect(at['CreateFolders']).toBeLessThan(at['MoveFiles'] ?? 0);
    expect(at['MoveFiles']).toBeLessThan(at['StartServices'] ?? 0);
  });

  it('G13: the enrolment string is no property, and a user who triggers an install cannot name its file', () => {
    const properties = Object.fromEntries(rows('Property').map(([name, value]) => [name, value]));
    expect(properties['MsiHiddenProperties']).toBe('ENROLMENTFILE');
    expect(properties['SecureCustomProperties']).not.toContain('ENROLMENT');
    expect(rows('InstallExecuteSequence')).toContainEqual(['MoveFiles', 'NOT Installed', '3800']);
  });

  it('brings our licence and those of what is inside', () => {
    const names = rows('File').map(([, , name = '']) => name.split('|').at(-1));
    expect(names).toEqual(expect.arrayContaining(['license.txt', 'third-party-notices.txt']));
    expect(serviceHostNotices(`windows-${windows}`)).toMatch(/Redistributions in binary form must reproduce/);
  });

  it('G15: there is no repair that could bring old code back', () => {
    expect(rows('LaunchCondition').map(([condition]) => condition)).toEqual(
      expect.arrayContaining(['NOT REINSTALL', 'VersionNT >= 603', 'NOT WIX_DOWNGRADE_DETECTED']),
    );
  });

  it('is the same, byte for byte, when it is made again', () => {
    expect(readFileSync(standInPackage(windows, '0.1.0', standInAgent(windows))).equals(readFileSync(file))).toBe(true);
  });
});

it('is signed by Authenticode when a key is given, and one changed byte shows', () => {
  const [key, certificate] = [join(work, 'key.pem'), join(work, 'certificate.pem')];
  const subject = ['-subj', '/O=Garrison tests/CN=Garrison tests', '-addext', 'extendedKeyUsage=codeSigning'];
  const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', certificate];
  execFileSync('openssl', [...made, ...subject], { stdio: 'ignore' });
  const given = { GARRISON_AUTHENTICODE_CERTIFICATES: certificate, GARRISON_AUTHENTICODE_KEY_FILE: key };
  const signing = readSigningKey(given);
  if (signing === null) throw new Error('no key was read');
  const program = join(work, 'host.exe');
  copyFileSync(buildServiceHost('windows-x64'), program);
  const verify = (file: string): string =>
    spawnSync('osslsigncode', ['verify', '-CAfile', certificate, '-in', file], { encoding: 'utf8' }).stdout;
  for (const file of [program, join(work, 'x64.msi')]) {
    signAuthenticode(file, signing);
    expect(verify(file)).toContain('Signature verification: ok');
  }
  const bytes = readFileSync(program);
  bytes[4_096] = (bytes[4_096] ?? 0) ^ 1;
  writeFileSync(program, bytes);
  expect(verify(program)).not.toContain('Signature verification: ok');
  expect(() => readSigningKey({ GARRISON_AUTHENTICODE_KEY_FILE: key })).toThrow('CERTIFICATES');
  expect(readSigningKey({})).toBeNull();
});
