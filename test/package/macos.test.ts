/** The macOS archive as bytes, with a small file in the program's place. Its scripts run in `macos.lab.test.ts`; nothing of it has run on a Mac. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { daemonFile, launchDaemon, watchDaemon, watchFile } from '#platform/macos/launch-daemon.ts';
import { makeArchive } from '../../scripts/package/macos.ts';

const work = mkdtempSync(join(tmpdir(), 'garrison-archive-'));
afterAll(() => rmSync(work, { recursive: true }));

const list = `
import json, sys, tarfile
with tarfile.open(sys.argv[1], mode='r:gz', errorlevel=2) as archive:
    json.dump([[m.name, oct(m.mode), m.uid, m.gid, m.uname, m.gname, m.mtime, m.isreg() or m.isdir(),
                archive.extractfile(m).read().decode() if m.isreg() else None] for m in archive.getmembers()], sys.stdout)
`;
type Member = [string, string, number, number, string, string, number, boolean, string | null];

function membersOf(file: string): readonly Member[] {
  const { stdout, stderr } = spawnSync('python3', ['-c', list, file], { encoding: 'utf8', maxBuffer: 1e8 });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Member[];
}

const program = join(work, 'program');
const notices = 'licences of others\n';
const request = { target: 'macos-arm64', version: '1.2.3', program, notices, epochSeconds: 1_780_000_000 } as const;
const first = join(work, 'first.tar.gz');
let members: readonly Member[];
beforeAll(() => {
  writeFileSync(program, 'the program', { mode: 0o700 });
  makeArchive({ ...request, output: first });
  members = membersOf(first);
});

const textOf = (name: string): string => members.find(([path]) => path === name)?.[8] ?? '';

describe('the macOS archive', () => {
  it('holds the program where it will stand, its daemon and the scripts, and nothing else', () => {
    const files = members.filter(([, , , , , , , , text]) => text !== null).map(([path]) => path);
    expect(files).toEqual(
      [
        'LICENSE',
        'install.sh',
        `payload${daemonFile}`,
        `payload${watchFile}`,
        'payload/Library/Garrison/versions/1.2.3/garrison-agent',
        'third-party-notices.txt',
        'uninstall.sh',
      ].sort(),
    );
    expect(textOf('payload/Library/Garrison/versions/1.2.3/garrison-agent')).toBe('the program');
    expect(textOf(`payload${daemonFile}`)).toBe(launchDaemon());
    expect(textOf(`payload${watchFile}`)).toBe(watchDaemon());
    expect(textOf('third-party-notices.txt')).toBe(notices);
    expect(textOf('LICENSE')).toContain('Apache License');
  });

  it('G29: all of it is root:wheel, and nobody else may write', () => {
    for (const [name, mode, uid, gid, uname, gname, mtime, plain] of members) {
      expect({ name, uid, gid, uname, gname }).toEqual({ name, uid: 0, gid: 0, uname: 'root', gname: 'wheel' });
      expect(Number.parseInt(mode, 8) & 0o022, name).toBe(0);
      expect({ name, mtime, plain }).toEqual({ name, mtime: request.epochSeconds, plain: true });
    }
  });

  it('is the same for the same, to the byte', () => {
    const second = join(work, 'second.tar.gz');
    makeArchive({ ...request, output: second });
    expect(readFileSync(second).equals(readFileSync(first))).toBe(true);
  });

  it.each(['install.sh', 'uninstall.sh'])(
    '%s is a whole script of the plain shell, with nothing left to fill in',
    (name) => {
      const script = textOf(name);
      expect(script).toMatch(/^#!\/bin\/sh\n/);
      expect(script).not.toMatch(/@[A-Z]+@/);
      expect(spawnSync('sh', ['-n'], { input: script, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
      expect(script).toContain(daemonFile);
      expect(script).toContain(watchFile);
    },
  );

  it('is made for one processor, and says which', () => {
    expect(textOf('install.sh')).toContain("machine='arm64'");
    const intel = join(work, 'intel.tar.gz');
    makeArchive({ ...request, target: 'macos-x64', output: intel });
    expect(membersOf(intel).find(([path]) => path === 'install.sh')?.[8]).toContain("machine='x86_64'");
  });
});
