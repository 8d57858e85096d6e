import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classifyLinuxExit, type LinuxFormat } from '#installers/sentinelone/exit/linux.ts';
import { isFaultCode } from '#protocol/codes.ts';

function recorded(name: string): string {
  return readFileSync(new URL(`../../../fixtures/linux/package-managers/${name}.txt`, import.meta.url), 'utf8');
}

/** [fixture, format, exit code, outcome, fault code, first rung] */
const rows: readonly (readonly [string, LinuxFormat, number, string, string | null, string | undefined])[] = [
  ['dpkg-prein-102', 'deb', 1, 'fault', 'install.leftovers', 'stop'],
  ['dpkg-postinst-101', 'deb', 1, 'fault', 'install.scriptlet-failed', 'again'],
  ['dpkg-prein-killed', 'deb', 1, 'fault', 'install.crashed', 'again'],
  ['dpkg-architecture', 'deb', 1, 'fault', 'install.wrong-package', 'stop'],
  ['dpkg-lock', 'deb', 2, 'fault', 'install.busy', 'again'],
  ['worded-dpkg-old-103', 'deb', 1, 'fault', 'install.unsupported-system', 'stop'],
  ['worded-apt-foreign-postinst', 'deb', 100, 'fault', 'install.package-manager-broken', 'stop'],
  ['worded-apt-lock', 'deb', 100, 'fault', 'install.busy', 'again'],
  ['worded-apt-waited-then-102', 'deb', 100, 'fault', 'install.leftovers', 'stop'],
  ['worded-apt-interrupted', 'deb', 100, 'fault', 'install.package-manager-broken', 'stop'],
  ['worded-apt-unmet', 'deb', 100, 'fault', 'install.dependencies-missing', 'stop'],
  ['worded-apt-downgrade', 'deb', 100, 'already-there', null, undefined],
  ['rpm-prein-102', 'rpm', 1, 'fault', 'install.leftovers', 'stop'],
  ['rpm-post-101', 'rpm', 0, 'degraded', 'install.scriptlet-failed', undefined],
  ['rpm-prein-killed', 'rpm', 1, 'fault', 'install.crashed', 'again'],
  ['rpm-dependencies', 'rpm', 1, 'fault', 'install.dependencies-missing', 'stop'],
  ['rpm-installed', 'rpm', 1, 'already-there', null, undefined],
  ['rpm-architecture', 'rpm', 1, 'fault', 'install.wrong-package', 'stop'],
  ['worded-rpm-lock', 'rpm', 1, 'fault', 'install.busy', 'again'],
  ['worded-rpm-no-digest', 'rpm', 1, 'fault', 'package.altered', 'fresh-download'],
  ['worded-dnf-prein-102', 'rpm', 1, 'fault', 'install.leftovers', 'stop'],
  ['worded-dnf-prein-bare', 'rpm', 1, 'fault', 'install.scriptlet-failed', 'again'],
  ['worded-dnf5-prein-101', 'rpm', 1, 'fault', 'install.scriptlet-failed', 'again'],
  ['worded-yum-lock', 'rpm', 1, 'fault', 'install.busy', 'again'],
  ['worded-yum-lock', 'rpm', 200, 'fault', 'install.busy', 'again'],
  ['worded-yum-waited-then-prein', 'rpm', 1, 'fault', 'install.leftovers', 'stop'],
  ['worded-dnf-key', 'rpm', 1, 'fault', 'install.key-missing', 'stop'],
  ['worded-dnf-nothing', 'rpm', 0, 'already-there', null, undefined],
];

describe('classifyLinuxExit', () => {
  it.each(rows)('%s (%s, code %i) is %s %s', (...row) => {
    const [name, format, code, outcome, faultCode, rung] = row;
    const meaning = classifyLinuxExit(format, { code, signal: null, output: recorded(name) });
    expect([meaning.outcome, meaning.code, meaning.ladder[0]?.kind]).toEqual([outcome, faultCode, rung]);
  });

  it.each([
    ['deb', 0, 'done', null],
    ['deb', 1, 'fault', 'install.failed'],
    ['deb', 2, 'fault', 'install.failed'],
    ['deb', 100, 'fault', 'install.failed'],
    ['deb', 42, 'fault', 'install.unknown-exit'],
    ['deb', 200, 'fault', 'install.unknown-exit'],
    ['rpm', 0, 'done', null],
    ['rpm', 200, 'fault', 'install.busy'],
    ['rpm', 7, 'fault', 'install.busy'],
    ['rpm', 102, 'done-reboot', null],
    ['rpm', 107, 'degraded', 'install.scriptlet-failed'],
    ['rpm', 137, 'fault', 'install.unknown-exit'],
  ] as const)('%s: bare code %i is %s %s', (format, code, outcome, faultCode) => {
    const meaning = classifyLinuxExit(format, { code, signal: null, output: '' });
    expect([meaning.outcome, meaning.code]).toEqual([outcome, faultCode]);
  });

  it('calls a signal a crash whatever the output says', () => {
    const exit = { code: null, signal: 'SIGKILL', output: 'sentinelagent is already the newest version' };
    expect(classifyLinuxExit('deb', exit)).toMatchObject({ outcome: 'fault', code: 'install.crashed' });
  });

  it('says that an end without code and signal was not seen', () => {
    expect(classifyLinuxExit('rpm', { code: null, signal: null, output: '' }).code).toBe('install.outcome-unknown');
  });

  it.each(['deb', 'rpm'] as const)('%s: a read-only or full disk is named', (format) => {
    const end = (output: string) => classifyLinuxExit(format, { code: 1, signal: null, output }).code;
    expect(end("cannot create directory '/opt/sentinelone': Read-only file system")).toBe('install.read-only-system');
    expect(end('write error: No space left on device')).toBe('install.no-space');
  });

  it('gives any end exactly one meaning, with a code unless it went well, and success only to known codes', () => {
    const names = rows.map(([name]) => name);
    const text = fc.oneof(fc.string(), fc.constantFrom(...names).map(recorded));
    fc.assert(
      fc.property(
        fc.constantFrom<LinuxFormat>('deb', 'rpm'),
        fc.option(fc.integer({ min: -2_147_483_648, max: 4_294_967_295 })),
        fc.option(fc.constantFrom('SIGKILL', 'SIGSEGV')),
        fc.array(text, { maxLength: 3 }),
        (format, code, signal, parts) => {
          const meaning = classifyLinuxExit(format, { code, signal, output: parts.join('\n') });
          const bad = meaning.outcome === 'fault' || meaning.outcome === 'degraded';
          expect(meaning.code !== null && isFaultCode(meaning.code)).toBe(bad);
          expect(meaning.text.length).toBeGreaterThan(0);
          expect(meaning.text.length).toBeLessThanOrEqual(200);
          if (meaning.outcome === 'done') expect([0, 103]).toContain(code);
          if (meaning.outcome === 'fault') expect(meaning.ladder.at(-1)).toEqual({ kind: 'stop' });
        },
      ),
    );
  });
});
