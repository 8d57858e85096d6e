import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { candidatesFor, halfLifeOver, nextNumber, type ReadyPackage } from '#console/fleet/assignment/assignment.ts';
import { fingerprintChange } from '#console/fleet/link/device-session.ts';
import { plainText } from '#console/fleet/link/report-row.ts';
import { judgeToken } from '#console/fleet/connections/site-tokens.ts';
import { readCursor, writeCursor } from '#console/fleet/lists/cursor.ts';
import { readRange } from '#console/routes/agent-packages.ts';
import { sha256Hex } from '#protocol/crypto.ts';
import { registrationToken, siteKey, vendorHost } from '#test/worlds/fleet/console.ts';

function ready(version: string, more: Partial<ReadyPackage> = {}): ReadyPackage {
  return {
    target: 'linux-x64-deb',
    format: 'deb',
    version,
    fileName: `agent-${version}.deb`,
    sizeBytes: 1,
    sha256: sha256Hex(`${version}${JSON.stringify(more)}`),
    source: 'vendor',
    release: 'ga',
    connectionId: null,
    ...more,
  };
}

const site = {
  siteId: '1',
  siteName: 'x',
  groupId: null,
  consoleHost: vendorHost,
  siteKeySha256: sha256Hex(siteKey),
  connectionId: 'con1',
};
const input = { versionPolicy: { kind: 'baseline' } as const, target: 'linux-x64-deb' as const, site };

describe('candidates', () => {
  it('put first what the policy may choose, and hold no file of another connection or target', () => {
    const packages = [
      ready('25.1.1.1'),
      ready('24.2.2.20', { source: 'baseline' }),
      ready('26.0.0.1', { connectionId: 'con2' }),
      ready('24.2.2.20', { target: 'macos', format: 'pkg' }),
    ];
    expect(candidatesFor({ ...input, packages }).map((one) => one.version)).toEqual(['24.2.2.20', '25.1.1.1']);
    expect(Object.keys(candidatesFor({ ...input, packages })[0] ?? {})).not.toContain('connectionId');
  });

  it('are at most sixteen, without doubles', () => {
    const packages = Array.from({ length: 30 }, (_, index) => ready(`24.2.2.${index}`));
    expect(candidatesFor({ ...input, packages: [...packages, ...packages] })).toHaveLength(16);
  });
});

describe('assignment numbers', () => {
  it('rise above everything that was ever seen', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.nat(), (last, held, now) => {
        const next = nextNumber(last, held, now);
        expect(next).toBeGreaterThan(last);
        expect(next).toBeGreaterThan(held);
        expect(next).toBeGreaterThanOrEqual(now);
      }),
    );
  });

  it('are signed again at half life', () => {
    const issued = { issuedAtMs: 1_000, expiresAtMs: 3_000 };
    expect([halfLifeOver(issued, 1_999), halfLifeOver(issued, 2_000)]).toEqual([false, true]);
  });
});

describe('one identity, two machines', () => {
  const row = { fingerprint: 'a', previous_fingerprint: null, duplicate: 0 };
  it('is proved by a machine that comes back, and stays proved', () => {
    expect(fingerprintChange(row, 'a', 5)).toBeNull();
    const moved = fingerprintChange(row, 'b', 5);
    expect(moved).toEqual({ fingerprint: 'b', previous_fingerprint: 'a', fingerprint_changed_at: 5, duplicate: 0 });
    expect(fingerprintChange({ ...row, ...moved }, 'c', 6)?.duplicate).toBe(0);
    const back = fingerprintChange({ ...row, ...moved }, 'a', 6);
    expect(back?.duplicate).toBe(1);
    expect(fingerprintChange({ ...row, ...back }, 'c', 7)?.duplicate).toBe(1);
  });
});

describe('site tokens (G1)', () => {
  const expected = { vendorHosts: [`${vendorHost.toUpperCase()}:443`], site };
  it('pass for the pinned console and the assigned site only', () => {
    expect(() => judgeToken(registrationToken(), expected)).not.toThrow();
    expect(() => judgeToken(registrationToken(`${vendorHost}.evil.test`), expected)).toThrow('not among');
    expect(() => judgeToken(registrationToken(vendorHost, 'other'), expected)).toThrow('another site');
    expect(() => judgeToken(registrationToken(), { ...expected, site: null })).toThrow('another site');
  });

  it('that are none are named by their shape, never repeated', () => {
    const secret = 'g_0123456789abcdef';
    expect(() => judgeToken(secret, expected)).toThrow(expect.not.stringContaining(secret));
  });
});

describe('small readers', () => {
  it('read one range, and answer others whole', () => {
    expect(readRange('bytes=0-0', 10)).toEqual({ first: 0, last: 0 });
    expect(readRange('bytes=5-', 10)).toEqual({ first: 5, last: 9 });
    expect(readRange('bytes=-20', 10)).toEqual({ first: 0, last: 9 });
    expect(readRange('bytes=3-99', 10)).toEqual({ first: 3, last: 9 });
    expect(readRange('bytes=10-', 10)).toBe('unsatisfiable');
    expect(readRange('bytes=4-2', 10)).toBe('unsatisfiable');
    expect(readRange('bytes=0-1,3-4', 10)).toBeNull();
    expect(readRange('bytes=-', 10)).toBeNull();
    expect(readRange(undefined, 10)).toBeNull();
  });

  it('take places in lists back as they were given', () => {
    expect(readCursor(writeCursor(['häst', 'dev_1']))).toEqual(['häst', 'dev_1']);
    expect(readCursor(writeCursor([12.5, 'dev_1']))).toEqual([12.5, 'dev_1']);
    for (const text of ['', 'x', Buffer.from('[1]').toString('base64url'), Buffer.from('{}').toString('base64url')]) {
      expect(() => readCursor(text)).toThrow('not a place');
    }
  });

  it('clean text of devices (G23)', () => {
    expect(plainText(' a\u0000b\u202Ec\u200Bd\u2028 ')).toBe('abcd');
    expect(plainText('Größe 東京')).toBe('Größe 東京');
  });
});
