import { describe, expect, it } from 'vitest';
import { installLogSince } from '#installers/sentinelone/recipes/install-log.ts';
import { fixture } from '#test/platform/macos/fixture.ts';

describe('the install log of a Mac', () => {
  const text = fixture('install-log/window.txt');
  const from = Date.UTC(2026, 10, 28, 9, 0, 0);

  it('is cut to the time of the run, with lines that belong to one before', () => {
    const cut = installLogSince(text, from + 700);
    expect(cut).toContain('trustLevel=350');
    expect(cut).toContain('PKLeopardPackage');
    expect(cut).toContain('Code=112');
    expect(cut).not.toContain('softwareupdated');
  });

  it('is empty when nothing was written since', () => {
    expect(installLogSince(text, from + 3_600_000)).toBe('');
    expect(installLogSince('\tcontinued\n', 0)).toBe('');
  });

  it.each([
    '2026-11-28 04:30:00-0430 M a[1]: x',
    '2026-11-28 04:30:00-04:30 M a[1]: x',
    '2026-11-28 10:00:00+01 M a[1]: x',
  ])('reads the zone of %j', (line) => {
    expect(installLogSince(line, from)).toBe(line);
    expect(installLogSince(line, from + 1000)).toBe('');
  });
});
