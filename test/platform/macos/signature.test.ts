import { describe, expect, it } from 'vitest';
import { judgePackageSignature } from '#platform/macos/parse/package-signature.ts';
import { fixture } from '#test/platform/macos/fixture.ts';

const team = '4AYE5J54KN';
const judge = (name: string, code = 0, teams: readonly string[] = [team]) =>
  judgePackageSignature({ code, stdout: fixture(`pkgutil/signature-${name}.txt`), stderr: '' }, teams);

describe('G5 a package of another publisher is not the one meant', () => {
  it('is trusted by its one status line, its chain and the pinned team', () => {
    expect(judge('trusted')).toEqual({ status: 'trusted', publisher: `Sentinel Labs, Inc. (${team})` });
  });

  it.each([
    ['other-team', 'untrusted'],
    ['development', 'untrusted'],
    ['application', 'untrusted'],
    ['own-root', 'untrusted'],
    ['expired', 'untrusted'],
    ['altered', 'altered'],
    ['none', 'unsigned'],
    ['name-lies', 'failed'],
    ['missing-file', 'failed'],
  ])('%s is %s', (name, status) => {
    expect(judge(name).status).toBe(status);
    expect(judge(name, 1).status).toBe(status);
  });

  it('is not trusted against pkgutil’s own exit code, nor without a pinned team', () => {
    expect(judge('trusted', 1).status).toBe('untrusted');
    expect(judge('trusted', 0, []).status).toBe('untrusted');
    expect(judge('trusted', 0, [team.toLowerCase()]).status).toBe('untrusted');
  });

  it('is not trusted with an authority that only bears the name', () => {
    const text = fixture('pkgutil/signature-trusted.txt');
    const said = (stdout: string) => judgePackageSignature({ code: 0, stdout, stderr: '' }, [team]).status;
    expect(said(text.replace('3. Apple Root CA', '3. Apple Root CA Ltd'))).toBe('untrusted');
    expect(
      said(text.replace('2. Developer ID Certification Authority', '4. Developer ID Certification Authority')),
    ).toBe('untrusted');
    expect(
      said(
        text.replace(
          'Installer: Sentinel Labs, Inc. (4AYE5J54KN)',
          'Installer: Sentinel Labs, Inc. (4AYE5J54KN) (ABCDE12345)',
        ),
      ),
    ).toBe('untrusted');
    expect(said('')).toBe('failed');
  });
});
