import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PinnedPublishers } from '#platform/platform.ts';
import {
  ask,
  buildDeb,
  buildRpm,
  emptyDpkg,
  labDirectory,
  makeKey,
  type SigningKey,
} from '#test/platform/linux/lab.ts';

const lab = labDirectory();
const inLab = (name: string): string => join(lab.path, name);
const pins = (...keys: readonly SigningKey[]): PinnedPublishers => ({
  rpmKeys: keys.map(({ fingerprint, armoured }) => ({ fingerprint, armoured })),
  authenticodeOrganisations: [],
  appleTeamIds: [],
});

let vendor: SigningKey;
let stranger: SigningKey;

function signed(name: string, key: SigningKey | null, change: (bytes: Buffer) => void = () => undefined): string {
  const file = inLab(`${name}.rpm`);
  copyFileSync(buildRpm(lab.path, { name: 'standin', files: { '/opt/standin/ctl': 'echo payload' } }), file);
  key?.sign(file);
  const bytes = readFileSync(file);
  change(bytes);
  writeFileSync(file, bytes);
  return file;
}

beforeAll(() => {
  vendor = makeKey(lab.path, 'vendor');
  stranger = makeKey(lab.path, 'stranger');
});
afterAll(() => lab.remove());

describe('F5 rpm signatures, held against pinned keys alone', () => {
  const verify = (file: string, pinned: PinnedPublishers) =>
    ask(lab.path, { method: 'verifySignature', args: ['rpm', file, pinned] });

  it('trusts the vendor’s own', () => {
    expect(verify(signed('good', vendor), pins(vendor))).toEqual({ status: 'trusted', publisher: vendor.fingerprint });
    const both = verify(signed('second', stranger), pins(vendor, stranger));
    expect(both).toEqual({ status: 'trusted', publisher: stranger.fingerprint });
  });

  it('refuses an unsigned one, one signed by another and altered ones, each by its name', () => {
    const flipLast = (bytes: Buffer): void => {
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 20) ^ 1, bytes.length - 20);
    };
    const renameInHeader = (bytes: Buffer): void => {
      bytes.write('x', bytes.lastIndexOf('standin\0'));
    };
    expect(verify(signed('unsigned', null), pins(vendor))).toMatchObject({ status: 'unsigned' });
    expect(verify(signed('foreign', stranger), pins(vendor))).toMatchObject({ status: 'untrusted' });
    expect(verify(signed('payload', vendor, flipLast), pins(vendor))).toMatchObject({ status: 'altered' });
    expect(verify(signed('header', vendor, renameInHeader), pins(vendor))).toMatchObject({ status: 'altered' });
  });

  it('refuses what is no package, what is not there, and everything when no key is pinned', () => {
    writeFileSync(inLab('text.rpm'), 'not a package');
    expect(verify(inLab('text.rpm'), pins(vendor))).toMatchObject({ status: 'failed' });
    expect(verify(inLab('absent.rpm'), pins(vendor))).toMatchObject({ status: 'failed' });
    expect(verify(signed('nopin', vendor), pins())).toMatchObject({ status: 'untrusted' });
  });

  it('is not helped by a key in the machine’s own keyring or in a HOME', () => {
    const home = inLab('home');
    mkdirSync(home);
    writeFileSync(join(home, '.rpmmacros'), `%_dbpath ${home}/db\n%_pkgverify_level none\n`);
    mkdirSync(join(home, 'db'));
    writeFileSync(inLab('stranger.asc'), stranger.armoured);
    execFileSync('rpmkeys', ['--dbpath', `${home}/db`, '--import', inLab('stranger.asc')]);
    const verdict = ask(lab.path, {
      method: 'verifySignature',
      args: ['rpm', signed('home', stranger), pins(vendor)],
      environment: { HOME: home },
      over: { '/var/lib/rpm': `${home}/db` },
    });
    expect(verdict).toMatchObject({ status: 'untrusted' });
  });

  it('says that a deb has none', () => {
    const args = ['deb', buildDeb(lab.path, { name: 'x' }), pins(vendor)];
    expect(ask(lab.path, { method: 'verifySignature', args })).toEqual({ status: 'not-applicable' });
  });
});

describe('F3 a foreign HOME runs nothing', () => {
  it('through rpm', () => {
    const home = inLab('evil-home');
    const trace = inLab('ran-as-root');
    mkdirSync(home);
    writeFileSync(join(home, '.rpmmacros'), `%_dbpath %(touch ${trace})${lab.path}/evil-db\n`);
    const file = signed('f3', null);
    execFileSync('rpm', ['-qp', file], { env: { PATH: '/usr/bin:/bin', HOME: home }, stdio: 'pipe' });
    expect(existsSync(trace), 'the trap itself works').toBe(true);
    execFileSync('rm', [trace]);
    const environment = { HOME: home, XDG_CONFIG_HOME: home, RPM_CONFIGDIR: home };
    const found = ask(lab.path, { method: 'packageMetadata', args: ['rpm', file], environment });
    expect(found).toMatchObject({ status: 'ok', value: { name: 'standin' } });
    ask(lab.path, { method: 'verifySignature', args: ['rpm', file, pins(vendor)], environment });
    expect(existsSync(trace)).toBe(false);
  });
});

describe('package files', () => {
  it('tell name, version and architecture', () => {
    const deb = buildDeb(lab.path, { name: 'sentinelagent', version: '24.2.2.20' });
    const rpm = buildRpm(lab.path, { name: 'SentinelAgent', version: '24.2.2.20' });
    const all = { name: 'sentinelagent', version: '24.2.2.20', architecture: 'all' };
    expect(ask(lab.path, { method: 'packageMetadata', args: ['deb', deb] })).toEqual({ status: 'ok', value: all });
    const noarch = { name: 'SentinelAgent', version: '24.2.2.20', architecture: 'noarch' };
    expect(ask(lab.path, { method: 'packageMetadata', args: ['rpm', rpm] })).toEqual({ status: 'ok', value: noarch });
  });

  it('that are none are unreadable', () => {
    writeFileSync(inLab('text'), 'x');
    for (const format of ['deb', 'rpm']) {
      const answer = ask(lab.path, { method: 'packageMetadata', args: [format, inLab('text')] });
      expect(answer).toMatchObject({ status: 'failed', code: 'package.unreadable' });
    }
  });
});

describe('the state of a package', () => {
  it('is read from real dpkg states', () => {
    const admin = emptyDpkg(lab.path);
    const root = inLab('root');
    mkdirSync(root);
    const dpkg = (...args: readonly string[]): void => {
      const all = [`--admindir=${admin}`, `--instdir=${root}`, '--force-script-chrootless', '--log=/dev/null', ...args];
      execFileSync('sh', ['-c', 'dpkg "$@" || true', 'sh', ...all], { stdio: 'pipe' });
    };
    const failing = { postinst: '#!/bin/sh\nexit 1\n' };
    dpkg('-i', buildDeb(lab.path, { name: 'whole', files: { '/etc/whole.conf': '1' } }));
    dpkg('-i', buildDeb(lab.path, { name: 'half', scripts: failing }));
    dpkg('--unpack', buildDeb(lab.path, { name: 'unpacked' }));
    const conffile = { conffiles: '/etc/left.conf\n' };
    dpkg('-i', buildDeb(lab.path, { name: 'left', files: { '/etc/left.conf': '1' }, scripts: conffile }));
    dpkg('-r', 'left');
    const state = (name: string) =>
      ask(lab.path, { method: 'packageState', args: ['deb', [name, 'other']], over: { '/var/lib/dpkg': admin } });
    expect(state('whole')).toMatchObject({ value: { state: 'present', version: '24.2.2.20', detail: 'ii' } });
    expect(state('half')).toMatchObject({ value: { state: 'partial', detail: 'iF' } });
    expect(state('unpacked')).toMatchObject({ value: { state: 'partial', detail: 'iU' } });
    expect(state('left')).toMatchObject({ value: { state: 'absent', detail: 'rc' } });
    expect(state('nothere')).toMatchObject({ value: { state: 'absent', detail: 'not installed' } });
  });

  it('and the whole list are read from a real rpm database', () => {
    const database = inLab('rpmdb');
    mkdirSync(database);
    const rpm = buildRpm(lab.path, { name: 'SentinelAgent', files: { '/opt/standin/ctl': 'echo' } });
    const install = ['--force-debian', '--justdb', '--nodeps', '--noscripts', '-i', rpm];
    execFileSync('rpm', ['--dbpath', database, ...install], { stdio: 'pipe' });
    // Debian's rpm keeps its database in HOME; the systems that live from rpm keep it here.
    const macros = readFileSync('/usr/lib/rpm/macros', 'utf8').replace(/^%_dbpath.*$/m, '%_dbpath /var/lib/rpm');
    writeFileSync(inLab('macros'), macros);
    const over = {
      '/var/lib/rpm': database,
      '/usr/lib/rpm/macros': inLab('macros'),
      '/var/lib/dpkg': emptyDpkg(inLab('empty')),
    };
    const state = (...names: readonly string[]) =>
      ask(lab.path, { method: 'packageState', args: ['rpm', names], over });
    const present = { state: 'present', version: '24.2.2.20', detail: '24.2.2.20-1' };
    expect(state('SentinelAgent')).toEqual({ status: 'ok', value: present });
    expect(state('sentinelagent', 'SentinelAgent')).toEqual({ status: 'ok', value: present });
    expect(state('nothere', 'neither')).toMatchObject({ status: 'ok', value: { state: 'absent' } });
    const listed = ask(lab.path, { method: 'inventory', args: [{ services: [], paths: [], launchDaemons: [] }], over });
    const record = { format: 'rpm', name: 'SentinelAgent', version: '24.2.2.20-1', state: 'installed' };
    expect(listed).toMatchObject({ packages: { status: 'ok', value: [record] } });
  });

  it('tells a tool that rpm installed from one that was changed', () => {
    const database = inLab('tooldb');
    mkdirSync(database);
    const body = '#!/bin/sh\necho "$@"; cat\n';
    const rpm = buildRpm(lab.path, { name: 'standintool', files: { '/opt/standin/ctl': body } });
    const install = ['--force-debian', '--justdb', '--nodeps', '--noscripts', '-i', rpm];
    execFileSync('rpm', ['--dbpath', database, ...install], { stdio: 'pipe' });
    const macros = readFileSync('/usr/lib/rpm/macros', 'utf8').replace(/^%_dbpath.*$/m, '%_dbpath /var/lib/rpm');
    writeFileSync(inLab('macros'), macros);
    mkdirSync(inLab('opt/standin'), { recursive: true });
    writeFileSync(inLab('opt/standin/ctl'), body, { mode: 0o755 });
    const over = {
      '/var/lib/rpm': database,
      '/usr/lib/rpm/macros': inLab('macros'),
      '/var/lib/dpkg': emptyDpkg(inLab('empty')),
      '/opt': inLab('opt'),
    };
    const spec = {
      kind: 'file',
      name: 'ctl',
      path: '/opt/standin/ctl',
      packageNames: ['standintool'],
      productUser: null,
    };
    const tool = (change: object = {}) =>
      ask(lab.path, { method: 'probeVendorTool', args: [{ ...spec, ...change }, ['status'], 'by stdin'], over });
    expect(tool()).toMatchObject({ status: 'ok', value: { code: 0, stdout: 'status\nby stdin' } });
    expect(tool({ packageNames: ['osbase'] })).toMatchObject({ code: 'health.untrusted-tool' });
    writeFileSync(inLab('opt/standin/ctl'), `${body}# changed\n`);
    expect(tool()).toMatchObject({ status: 'failed', code: 'health.untrusted-tool' });
  });
});
