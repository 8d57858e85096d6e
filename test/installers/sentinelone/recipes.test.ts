import { describe, expect, it } from 'vitest';
import { recipeFor } from '#installers/sentinelone/recipes/recipes.ts';
import { tokenOf } from '#test/installers/sentinelone/samples.ts';

const token = tokenOf({ url: 'https://server-101.sentinelone.net', site_key: '0a1b2c3d4e5f6789' });

function recipe(format: 'deb' | 'rpm' | 'exe' | 'msi' | 'pkg') {
  const found = recipeFor(format);
  if (found === null) throw new Error(`no recipe for ${format}`);
  return found;
}

describe.each(['deb', 'rpm'] as const)('recipe for %s', (format) => {
  it('hands the token over in a file and nowhere else', () => {
    const { files, environment } = recipe(format).handOver(token);
    expect(files).toHaveLength(1);
    expect(files[0]?.content.split('\n')).toEqual([
      `S1_AGENT_MANAGEMENT_TOKEN=${token}`,
      'S1_AGENT_AUTO_START=true',
      '',
    ]);
    expect(environment['S1_AGENT_INSTALL_CONFIG_PATH']).toBe(`{directory}/${files[0]?.name}`);
    expect(JSON.stringify(environment)).not.toContain(token);
  });

  it('G5: refuses a token with anything outside the base64 alphabet', () => {
    for (const bad of [
      '',
      `${token}\nS1_AGENT_CUSTOM_INSTALL_PATH=/tmp`,
      `${token} `,
      `$(id)${token}`,
      'a-b_',
      `${token}=`,
      '====',
      'a',
    ]) {
      expect(() => recipe(format).handOver(bad)).toThrow(expect.objectContaining({ code: 'token.malformed' }));
    }
  });

  it('never switches a check off, and names the package once as its last argument', () => {
    const { install } = recipe(format);
    const states = ['iU', 'iF', 'iHR', 'installed'].map((detail) =>
      recipe(format).repair({ state: 'partial', version: null, detail }),
    );
    for (const { args } of [...install, ...states.flat()]) {
      expect(args.join(' ')).not.toMatch(
        /nodigest|nosignature|nogpgcheck|allow-|force-(?!confold)|--nodeps|configure -a/,
      );
    }
    for (const { args } of install) {
      expect(args.at(-1)).toBe('{package}');
      expect(args.filter((argument) => argument.includes('{package}'))).toHaveLength(1);
    }
  });

  it('asks for 2 GiB and waits half an hour before it calls an installer overdue', () => {
    expect([recipe(format).freeBytesMin, recipe(format).overdueAfterMs]).toEqual([2_147_483_648, 1_800_000]);
  });
});

describe('installing', () => {
  it('prefers apt-get to dpkg and dnf to yum to rpm', () => {
    expect(recipe('deb').install.map(({ program }) => program)).toEqual(['apt-get', 'dpkg']);
    expect(recipe('rpm').install.map(({ program }) => program)).toEqual(['dnf', 'yum', 'rpm']);
  });

  it('lets apt-get neither remove nor recommend anything', () => {
    expect(recipe('deb').install[0]?.args).toEqual(
      expect.arrayContaining(['--no-remove', '--no-install-recommends', '-y']),
    );
  });
});

const bad = ['', `${token}\nX=1`, `${token} `, `${token}" /qb`, `${token} SERVER_PROXY=x`, 'a-b_', `${token}=`, '===='];

describe.each(['exe', 'msi', 'pkg'] as const)('recipe for %s', (format) => {
  const tried = recipe(format);
  const { install, repairRefusal, freeBytesMin } = tried;

  it('G5: refuses a token with anything outside the base64 alphabet', () => {
    for (const each of bad)
      expect(() => tried.handOver(each)).toThrow(expect.objectContaining({ code: 'token.malformed' }));
  });

  it('hands the token over in one file, never by the environment, and is one command', () => {
    const { files, environment } = tried.handOver(token);
    expect(files.map(({ content }) => content)).toEqual([token]);
    expect(environment).toEqual({});
    expect(install).toHaveLength(1);
    expect(JSON.stringify(install)).not.toContain(token);
  });

  it('G19: never removes, forces, restarts or switches a check off', () => {
    const said = JSON.stringify(install).toLowerCase();
    expect(said).not.toMatch(/clean|force|-b"|"-c"|"-k"|reboot|allowuntrusted|passphrase|dont_preserve|wsc=/);
  });

  it('is not repaired by laying it down again, and says why', () => {
    for (const state of ['absent', 'partial'] as const)
      expect(tried.repair({ state, version: null, detail: '' })).toEqual([]);
    expect(repairRefusal).toMatch(/half installed/);
    expect(freeBytesMin).toBe(2_147_483_648);
  });
});

describe('the commands of Windows and macOS', () => {
  it('the EXE: token and quiet, nothing else', () => {
    expect(recipe('exe').install).toEqual([{ program: '{package}', args: ['-t', '{token}', '-q'] }]);
    expect(recipe('exe').handOver(token).argumentFile).toBe('site-token');
    expect(recipe('exe').exitCodeFiles.map(({ stage }) => stage)).toEqual(['after-reboot', 'run']);
  });

  it('G30: the MSI: silent, no restart, its log in our own directory and nowhere else', () => {
    const args = ['/i', '{package}', '/qn', '/norestart', '/L*V', '{directory}\\installer.log', 'SITE_TOKEN={token}'];
    expect(recipe('msi').install).toEqual([{ program: 'msiexec', args }]);
    expect(recipe('msi').handOver(token).argumentFile).toBe('site-token');
    expect(recipe('msi').runLogs).toEqual(['installer.log']);
    expect(recipe('msi').overdueAfterMs).toBe(600_000);
  });

  it('the pkg: beside a file of exactly the name its scripts look for, never in an argument', () => {
    expect(recipe('pkg').install).toEqual([{ program: 'installer', args: ['-pkg', '{package}', '-target', '/'] }]);
    expect(recipe('pkg').packageLies).toBe('run');
    expect(recipe('pkg').handOver(token)).toEqual({
      files: [{ name: 'com.sentinelone.registration-token', content: token }],
      argumentFile: null,
      environment: {},
    });
  });
});

describe('repair', () => {
  it.each([
    ['iU', ['--force-confold', '--configure', 'sentinelagent']],
    ['iF', ['--force-confold', '--configure', 'sentinelagent']],
    ['iF ', ['--force-confold', '--configure', 'sentinelagent']],
    ['iFR', ['--refuse-downgrade', '--force-confold', '--install', '{package}']],
    ['iH', ['--refuse-downgrade', '--force-confold', '--install', '{package}']],
    ['iHR', ['--refuse-downgrade', '--force-confold', '--install', '{package}']],
  ])('of a deb in state %j touches only our own package', (detail, args) => {
    expect(recipe('deb').repair({ state: 'partial', version: '24.2.2.20', detail })).toEqual([
      { program: 'dpkg', args },
    ]);
  });

  it('of an rpm lays the same package down again', () => {
    const repair = recipe('rpm').repair({ state: 'partial', version: '24.2.2.20', detail: '' });
    expect(repair).toEqual([{ program: 'rpm', args: ['-U', '--replacepkgs', '{package}'] }]);
  });

  it('of a unit that no package owns is an installation', () => {
    const state = { state: 'absent' as const, version: null, detail: '' };
    expect(recipe('deb').repair(state)).toEqual(recipe('deb').install);
    expect(recipe('rpm').repair(state)).toEqual(recipe('rpm').install);
  });
});
