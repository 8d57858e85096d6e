/** The versions on a real file system: what stands where, and what holds in between. */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { VersionGround } from '#platform/files/version-ground.ts';
import { versionTree } from '#platform/files/version-tree.ts';
import { LinuxFiles } from '#platform/linux/files.ts';
import { posixGround } from '#platform/posix/version-ground.ts';
import type { ProgramVersions } from '#platform/program-versions.ts';
import { Fault } from '#protocol/codes.ts';

const uid = process.getuid?.() ?? 0;
let work: string;
let files: LinuxFiles;
let versions: ProgramVersions;

function tree(pointer: 'link' | 'file'): ProgramVersions {
  const ground = posixGround(files, uid);
  return versionTree({ root: join(work, 'root'), separator: '/', programName: 'garrison-agent', pointer, ground });
}

function program(text: string): string {
  const path = join(work, `program-${text}`);
  writeFileSync(path, text, { mode: 0o755 });
  return path;
}

beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'garrison-versions-'));
  files = new LinuxFiles({ expectedUid: uid, trustedRoot: work });
  versions = tree('link');
});
afterEach(() => rmSync(work, { recursive: true, force: true }));

describe.each(['link', 'file'] as const)('versions with a %s as their pointer', (pointer) => {
  beforeEach(() => {
    versions = tree(pointer);
  });

  it('one is laid down beside the others, and started once it is current', async () => {
    expect([await versions.list(), await versions.current()]).toEqual([[], null]);
    await versions.adopt('0.1.0', program('one'));
    await versions.makeCurrent('0.1.0');
    await versions.adopt('0.2.0', program('two'));
    expect([...(await versions.list())].sort()).toEqual(['0.1.0', '0.2.0']);
    expect(await versions.current()).toBe('0.1.0');
    await versions.makeCurrent('0.2.0');
    expect(await versions.current()).toBe('0.2.0');
    expect(readFileSync(versions.program('0.2.0'), 'utf8')).toBe('two');
  });

  it('one that is not there cannot become current, and one that goes is none', async () => {
    await versions.adopt('0.1.0', program('one'));
    await expect(versions.makeCurrent('0.2.0')).rejects.toThrow('is not there');
    await versions.makeCurrent('0.1.0');
    await versions.remove('0.1.0');
    expect(await versions.current()).toBeNull();
  });
});

it('a version comes out of a private directory by its bytes, readable and closed to writers', async () => {
  const directory = await files.openPrivateDirectory(join(work, 'state'));
  await directory.create('download', Buffer.from('the agent'));
  const laid = await versions.lay('0.2.0', directory, 'download');
  expect(laid?.sizeBytes).toBe(9);
  expect(statSync(versions.program('0.2.0')).mode & 0o7777).toBe(0o755);
  expect(statSync(join(work, 'root/versions/0.2.0')).mode & 0o7777).toBe(0o755);
  expect(await versions.lay('0.3.0', directory, 'nothing')).toBeNull();
  expect(await versions.list()).toEqual(['0.2.0']);
});

it('the rest of a version that was removed while it ran makes room for the same version again', async () => {
  await versions.adopt('0.1.0', program('one'));
  mkdirSync(join(work, 'root/versions/0.2.0'));
  writeFileSync(join(work, 'root/versions/0.2.0/held'), 'by a scanner');
  expect(await versions.list()).toEqual(['0.1.0']);
  await versions.adopt('0.2.0', program('two'));
  expect(readdirSync(join(work, 'root/versions/0.2.0'))).toEqual(['garrison-agent']);
});

describe('what a system brings along', () => {
  const asked: string[] = [];
  const over = (change: Partial<VersionGround>): ProgramVersions =>
    versionTree({
      root: join(work, 'root'),
      separator: '/',
      programName: 'garrison-agent',
      pointer: 'file',
      ground: { ...posixGround(files, uid), ...change },
    });
  const download = async () => {
    const directory = await files.openPrivateDirectory(join(work, 'state'));
    await directory.create('download', Buffer.from('the agent'));
    return directory;
  };
  beforeEach(() => void asked.splice(0));

  it('SEC-2: a place that others could write is refused before anything of the program stands in it', async () => {
    const distrusts = over({ openWork: () => Promise.reject(new Fault('state.untrusted-directory', 'is open to BU')) });
    await expect(distrusts.lay('0.2.0', await download(), 'download')).rejects.toThrow('is open to BU');
    expect(readdirSync(join(work, 'root/versions'))).toEqual([]);
  });

  it('a pointer and a note last as files, not only as names', async () => {
    const file = over({ sync: async (path) => void asked.push(path.slice(work.length)) });
    await file.adopt('0.1.0', program('one'));
    asked.splice(0);
    await file.makeCurrent('0.1.0');
    await file.writeNote('trial', '0.2.0 0.1.0 70');
    expect(asked).toEqual(['/root/current', '/root', '/root/trial', '/root']);
  });

  it('somebody who holds a file for a moment is waited for', async () => {
    let held = 0;
    const patient = over({
      async patiently(attempt) {
        held += 1;
        return attempt();
      },
    });
    await patient.lay('0.1.0', await download(), 'download');
    await patient.makeCurrent('0.1.0');
    await patient.removeNote('trial');
    await patient.remove('0.1.0');
    expect(held).toBe(5);
  });
});

it('the same version again replaces its program in one step, and what is current stays startable', async () => {
  await versions.adopt('0.1.0', program('one'));
  await versions.makeCurrent('0.1.0');
  await versions.adopt('0.1.0', program('other'));
  expect(readFileSync(join(work, 'root/current/garrison-agent'), 'utf8')).toBe('other');
});

it('links are relative, so that the tree can be looked at from elsewhere', async () => {
  await versions.adopt('0.1.0', program('one'));
  await versions.makeCurrent('0.1.0');
  await versions.makePrevious('0.1.0');
  expect(readlinkSync(join(work, 'root/current'))).toBe('versions/0.1.0');
  expect(readlinkSync(join(work, 'root/previous'))).toBe('versions/0.1.0');
});

it('SEC-2: nothing is laid where others can write, or through a link', async () => {
  mkdirSync(join(work, 'root'), { mode: 0o777 });
  chmodSync(join(work, 'root'), 0o777);
  await expect(versions.adopt('0.1.0', program('one'))).rejects.toThrow('can be changed by others');
  rmSync(join(work, 'root'), { recursive: true });
  mkdirSync(join(work, 'elsewhere'));
  symlinkSync(join(work, 'elsewhere'), join(work, 'root'));
  await expect(versions.adopt('0.1.0', program('one'))).rejects.toThrow('is not a directory');
});

it('no name leads out of the tree, neither asked for nor found', async () => {
  expect(() => versions.program('../../etc')).toThrow('not a version');
  await versions.adopt('0.1.0', program('one'));
  symlinkSync('/etc', join(work, 'root/current'));
  expect(await versions.current()).toBeNull();
});

it('what an interrupted laying left behind is gone after the next', async () => {
  await versions.adopt('0.1.0', program('one'));
  mkdirSync(join(work, 'root/versions/.new-0000'));
  await versions.adopt('0.2.0', program('two'));
  expect(existsSync(join(work, 'root/versions/.new-0000'))).toBe(false);
});

it('a note is there as a whole or not at all, and whoever takes it first has it alone', async () => {
  await versions.adopt('0.1.0', program('one'));
  expect(await versions.note('trial')).toBeNull();
  await versions.writeNote('trial', '0.2.0 0.1.0 75');
  expect(await versions.note('trial')).toBe('0.2.0 0.1.0 75');
  expect(await Promise.all([versions.removeNote('trial'), versions.renameNote('trial', 'returning')])).toContain(true);
  expect(await versions.removeNote('trial')).toBe(false);
  expect(await versions.renameNote('trial', 'returning')).toBe(false);
});

it('all of it goes at an uninstallation', async () => {
  await versions.adopt('0.1.0', program('one'));
  await versions.makeCurrent('0.1.0');
  await versions.writeNote('fallback', 'x');
  await versions.removeAll();
  expect(lstatSync(join(work, 'root'), { throwIfNoEntry: false })).toBeUndefined();
});
