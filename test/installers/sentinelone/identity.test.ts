import { describe, expect, it } from 'vitest';
import { judgeIdentity } from '#installers/sentinelone/identity.ts';
import { candidate, releaseFloor } from '#test/installers/sentinelone/samples.ts';

const deb = candidate();
const rpm = candidate({ target: 'linux-arm64-rpm', format: 'rpm' });
const good = { name: 'sentinelagent', version: '24.2.2.20', architecture: 'amd64' };
const goodRpm = { name: 'SentinelAgent', version: '24.2.2.20-1', architecture: 'aarch64' };

describe('G5: the package meant, not just one the vendor signed', () => {
  it('accepts the assigned product, version and architecture', () => {
    expect(judgeIdentity(deb, good, releaseFloor)).toBeNull();
    expect(judgeIdentity(rpm, goodRpm, releaseFloor)).toBeNull();
  });

  it.each([
    ['another product', deb, { ...good, name: 'sentinelagent-cleaner' }, 'package.wrong-product'],
    ['the name of the other format', deb, { ...good, name: 'SentinelAgent' }, 'package.wrong-product'],
    ['a name that only begins alike', rpm, { ...goodRpm, name: 'SentinelAgent2' }, 'package.wrong-product'],
    ['an older version', deb, { ...good, version: '23.4.1.4' }, 'package.wrong-version'],
    ['a version that only begins alike', deb, { ...good, version: '24.2.2.200' }, 'package.wrong-version'],
    ['an epoch', deb, { ...good, version: '1:24.2.2.20' }, 'package.wrong-version'],
    ['a release with odd characters', rpm, { ...goodRpm, version: '24.2.2.20-1\nx' }, 'package.wrong-version'],
    ['another processor', deb, { ...good, architecture: 'arm64' }, 'package.wrong-architecture'],
    ['no processor at all', rpm, { ...goodRpm, architecture: 'noarch' }, 'package.wrong-architecture'],
    ['all processors', deb, { ...good, architecture: 'all' }, 'package.wrong-architecture'],
    ['a format that is not the target’s', candidate({ format: 'rpm' }), good, 'package.wrong-product'],
  ])('refuses %s', (_name, assigned, metadata, code) => {
    expect(judgeIdentity(assigned, metadata, releaseFloor)?.code).toBe(code);
  });

  it('refuses what is below the compiled floor even when all of it was assigned', () => {
    const old = candidate({ version: '24.2.1.8' });
    expect(judgeIdentity(old, { ...good, version: '24.2.1.8' }, releaseFloor)?.code).toBe('package.below-floor');
  });
});

const exe = candidate({ target: 'windows-x64', format: 'exe', version: '24.1.4.257' });
const exe32 = candidate({ target: 'windows-x86', format: 'exe', version: '23.3.3.264' });
const msi = candidate({ target: 'windows-x64', format: 'msi', version: '24.1.4.257' });
const pkg = candidate({ target: 'macos', format: 'pkg', version: '24.2.2.7632' });
const goodExe = { name: 'Sentinel Agent', version: '24.1.4.257', architecture: 'x64' };
const goodPkg = { name: 'com.sentinelone.pkg.sentinel-agent', version: '24.2.2.7632', architecture: 'arm64,x86_64' };

describe('G5 on Windows and macOS', () => {
  it('accepts the assigned product, version and architecture', () => {
    expect(judgeIdentity(exe, goodExe, releaseFloor)).toBeNull();
    expect(judgeIdentity(exe32, { ...goodExe, version: '23.3.3.264', architecture: 'x86' }, releaseFloor)).toBeNull();
    expect(judgeIdentity(msi, goodExe, releaseFloor)).toBeNull();
    expect(judgeIdentity(msi, { ...goodExe, version: '24.1.257' }, releaseFloor)).toBeNull();
    expect(judgeIdentity(pkg, goodPkg, releaseFloor)).toBeNull();
  });

  it.each([
    ['the cleaner', exe, { ...goodExe, name: 'SentinelCleaner' }, 'package.wrong-product'],
    ['a name that holds the right one', exe, { ...goodExe, name: 'Sentinel Agent Cleaner' }, 'package.wrong-product'],
    ['another spelling', msi, { ...goodExe, name: 'sentinel agent' }, 'package.wrong-product'],
    ['a three-part version of an EXE', exe, { ...goodExe, version: '24.1.257' }, 'package.wrong-version'],
    ['an older one', exe, { ...goodExe, version: '23.3.3.264' }, 'package.wrong-version'],
    ['another short version', msi, { ...goodExe, version: '24.1.258' }, 'package.wrong-version'],
    ['a shorter one still', msi, { ...goodExe, version: '24.1' }, 'package.wrong-version'],
    ['the 32-bit program for 64 bit', exe, { ...goodExe, architecture: 'x86' }, 'package.wrong-architecture'],
    ['the 64-bit program for 32 bit', exe32, { ...goodExe, version: '23.3.3.264' }, 'package.wrong-architecture'],
    ['ARM', msi, { ...goodExe, architecture: 'arm64' }, 'package.wrong-architecture'],
    ['another receipt', pkg, { ...goodPkg, name: 'com.sentinelone.pkg.ranger' }, 'package.wrong-product'],
    ['one processor only', pkg, { ...goodPkg, architecture: 'x86_64' }, 'package.wrong-architecture'],
    ['a package that does not say', pkg, { ...goodPkg, architecture: '' }, 'package.wrong-architecture'],
    ['a release behind the version', pkg, { ...goodPkg, version: '24.2.2.7632-1' }, 'package.wrong-version'],
    ['a pkg for Windows', candidate({ target: 'windows-x64', format: 'pkg' }), goodPkg, 'package.wrong-product'],
    ['an EXE for macOS', candidate({ target: 'macos', format: 'exe' }), goodExe, 'package.wrong-product'],
  ])('refuses %s', (_name, assigned, metadata, code) => {
    expect(judgeIdentity(assigned, metadata, releaseFloor)?.code).toBe(code);
  });

  it('refuses what is below the compiled floor', () => {
    const old = candidate({ target: 'windows-x64', format: 'exe', version: '22.1.1.1' });
    expect(judgeIdentity(old, { ...goodExe, version: '22.1.1.1' }, releaseFloor)?.code).toBe('package.below-floor');
  });
});
