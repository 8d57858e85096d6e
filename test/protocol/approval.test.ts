import { describe, expect, it } from 'vitest';
import { isApproved, readApprovals, type Approval } from '#protocol/approval.ts';
import { generateSigningKey } from '#protocol/crypto.ts';
import { signEnvelope } from '#protocol/envelope.ts';

const owner = generateSigningKey();
const online = generateSigningKey();
const notAfterMs = Date.parse('2027-01-01T00:00:00.000Z');
const expected = { ownerKey: owner.publicKey, consoleId: 'c1' };

const approval = (change: Partial<Approval> = {}): Approval => ({
  consoleId: 'c1',
  subject: 'package',
  sha256: 'ab'.repeat(32),
  issuedAt: '2026-01-01T00:00:00.000Z',
  notAfter: '2027-01-01T00:00:00.000Z',
  ...change,
});

describe('G2 what the owner key has approved', () => {
  it('reads packages and site keys apart', () => {
    const site = approval({ subject: 'site-key', sha256: 'cd'.repeat(32) });
    const envelopes = [approval(), site].map((one) => signEnvelope('approval', one, [owner]));
    expect(readApprovals(envelopes, expected)).toEqual({
      packages: [{ sha256: 'ab'.repeat(32), notAfterMs }],
      siteKeys: [{ sha256: 'cd'.repeat(32), notAfterMs }],
    });
  });

  it('says how long each holds', () => {
    const [sha256, list] = ['ab'.repeat(32), [{ sha256: 'ab'.repeat(32), notAfterMs }]];
    expect(isApproved(list, sha256, notAfterMs - 1)).toBe(true);
    expect(isApproved(list, sha256, notAfterMs)).toBe(false);
    expect(isApproved(list, 'cd'.repeat(32), 0)).toBe(false);
  });

  it.each([
    ['the online key signed it', signEnvelope('approval', approval(), [online])],
    ['it was made for another console', signEnvelope('approval', approval({ consoleId: 'c2' }), [owner])],
    ['it is an assignment', signEnvelope('assignment', approval(), [owner])],
    ['it is no approval', signEnvelope('approval', { consoleId: 'c1' }, [owner])],
  ])('passes over an envelope when %s', (_, envelope) => {
    expect(readApprovals([envelope], expected)).toEqual({ packages: [], siteKeys: [] });
  });
});
