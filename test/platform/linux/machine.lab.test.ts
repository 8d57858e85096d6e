import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { killTree } from '#platform/linux/kill-tree.ts';
import { heldLocks } from '#platform/linux/locks.ts';
import { installerProcesses } from '#platform/linux/processes.ts';
import { surveyProcesses } from '#platform/linux/survey-processes.ts';
import { surveyPaths } from '#platform/linux/survey.ts';
import type { ProcessRecord } from '#platform/inventory.ts';
import { faultFrom } from '#test/platform/fault.ts';
import { ask, buildDeb, emptyDpkg, labDirectory } from '#test/platform/linux/lab.ts';
import { linuxWorld } from '#test/platform/linux/world.ts';

const lab = labDirectory();
const inLab = (name: string): string => join(lab.path, name);
const nobody = 65_534;
const children: ChildProcess[] = [];

function run(program: string, args: readonly string[], options: { uid?: number; argv0?: string } = {}): ChildProcess {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/', ...options });
  children.push(child);
  return child;
}

/** A process whose command line holds `mark`, once it is there. */
async function recordOf(mark: string): Promise<ProcessRecord> {
  return vi.waitFor(async () => {
    const probe = await surveyProcesses();
    if (probe.status !== 'ok') throw new Error(probe.detail);
    const found = probe.value.find(({ pid }) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(mark);
      } catch {
        return false;
      }
    });
    if (found === undefined) throw new Error(`no process with ${mark}`);
    return found;
  }, 5_000);
}

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => lab.remove());

describe('F4 what a process says of itself', () => {
  it('is believed for root’s own program', async () => {
    run('/bin/sleep', ['7001']);
    expect(await recordOf('7001')).toMatchObject({ name: 'sleep', trusted: true, blocksFileAccess: false });
  });

  it('is believed for a sandboxed service of root’s, and one of a system user', async () => {
    run('/usr/bin/unshare', ['-m', '/bin/sleep', '7002']);
    run('/bin/sleep', ['7003'], { uid: 2 });
    expect(await recordOf('7002')).toMatchObject({ name: 'sleep', trusted: true });
    expect(await recordOf('7003')).toMatchObject({ name: 'sleep', trusted: true });
  });

  it('is not believed for a user’s process, whatever its argv', async () => {
    run('/bin/sleep', ['7004'], { uid: nobody, argv0: '/usr/sbin/clamd' });
    expect(await recordOf('7004')).toMatchObject({ name: 'sleep', trusted: false });
  });

  it('is not believed from a user namespace that shows a forged executable', async () => {
    const forged = inLab('forged');
    mkdirSync(forged);
    chmodSync(lab.path, 0o755);
    copyFileSync('/bin/sleep', join(forged, 'payload'));
    const script = `mount --bind ${forged}/payload /usr/bin/rpm2cpio && exec /usr/bin/rpm2cpio 7005`;
    run('/usr/bin/unshare', ['-U', '-r', '-m', 'sh', '-c', script], { uid: nobody });
    const record = await recordOf('7005');
    expect(record.path).toBe('/usr/bin/rpm2cpio');
    expect(record.trusted).toBe(false);
  });

  it('is not believed from a container of root’s', async () => {
    // A container as engines make it: pid namespace and root directory of its own.
    const root = inLab('container');
    mkdirSync(root);
    const script = `mount --bind ${root} ${root} && mount --rbind /usr ${root}/usr && exec chroot ${root} /usr/bin/sleep`;
    for (const name of ['usr', 'bin', 'lib', 'lib64']) {
      if (name === 'usr') mkdirSync(join(root, name));
      else symlinkSync(`usr/${name}`, join(root, name));
    }
    run('/usr/bin/unshare', ['-p', '-f', '--kill-child', '-m', 'sh', '-c', `${script} 7006`]);
    run('/usr/bin/unshare', ['-m', 'sh', '-c', `${script} 7011`]);
    expect(await recordOf('7006')).toMatchObject({ name: 'sleep', trusted: false });
    expect(await recordOf('7011')).toMatchObject({ name: 'sleep', trusted: false });
  });

  it('is not believed for a file others could have written', async () => {
    copyFileSync('/bin/sleep', inLab('sleep'));
    chmodSync(inLab('sleep'), 0o775);
    run(inLab('sleep'), ['7007']);
    expect(await recordOf('7007')).toMatchObject({ path: inLab('sleep'), trusted: false });
  });

  it('shows who decides over file opens', async () => {
    const python =
      'import ctypes,time,sys; c=ctypes.CDLL(None); fd=c.fanotify_init(int(sys.argv[1]),0); print(fd,flush=True); time.sleep(60)';
    const content = run('/usr/bin/python3', ['-c', python, '4', '7009']);
    const listening = run('/usr/bin/python3', ['-c', python, '0', '7010']);
    for (const child of [content, listening]) {
      const fd = await new Promise<string>((resolve) => child.stdout?.once('data', (data) => resolve(String(data))));
      expect(Number(fd)).toBeGreaterThan(0);
    }
    expect(await recordOf('7009')).toMatchObject({ blocksFileAccess: true, trusted: true });
    expect(await recordOf('7010')).toMatchObject({ blocksFileAccess: false });
  });
});

describe('G6 paths of products', () => {
  it('are told apart by who could have made them', async () => {
    mkdirSync(inLab('opt'));
    mkdirSync(inLab('opt/product-a'));
    mkdirSync(inLab('opt/product-b'));
    chownSync(inLab('opt/product-b'), nobody, nobody);
    symlinkSync('/nowhere', inLab('opt/product-c'));
    const probe = await surveyPaths(['/usr/bin', '/nothing/here', inLab('opt/product-*')]);
    expect(probe.status).toBe('ok');
    if (probe.status !== 'ok') return;
    expect(probe.value.map(({ path, trusted }) => `${path.replace(lab.path, '')} ${trusted}`)).toEqual([
      '/usr/bin true',
      '/opt/product-a false',
      '/opt/product-b false',
      '/opt/product-c false',
    ]);
  });
});

describe('locks of package managers', () => {
  const python =
    'import fcntl,sys,time; f=open(sys.argv[1],"a"); fcntl.lockf(f,fcntl.LOCK_EX); print("held",flush=True); time.sleep(60)';
  const hold = (path: string): Promise<ChildProcess> => {
    const child = run('/usr/bin/python3', ['-c', python, path]);
    return new Promise((resolve) => child.stdout?.once('data', () => resolve(child)));
  };

  it('name their holder, and are gone with it', async () => {
    const root = inLab('locks');
    execFileSync('mkdir', ['-p', `${root}/var/lib/dpkg`, `${root}/var/lib/apt/lists`]);
    writeFileSync(`${root}/var/lib/dpkg/lock`, '');
    expect(await heldLocks('deb', root)).toEqual({ status: 'ok', value: [] });
    const holder = await hold(`${root}/var/lib/dpkg/lock-frontend`);
    const probe = await heldLocks('deb', root);
    const path = `${root}/var/lib/dpkg/lock-frontend`;
    const command = expect.stringMatching(/^python3[.0-9]*$/) as string;
    expect(probe).toEqual({
      status: 'ok',
      value: [{ lock: 'dpkg frontend', path, holder: { pid: holder.pid, command } }],
    });
    holder.kill('SIGKILL');
    await vi.waitFor(async () => expect(await heldLocks('deb', root)).toEqual({ status: 'ok', value: [] }));
  });

  it('are found on every kind of file system', async () => {
    execFileSync('mkdir', ['-p', inLab('tmpfs')]);
    execFileSync('mount', ['-t', 'tmpfs', 'lab', inLab('tmpfs')]);
    try {
      execFileSync('mkdir', ['-p', `${inLab('tmpfs')}/var/lib/rpm`]);
      const holder = await hold(`${inLab('tmpfs')}/var/lib/rpm/.rpm.lock`);
      expect(await heldLocks('rpm', inLab('tmpfs'))).toMatchObject({
        value: [{ lock: 'rpm', holder: { pid: holder.pid } }],
      });
      const ended = new Promise((resolve) => holder.once('close', resolve));
      holder.kill('SIGKILL');
      await ended;
    } finally {
      execFileSync('umount', [inLab('tmpfs')]);
    }
  });

  it('in pid files hold while the process that wrote them lives', async () => {
    const root = inLab('pids');
    execFileSync('mkdir', ['-p', `${root}/run`]);
    const child = run('/bin/sleep', ['60']);
    writeFileSync(`${root}/run/zypp.pid`, `${child.pid}\n`);
    expect(await heldLocks('rpm', root)).toMatchObject({
      value: [{ lock: 'zypp', holder: { pid: child.pid, command: 'sleep' } }],
    });
    execFileSync('touch', ['-d', '1 hour ago', `${root}/run/zypp.pid`]);
    expect(await heldLocks('rpm', root)).toEqual({ status: 'ok', value: [] });
    writeFileSync(`${root}/run/zypp.pid`, 'not a pid');
    expect(await heldLocks('rpm', root)).toEqual({ status: 'ok', value: [] });
    expect(await heldLocks('msi')).toMatchObject({ status: 'unsupported' });
  });

  it('a real dpkg at work is seen as an installer, a user’s namesake is not', async () => {
    const admin = emptyDpkg(lab.path);
    const deb = buildDeb(lab.path, { name: 'slow', scripts: { postinst: '#!/bin/sh\nsleep 60\n' } });
    mkdirSync(inLab('instdir'));
    const args = [
      `--admindir=${admin}`,
      `--instdir=${inLab('instdir')}`,
      '--force-script-chrootless',
      '--log=/dev/null',
    ];
    const dpkg = run('/usr/bin/dpkg', [...args, '-i', deb]);
    copyFileSync('/bin/sleep', inLab('dpkg-deb'));
    const fake = run(inLab('dpkg-deb'), ['60'], { uid: nobody });
    await vi.waitFor(async () => {
      const probe = await installerProcesses();
      const pids = probe.status === 'ok' ? probe.value.map(({ pid }) => pid) : [];
      expect(pids).toContain(dpkg.pid);
      expect(pids).not.toContain(fake.pid);
    }, 5_000);
    killTree(dpkg.pid ?? 0);
  });
});

describe('G7 a vendor’s tool', () => {
  const tool = (over: Readonly<Record<string, string>> = {}, change: object = {}) =>
    ask(lab.path, {
      method: 'probeVendorTool',
      args: [
        {
          kind: 'file',
          name: 'ctl',
          path: '/usr/bin/dpkg-split',
          packageNames: ['nothere', 'dpkg'],
          productUser: null,
          ...change,
        },
        ['--version'],
      ],
      over,
    });
  const refused = { status: 'failed', code: 'health.untrusted-tool' };

  it('runs when it is what its package installed', () => {
    expect(tool()).toMatchObject({ status: 'ok', value: { code: 0 } });
  });

  it('is refused outside its package’s file list, and as a link planted by others', () => {
    copyFileSync('/usr/bin/dpkg-split', inLab('dpkg-split'));
    expect(tool({}, { path: inLab('dpkg-split') })).toMatchObject(refused);
    expect(tool({}, { packageNames: ['bash'] })).toMatchObject(refused);
    expect(tool({}, { packageNames: ['nothere'] })).toMatchObject(refused);
    expect(tool({}, { path: '/usr/share/doc/dpkg/copyright' })).toMatchObject(refused);
  });

  it('is refused when its bytes, owner or mode changed', () => {
    const evil = inLab('evil');
    const ran = inLab('evil-ran');
    writeFileSync(evil, `#!/bin/sh\ntouch ${ran}\n`, { mode: 0o755 });
    expect(tool({ '/usr/bin/dpkg-split': evil })).toMatchObject(refused);
    const same = inLab('same');
    copyFileSync('/usr/bin/dpkg-split', same);
    chmodSync(same, 0o777);
    expect(tool({ '/usr/bin/dpkg-split': same })).toMatchObject(refused);
    chmodSync(same, 0o755);
    chownSync(same, nobody, nobody);
    expect(tool({ '/usr/bin/dpkg-split': same })).toMatchObject(refused);
    expect(tool({ '/usr/bin/dpkg-split': same }, { productUser: 'nobody' })).toMatchObject({ status: 'ok' });
    expect(existsSync(ran)).toBe(false);
  });
});

describe('directories of other users', () => {
  it('are refused and left alone', async () => {
    const world = await linuxWorld();
    try {
      mkdirSync(world.stateRoot, { mode: 0o700 });
      chownSync(world.stateRoot, nobody, nobody);
      const fault = await faultFrom(() => world.platform.files.openPrivateDirectory(world.stateRoot));
      expect(fault.code).toBe('state.untrusted-directory');
      const below = await faultFrom(() => world.platform.files.openPrivateDirectory(`${world.stateRoot}/deep`));
      expect(below.code).toBe('state.untrusted-directory');
      writeFileSync(join(world.root, 'a.json'), '{}', { mode: 0o600 });
      chownSync(join(world.root, 'a.json'), nobody, nobody);
      const order = await faultFrom(() => world.platform.files.readTrusted(join(world.root, 'a.json'), 10));
      expect(order.code).toBe('file.untrusted');
      const log = { newerThanMs: 0, bytesMax: 10 };
      const planted = await faultFrom(() => world.platform.files.readForeign(join(world.root, 'a.json'), log));
      expect(planted.code).toBe('log.untrusted');
    } finally {
      await world.cleanup();
    }
  });
});

describe('the disk', () => {
  it('being full is told as such, and the old content stays', async () => {
    const world = await linuxWorld();
    execFileSync('mkdir', ['-p', '-m', '700', world.stateRoot]);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=700', 'lab', world.stateRoot]);
    try {
      const state = await world.platform.files.openPrivateDirectory(world.stateRoot);
      await state.replace('a', new TextEncoder().encode('old'));
      const big = new Uint8Array(256 * 1024);
      expect((await faultFrom(() => state.replace('a', big))).code).toBe('state.no-space');
      expect((await faultFrom(() => state.create('b', big))).code).toBe('state.no-space');
      const log = await state.append('log');
      expect((await faultFrom(() => log.append(big))).code).toBe('state.no-space');
      expect((await faultFrom(() => log.append(new Uint8Array(1)))).code).toBe('state.disk-error');
      await log.close();
      await state.remove('log');
      expect(await state.list()).toEqual(['a']);
      expect(new TextDecoder().decode((await state.read('a', 10)) ?? undefined)).toBe('old');
    } finally {
      execFileSync('umount', ['-l', world.stateRoot]);
      await world.cleanup();
    }
  });

  it('not confirming a write ends the append file', () => {
    const script = `
      import { linuxPlatform } from '#platform/linux/index.ts';
      const [root] = process.argv.slice(1);
      const platform = linuxPlatform({ selfCommand: { program: '', args: [] }, trustedRoot: root });
      const state = await platform.files.openPrivateDirectory(root + '/fsync');
      const log = await state.append('log');
      process.stdout.write('ready\\n');
      const codes = [];
      for (let each = 0; each < 2; each += 1) {
        try { await log.append(new Uint8Array(10)); codes.push('ok'); } catch (error) { codes.push(error.code); }
      }
      process.stdout.write(codes.join(' '));
    `;
    const house = fileURLToPath(new URL('../../..', import.meta.url));
    // On one thread, because strace counts for each: two of opening come first, then the append's own fails.
    const inject = ['-f', '-qq', '-o', '/dev/null', '-e', 'trace=fsync', '-e', 'inject=fsync:error=EIO:when=3'];
    const node = [process.execPath, '--input-type=module', '-e', script, lab.path];
    const output = execFileSync('strace', [...inject, ...node], {
      cwd: house,
      encoding: 'utf8',
      env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
    });
    expect(output).toBe('ready\nstate.disk-error state.disk-error');
  });
});
