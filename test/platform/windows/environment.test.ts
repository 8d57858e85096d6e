import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { WindowsAnchor } from '#platform/windows/anchor.ts';
import { windowsEnvironment } from '#platform/windows/environment.ts';
import { faultFrom } from '#test/platform/fault.ts';

const home = 'C:\\Program Files\\Garrison\\State\\Runtime\\scratch\\temp-1';

describe('G8 a child’s environment on Windows', () => {
  it('is built from nothing, and names every variable that the runtime would hand on', () => {
    const environment = windowsEnvironment({ home, proxy: null });
    const handedOn =
      'HOMEDRIVE HOMEPATH LOGONSERVER PATH SYSTEMDRIVE SYSTEMROOT TEMP TMP USERDOMAIN USERNAME USERPROFILE WINDIR'.split(
        ' ',
      );
    const names = Object.keys(environment).map((name) => name.toUpperCase());
    expect(handedOn.filter((name) => !names.includes(name))).toEqual([]);
    expect(environment).toMatchObject({ TEMP: home, TMP: home, USERPROFILE: home, SystemRoot: 'C:\\Windows' });
    expect(names).not.toContain('HTTPS_PROXY');
  });

  it('finds programs and modules in the system’s own directories only', () => {
    const { PATH = '', PSModulePath, PATHEXT } = windowsEnvironment({ home, proxy: null });
    expect(PATH.split(';').every((folder) => folder.startsWith('C:\\Windows'))).toBe(true);
    expect(PSModulePath).toBe('C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\Modules');
    expect(PATHEXT).toBe('.COM;.EXE');
  });

  it('holds the configured proxy and what a recipe names', () => {
    const added = { S1_EXAMPLE: 'x' };
    expect(windowsEnvironment({ home, proxy: 'http://p:1', added })).toMatchObject({
      HTTPS_PROXY: 'http://p:1',
      ...added,
    });
  });

  it.each([
    'PATH',
    'TEMP',
    'SYSTEMROOT',
    'PSMODULEPATH',
    'COR_PROFILER',
    '__COMPAT_LAYER',
    'NODE_OPTIONS',
    'PROGRAMFILES',
    'a',
  ])('does not let a recipe say %s', async (name) => {
    const fault = await faultFrom(async () => windowsEnvironment({ home, proxy: null, added: { [name]: 'x' } }));
    expect(fault.code).toBe('agent.defect');
  });
});

describe('a name that another process holds open for a moment', () => {
  const held = (code: string): Error => Object.assign(new Error(code), { code });

  it.each(['EBUSY', 'EPERM', 'EACCES'])('%s is tried again', async (code) => {
    let tries = 0;
    const anchor = new WindowsAnchor(import.meta.dirname);
    const work = async (): Promise<number> => {
      tries += 1;
      if (tries < 4) throw held(code);
      return tries;
    };
    expect(await anchor.patiently(work)).toBe(4);
  });

  it('is no reason to try again what fails otherwise', async () => {
    let tries = 0;
    const anchor = new WindowsAnchor(import.meta.dirname);
    const work = async (): Promise<never> => {
      tries += 1;
      throw held('ENOSPC');
    };
    await expect(anchor.patiently(work)).rejects.toThrow('ENOSPC');
    expect(tries).toBe(1);
  });
});

describe('G10 what stands at a directory’s path', () => {
  it('must be a directory itself: no link, no file', async () => {
    const root = mkdtempSync(join(tmpdir(), 'garrison-anchor-'));
    try {
      mkdirSync(join(root, 'real'));
      symlinkSync(join(root, 'real'), join(root, 'link'));
      writeFileSync(join(root, 'file'), '');
      expect(new WindowsAnchor(join(root, 'real')).pathOf('a')).toBe(`${join(root, 'real')}\\a`);
      for (const name of ['link', 'file']) {
        const fault = await faultFrom(async () => new WindowsAnchor(join(root, name)));
        expect(fault.code).toBe('state.untrusted-directory');
      }
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});
