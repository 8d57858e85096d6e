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
    ['a format without rows', candidate({ target: 'macos', format: 'pkg' }), good, 'package.wrong-product'],
  ])('refuses %s', (_name, assigned, metadata, code) => {
    expect(judgeIdentity(assigned, metadata, releaseFloor)?.code).toBe(code);
  });

  it('refuses what is below the compiled floor even when all of it was assigned', () => {
    const old = candidate({ version: '24.2.1.8' });
    expect(judgeIdentity(old, { ...good, version: '24.2.1.8' }, releaseFloor)?.code).toBe('package.below-floor');
  });
});
