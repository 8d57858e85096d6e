/** What a hostile local user can do between the check of a pasted line and its run. Real shells and curl, over file: addresses. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256Hex } from '#protocol/crypto.ts';
import { installLine, shellSteps, uninstallLine, type LineSettings } from '#console/install/lines.ts';
import { installSystems, type InstallSystem } from '#console/install/systems.ts';

let folder: string;
/** Programs of the administrator's own PATH. */
let programs: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'garrison-line-'));
  programs = join(folder, 'bin');
  mkdirSync(programs);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const linux = (): InstallSystem => {
  const [first] = installSystems;
  if (first?.os !== 'linux') throw new Error('Linux comes first');
  return first;
};

function served(script: string): LineSettings {
  const path = join(folder, 'script');
  writeFileSync(path, script);
  return { url: `file://${path}`, sha256: sha256Hex(script), tlsPins: [] };
}

function program(name: string, text: string): void {
  writeFileSync(join(programs, name), `#!/bin/sh\n${text}\n`);
  chmodSync(join(programs, name), 0o755);
}

const nobody = 65_534;

/** By an administrator who is not root: sudo, if there is one, is the `sudo` of his PATH. */
function paste(line: string, environment: Record<string, string> = {}, shell = 'sh') {
  const env = { PATH: `${programs}:/usr/bin:/bin`, HOME: folder, ...environment };
  const isRoot = process.getuid?.() === 0;
  if (isRoot) execFileSync('chown', ['-R', String(nobody), folder]);
  return spawnSync(shell, ['-c', line], { env, encoding: 'utf8', ...(isRoot ? { uid: nobody, gid: nobody } : {}) });
}

describe.each(['dash', 'bash'])('an install line pasted into %s', (shell) => {
  it('hands string and proxy to the script by standard input, and nothing of the environment', () => {
    const settings = served('cat; env | sort; echo "at $0"');
    const ran = paste(
      installLine(linux(), settings, 'garrison1.x'),
      { https_proxy: 'http://u:p@proxy:3128', RPM_CONFIGDIR: '/evil', TAR_OPTIONS: '--to-command=evil' },
      shell,
    );
    expect(ran.stderr).toBe('');
    const lines = ran.stdout.split('\n').filter((one) => one !== '');
    expect(lines.slice(0, 2)).toEqual(['garrison1.x', 'http://u:p@proxy:3128']);
    expect(ran.stdout).not.toMatch(/evil|u:p.*u:p/s);
    expect(ran.status).toBe(0);
  });

  it('SEC-5: runs the bytes that were compared, though the user who called sudo has changed everything of his meanwhile', () => {
    // Whatever else runs as this user, in the seconds in which sudo asks for the password.
    program(
      'sudo',
      `: >${folder}/asked; for d in /tmp/*/i "$TMPDIR"/*/i; do [ -f "$d" ] && echo "echo pwned > ${folder}/pwned" >"$d"; done; exec "$@"`,
    );
    const ran = paste(installLine(linux(), served('echo good'), 'garrison1.x'), { TMPDIR: folder }, shell);
    expect(ran.stdout).toBe('good\n');
    expect([existsSync(join(folder, 'asked')), existsSync(join(folder, 'pwned'))]).toEqual([true, false]);
  });

  it('finds sudo also where it is an alias', () => {
    program('sudo', `: >${folder}/asked; exec "$@"`);
    const alias = shell === 'bash' ? "shopt -s expand_aliases\nalias sudo='sudo '" : "alias sudo='sudo '";
    const ran = paste(`${alias}\n${installLine(linux(), served('echo good'), 'garrison1.x')}`, {}, shell);
    expect(ran.stdout).toBe('good\n');
    expect(existsSync(join(folder, 'asked'))).toBe(true);
  });

  it('SEC-1: works in a directory that nobody can move away, whatever TMPDIR says', () => {
    const ran = paste(installLine(linux(), served('echo "$0"'), 'garrison1.x'), { TMPDIR: folder }, shell);
    expect(ran.stdout).toMatch(/^\/tmp\/garrison\.[A-Za-z0-9]{10}\/i\n$/);
    expect(existsSync(ran.stdout.trim())).toBe(false);
  });

  it("G8: takes neither programs nor settings of the user's into root's shell", () => {
    for (const name of ['curl', 'wget', 'mktemp', 'sha256sum', 'rm', 'sh'])
      program(name, `touch ${folder}/pwned; exec /usr/bin/${name} "$@"`);
    program('sudo', 'exec "$@"');
    writeFileSync(join(folder, '.curlrc'), `dump-header = "${folder}/pwned"\n`);
    const settings = served('echo good');
    expect(paste(installLine(linux(), settings, 'garrison1.x'), { CURL_HOME: folder }, shell).stdout).toBe('good\n');
    expect(paste(uninstallLine(linux(), settings), { CURL_HOME: folder }, shell).stdout).toBe('good\n');
    expect(existsSync(join(folder, 'pwned'))).toBe(false);
  });

  it('runs nothing of a script that is cut off, changed, or has no end', () => {
    const settings = served('echo good');
    writeFileSync(join(folder, 'script'), 'echo goo');
    const cut = paste(installLine(linux(), settings, 'garrison1.x'), {}, shell);
    expect([cut.status, cut.stdout]).toEqual([65, '']);
    expect(cut.stderr).toContain('nothing was run');
    writeFileSync(join(folder, 'script'), Buffer.alloc(8 * 1024 * 1024, 10));
    const endless = paste(installLine(linux(), settings, 'garrison1.x'), {}, shell);
    expect([endless.status, endless.stdout]).toEqual([69, '']);
  });

  it('runs nothing when only a part of the line was pasted', () => {
    const line = installLine(linux(), served(`touch ${folder}/ran`), 'garrison1.x');
    for (let length = 40; length < line.length; length += 7) paste(line.slice(0, length), {}, shell);
    expect(existsSync(join(folder, 'ran'))).toBe(false);
  });
});

describe('what the line hands to the shell of root', () => {
  it('has no finding of shellcheck', () => {
    const steps = shellSteps(linux(), { ...served('x'), tlsPins: [sha256Hex('a key')] }, '');
    expect(steps).not.toContain("'");
    const sly = { ...served('x'), url: 'https://a$(id).example/install/x' };
    expect(() => installLine(linux(), sly, 'garrison1.x')).toThrow(/no address/);
    expect(execFileSync('shellcheck', ['-s', 'sh', '-'], { input: `#!/bin/sh\n${steps}\n`, encoding: 'utf8' })).toBe(
      '',
    );
  });
});

describe('install.sh', () => {
  const text = readFileSync(new URL('../../../console/install/install.sh', import.meta.url), 'utf8');
  const ready = text.replace(
    '# @SETTINGS@',
    "address='https://console.test'\nconsole='c'\nversion='1'\npins=''\npackages=''",
  );
  /** Until it knows the machine, and with nothing behind it. */
  const head = (last: string): string => ready.replace('know_system\nwork=', `know_system\n${last}\nexit 0\nwork=`);

  it('F3: rpm and dpkg are not asked under the HOME or the settings of whoever called', () => {
    const script = join(folder, 'install.sh');
    writeFileSync(script, head('env'));
    for (const shell of ['dash', 'bash']) {
      const env = { PATH: '/usr/bin:/bin', HOME: folder, RPM_CONFIGDIR: folder, TAR_OPTIONS: 'x', DPKG_ROOT: folder };
      const ran = spawnSync(shell, [script], { env: { ...env, TMPDIR: folder }, encoding: 'utf8', input: '' });
      expect(ran.stdout).not.toContain(folder);
      expect(ran.stdout).toContain('PATH=/usr/sbin:/usr/bin:/sbin:/bin');
    }
  });

  it('says nothing of the password of a proxy that it does not understand', () => {
    const script = join(folder, 'install.sh');
    writeFileSync(script, ready);
    const ran = spawnSync('sh', [script], { encoding: 'utf8', input: 'garrison1.x\nhttps://user:hunter2@proxy:1\n' });
    expect(ran.status).toBe(64);
    expect(ran.stdout + ran.stderr).not.toContain('hunter2');
  });
});

describe('install.ps1', () => {
  it('G8: takes no place of a program from the environment, which any process of the user can set', () => {
    const text = readFileSync(new URL('../../../console/install/install.ps1', import.meta.url), 'utf8');
    const code = text.split('\n').filter((line) => !line.startsWith('#'));
    expect(code.length).toBeGreaterThan(100);
    // Named in an advice to the reader.
    expect(code.filter((line) => /\$env:/i.test(line.replaceAll('`$env:https_proxy', '')))).toEqual([]);
  });
});
