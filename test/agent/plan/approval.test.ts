import { describe, expect, it } from 'vitest';
import { plan } from '#agent/plan/plan.ts';
import { assignment, candidate, input, wallMs } from '#test/agent/plan/input.ts';

const accepted = assignment();
const { site } = accepted.assignment;
if (site === null) throw new Error('the common assignment names a site');
const until = (sha256: readonly string[], notAfterMs = wallMs + 1) =>
  sha256.map((one) => ({ sha256: one, notAfterMs }));
const planned = (packages: readonly string[], siteKeys: readonly string[], notAfterMs?: number) =>
  plan(
    input({
      assignment: { ...accepted, approved: { packages: until(packages, notAfterMs), siteKeys: until(siteKeys) } },
    }),
  );

describe('G2 owner-approved mode', () => {
  it('G1 installs nothing for a site whose key the owner has not named', () => {
    expect(planned([candidate.sha256], []).state).toMatchObject({
      kind: 'failed',
      fault: { code: 'token.not-approved' },
    });
  });

  it('installs no deb that the owner has not named', () => {
    expect(planned(['00'.repeat(32)], [site.siteKeySha256]).state).toMatchObject({
      kind: 'failed',
      fault: { code: 'package.not-approved' },
    });
  });

  it('installs no deb whose approval has run out', () => {
    expect(planned([candidate.sha256], [site.siteKeySha256], wallMs).state).toMatchObject({
      fault: { code: 'package.not-approved' },
    });
  });

  it('goes on by itself once both are named', () => {
    expect(planned([candidate.sha256], [site.siteKeySha256]).decision).toMatchObject({ kind: 'do' });
  });
});
