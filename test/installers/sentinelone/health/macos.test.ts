import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ProductReadings } from '#installers/vendor.ts';
import { productReportSchema } from '#protocol/report.ts';
import { readProduct } from '#installers/sentinelone/health/read.ts';
import { parseMacVersion, parseSections } from '#installers/sentinelone/health/macos-output.ts';

const fixture = (name: string): string =>
  readFileSync(new URL(`../../../fixtures/sentinelone/macos/${name}.txt`, import.meta.url), 'utf8');
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const ok = <T>(value: T) => ({ status: 'ok' as const, value });
const answer = (stdout: string, code: number | null = 0) => ok({ code, stdout });
const failed = { status: 'failed' as const, code: 'health.untrusted-tool', detail: 'not signed by the vendor' };

const tools = { version: answer(fixture('version')), status: answer(fixture('status')) };
const present = {
  state: 'present' as const,
  version: '24.2.2.7632',
  detail: 'receipt com.sentinelone.pkg.sentinel-agent',
};
const services = ok([{ name: 'com.sentinelone.sentineld', state: 'running' as const }]);

const read = (changes: Partial<ProductReadings> = {}) =>
  readProduct('macos', { nowMs: 0, packageState: ok(present), services, tools, ...changes }, sha256);
const withStatus = (stdout: string, code: number | null = 0) =>
  read({ tools: { ...tools, status: answer(stdout, code) } });
const changed = (from: RegExp, to: string) => {
  const text = fixture('status').replace(from, to);
  expect(text).not.toBe(fixture('status'));
  return withStatus(text);
};

describe('a healthy agent', () => {
  it('is read whole', () => {
    expect(read()).toEqual({
      state: 'present',
      version: '24.2.2.7632',
      serviceRunning: true,
      enabled: true,
      connected: true,
      agentUuid: '4F1C1F0A-5B0E-4C0E-9A55-0123456789AB',
      consoleHost: 'server-101.sentinelone.net',
      siteKeySha256: sha256('0a1b2c3d4e5f6789'),
      antiTamper: null,
      healthy: true,
      engineProblems: [],
      shortcomings: [],
      detail: ['Package database: receipt com.sentinelone.pkg.sentinel-agent'],
      unread: [],
    });
  });

  it('is the same in a system of another language', () => {
    expect(withStatus(fixture('status-german-dates'))).toEqual(read());
  });

  it('keeps the raw site key to itself (G1)', () => {
    expect(JSON.stringify(read())).not.toContain('0a1b2c3d4e5f6789');
  });
});

describe('missing approvals', () => {
  it('full disk access: it runs and does not protect', () => {
    const facts = withStatus(fixture('status-no-disk-access'));
    expect(facts.healthy).toBe(false);
    expect(facts.shortcomings).toEqual([
      { kind: 'full-disk-access-missing', detail: 'Missing authorization: Full Disk Access' },
      { kind: 'permission-missing', detail: 'Missing authorization: Bluetooth' },
    ]);
  });

  it('network extension and content filter: named, the rest still works', () => {
    const facts = withStatus(fixture('status-no-network'));
    expect(facts.healthy).toBe(true);
    expect(facts.shortcomings.map(({ kind, detail }) => `${kind}: ${detail}`)).toEqual([
      'network-extension-unapproved: Network Extension: not running',
      'network-extension-unapproved: Network Extension Content Filter: inactive',
    ]);
  });

  it('a right nobody has recorded counts as the one that matters', () => {
    const facts = changed(/(Missing Authorizations: +)$/m, '$1Something New');
    expect(facts).toMatchObject({ healthy: false, shortcomings: [{ kind: 'full-disk-access-missing' }] });
  });

  it('without the watching of processes it does not protect', () => {
    const facts = changed(/(ES Framework: +)started/, '$1stopped');
    expect(facts).toMatchObject({ healthy: false, shortcomings: [{ kind: 'extension-unapproved' }] });
  });
});

describe('G7: never healthy without proof', () => {
  const rows: readonly (readonly [string, ReturnType<typeof read>, boolean | null])[] = [
    ['disabled', changed(/(Operational State: +)enabled/, '$1disabled'), false],
    ['protection off', changed(/(Protection: +)enabled/, '$1disabled'), false],
    ['not ready', changed(/(Ready: +)yes/, '$1no'), false],
    ['an unknown word', changed(/(Operational State: +)enabled/, '$1partially enabled'), null],
    ['a key that is missing', changed(/^ +Missing Authorizations:.*\n/m, ''), null],
    ['no section', withStatus(fixture('status').replaceAll(/^\S.*\n/gm, '')), null],
    ['a key in another section', withStatus(fixture('status').replace('Agent\n', 'Client\n')), null],
    ['said twice', changed(/^( +Protection:.*\n)/m, '$1   Protection:                        disabled\n'), null],
    ['the daemon is not intact', changed(/(sentineld: +)ok/, '$1invalid'), false],
    ['the tool failed but printed well', withStatus(fixture('status'), 1), null],
    ['the tool is not the vendor’s', read({ tools: { ...tools, status: failed } }), null],
    ['nothing was asked', read({ tools: {} }), null],
    [
      'the daemon does not run',
      read({ services: ok([{ name: 'com.sentinelone.sentineld', state: 'stopped' }]) }),
      false,
    ],
    ['launchd could not be asked', read({ services: failed }), null],
    ['receipts could not be read', read({ packageState: failed }), null],
  ];
  it.each(rows)('%s', (_name, facts, healthy) => {
    expect(facts.healthy).toBe(healthy);
    if (healthy === null) expect(facts.unread.length).toBeGreaterThan(0);
  });

  it('any answer at all: true only with the exact good words', () => {
    const lines = fixture('status').split('\n');
    const text = fc
      .array(fc.oneof(fc.constantFrom(...lines), fc.string()), { maxLength: 60 })
      .map((all) => all.join('\n'));
    const whole = fc
      .integer({ min: 0, max: lines.length })
      .map((at) => lines.filter((_, index) => index !== at).join('\n'));
    fc.assert(
      fc.property(fc.oneof(text, whole), (status) => {
        const facts = withStatus(status);
        expect(productReportSchema.safeParse(facts).success).toBe(true);
        if (facts.healthy !== true) return;
        for (const line of [/^ +Protection: +enabled$/m, /^ +ES Framework: +started$/m, /^ +Ready: +yes$/m])
          expect(status).toMatch(line);
      }),
      { numRuns: 500 },
    );
  });
});

describe('registration', () => {
  it('tells connected from not', () => {
    expect(changed(/(Connected: +)yes/, '$1no')).toMatchObject({ connected: false, healthy: true });
    expect(changed(/(Connected: +)yes/, '$1sometimes').connected).toBeNull();
  });

  it('an agent of nobody', () => {
    const facts = changed(/(Server: +)\S+/, '$1');
    expect(facts.consoleHost).toBeNull();
  });

  it('another tenant shows by its host', () => {
    expect(changed(/server-101/, 'other').consoleHost).toBe('other.sentinelone.net');
  });
});

describe('parsers', () => {
  it('keep sections and groups apart', () => {
    const sections = parseSections(fixture('status'));
    expect(sections.get('Daemons/Integrity/sentineld')).toBe('ok');
    expect(sections.get('Launchd/sentineld')).toBe('valid');
    expect(sections.get('Agent/Missing Authorizations')).toBe('');
    expect(sections.get('sentineld')).toBeUndefined();
  });

  it.each([
    '',
    'SentinelOne',
    'SentinelOne 24.2',
    'SentinelOne 24.2.2.7632 (beta)',
    'SentinelOne 1.2.3.4\nSentinelOne 1.2.3.5',
  ])('no version in %j', (text) => {
    expect(parseMacVersion(text)).toBeNull();
  });
});
