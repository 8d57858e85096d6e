import { describe, expect, it } from 'vitest';
import type { FaultCode } from '#protocol/codes.ts';
import { Fault } from '#protocol/codes.ts';
import { generateSigningKey } from '#protocol/crypto.ts';
import { signEnvelope } from '#protocol/envelope.ts';
import { findArtifact, openRelease } from '#protocol/release.ts';
import { trust as releaseTrust } from '#protocol/release/trust.release.ts';
import { trust as testTrust } from '#protocol/release/trust.test.ts';
import { compareAgentVersions } from '#protocol/release/version.ts';
import { spareTestReleaseKey, testReleaseKey } from '#test/worlds/release/keys.ts';
import { artifact, release, signRelease } from '#test/worlds/release/release.ts';

const nowMs = Date.parse('2026-11-29T00:00:00.000Z');
const keys = [testReleaseKey.publicKey, spareTestReleaseKey.publicKey];

function codeOf(work: () => unknown): FaultCode | null {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof Fault) return error.code;
    throw error;
  }
}

describe('G15: a release is believed only from a pinned key', () => {
  it('takes one of either key, the spare too', () => {
    for (const key of [testReleaseKey, spareTestReleaseKey])
      expect(openRelease(signRelease(release(), key), keys, nowMs).version).toBe('0.2.0');
  });

  it('binds product, version, target, digest and expiry', () => {
    const signed = signRelease(release());
    const altered = {
      ...signed,
      payload: Buffer.from(JSON.stringify(release({ version: '9.9.9' }))).toString('base64'),
    };
    expect(codeOf(() => openRelease(altered, keys, nowMs))).toBe('release.untrusted');
    expect(codeOf(() => openRelease(signRelease(release(), generateSigningKey()), keys, nowMs))).toBe(
      'release.untrusted',
    );
    const expired = release({ expiresAt: '2026-11-28T00:00:00.000Z' });
    expect(codeOf(() => openRelease(signRelease(expired), keys, nowMs))).toBe('release.expired');
    const other = { ...release(), product: 'garrison-console' };
    expect(codeOf(() => openRelease(signEnvelope('release', other, [testReleaseKey]), keys, nowMs))).toBe(
      'release.untrusted',
    );
    expect(findArtifact(release(), 'linux-arm64', 'binary')).toBeNull();
    expect(findArtifact(release(), 'linux-x64', 'binary')?.size).toBe(5);
  });

  it('takes no other envelope of the same key for a release', () => {
    const approval = signEnvelope('approval', release(), [testReleaseKey]);
    expect(codeOf(() => openRelease(approval, keys, nowMs))).toBe('release.untrusted');
    expect(
      codeOf(() => openRelease({ ...approval, payloadType: signRelease(release()).payloadType }, keys, nowMs)),
    ).toBe('release.untrusted');
  });

  it('is off where no key is built in', () => {
    expect(codeOf(() => openRelease(signRelease(release()), [], nowMs))).toBe('release.no-key');
  });

  it('refuses names that lead elsewhere and two files for one purpose', () => {
    const bytes = Buffer.from('x');
    const outside = release({ artifacts: [{ ...artifact('linux-x64', 'deb', 'a.deb', bytes), file: '../a.deb' }] });
    const twice = release({
      artifacts: [artifact('linux-x64', 'deb', 'a.deb', bytes), artifact('linux-x64', 'deb', 'b.deb', bytes)],
    });
    for (const bad of [outside, twice, release({ version: '../../etc' }), release({ version: '1.2' })])
      expect(codeOf(() => openRelease(signRelease(bad), keys, nowMs))).toBe('release.untrusted');
  });

  it('keeps the test keys, known to everybody, out of the release flavour', () => {
    expect([...testTrust.keys].sort()).toEqual([...keys].sort());
    expect(releaseTrust.keys.filter((key) => keys.includes(key))).toEqual([]);
    expect(releaseTrust.flavour).toBe('release');
  });
});

describe('versions of the agent', () => {
  it('are ordered as semver has it', () => {
    const ordered = [
      'nonsense',
      '0.1.0-rc.1',
      '0.1.0-rc.2',
      '0.1.0-rc.10',
      '0.1.0',
      '0.1.1',
      '0.10.0',
      '1.0.0-a.b',
      '1.0.0',
    ];
    for (const [at, version] of ordered.entries())
      for (const [other, against] of ordered.entries())
        expect(Math.sign(compareAgentVersions(version, against))).toBe(Math.sign(at - other));
    expect(compareAgentVersions('1.0.0+test-trust', '1.0.0')).toBe(0);
  });
});
