import { describe, expect, it } from 'vitest';
import { addedSince } from '#agent/actions/vendor-logs.ts';

describe('what a run added to a log that all runs share', () => {
  const before = '10:00 exit status 103\n10:01 done\n';
  it('leaves out what stood there before', () => {
    expect(addedSince(`${before}10:05 exit status 101\n`, before)).toBe('10:05 exit status 101\n');
    expect(addedSince(before, before)).toBe('');
  });
  it('takes a log that was begun anew, or has grown past what is read, as a whole', () => {
    expect(addedSince('10:05 new\n', before)).toBe('10:05 new\n');
    expect(addedSince('10:05 new\n', '')).toBe('10:05 new\n');
  });
});
