import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ProductReadings } from '#installers/vendor.ts';
import type { ServiceState } from '#platform/platform.ts';
import { productReportSchema } from '#protocol/report.ts';
import { readProduct } from '#installers/sentinelone/health/read.ts';
import { parseAgentStatus, parseCtlStatus } from '#installers/sentinelone/health/windows-output.ts';

const fixture = (name: string): string =>
  readFileSync(new URL(`../../../fixtures/sentinelone/windows/${name}`, import.meta.url), 'utf8');
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const ok = <T>(value: T) => ({ status: 'ok' as const, value });
const answer = (stdout: string, code: number | null = 0) => ok({ code, stdout });
const failed = { status: 'failed' as const, code: 'health.untrusted-tool', detail: 'not signed by the vendor' };

const nowMs = Date.parse('2026-05-29T08:10:00Z');
const tools = { status: answer(fixture('status.txt')), 'agent-status': answer(fixture('agent-status.json')) };
const names = [
  'SentinelAgent',
  'SentinelHelperService',
  'SentinelStaticEngine',
  'LogProcessorService',
  'SentinelMonitor',
];
const services = (changes: Readonly<Record<string, ServiceState['state']>> = {}) =>
  ok(names.map((name) => ({ name, state: changes[name] ?? 'running' })));
/** As the uninstall list has it: without the third number. */
const present = { state: 'present' as const, version: '24.1.257', detail: 'Sentinel Agent' };

const read = (changes: Partial<ProductReadings> = {}) =>
  readProduct('windows', { nowMs, packageState: ok(present), services: services(), tools, ...changes }, sha256);
const withStatus = (stdout: string) => read({ tools: { ...tools, status: answer(stdout) } });
const withAgent = (changes: Record<string, unknown>) => {
  const all = { ...(JSON.parse(fixture('agent-status.json')) as Record<string, unknown>), ...changes };
  return read({ tools: { ...tools, 'agent-status': answer(JSON.stringify(all)) } });
};

describe('a healthy agent', () => {
  it('is read whole, and its three-part uninstall version is no difference', () => {
    expect(read()).toEqual({
      state: 'present',
      version: '24.1.4.257',
      serviceRunning: true,
      enabled: true,
      connected: true,
      agentUuid: '0123456789abcdef0123456789abcdef',
      consoleHost: 'server-101.sentinelone.net',
      siteKeySha256: null,
      antiTamper: true,
      healthy: true,
      engineProblems: [],
      shortcomings: [],
      detail: ['Package database: Sentinel Agent', 'Mitigation policy: quarantineThreat'],
      unread: [],
    });
  });

  it('of 25.1 too, and with the answer in a list', () => {
    const facts = read({
      tools: { status: answer(fixture('status-25.txt')), 'agent-status': answer(fixture('agent-status-list.json')) },
    });
    expect(facts).toMatchObject({ healthy: true, enabled: true, shortcomings: [] });
  });

  it('says so when the uninstall list names another version', () => {
    const facts = read({ packageState: ok({ ...present, version: '23.3.264' }) });
    expect(facts.detail).toContain('The package is 23.3.264, the running agent says 24.1.4.257.');
  });

  it('of which only the uninstall list tells has no version: three numbers compare with nothing', () => {
    expect(read({ tools: {} }).version).toBeNull();
    expect(read({ tools: {}, packageState: ok({ ...present, version: '24.1.4.257' }) }).version).toBe('24.1.4.257');
  });
});

describe('G7: never healthy without proof', () => {
  const rows: readonly (readonly [string, ReturnType<typeof read>, boolean | null])[] = [
    ['the driver is not loaded', withStatus(fixture('status-not-loaded.txt')), false],
    ['switched off', withStatus(fixture('status-disabled.txt')), false],
    ['the control program is of another version', withStatus(fixture('status-old-folder.txt')), null],
    [
      'a word that holds the good one',
      withStatus(fixture('status.txt').replace('is loaded', 'is probably loaded')),
      null,
    ],
    ['unloaded', withStatus(fixture('status.txt').replace('Monitor is loaded', 'Monitor is unloaded')), null],
    ['both phrases', withStatus(`${fixture('status.txt')}SentinelMonitor is not loaded\r\n`), null],
    ['two states', withStatus(`${fixture('status.txt')}Disable State: Disabled by the user\r\n`), null],
    ['another disable state', withStatus(fixture('status.txt').replace('Not disabled by', 'Unknown to')), null],
    ['access denied', withStatus('Access is denied.\r\n'), null],
    ['the tool ended badly', read({ tools: { ...tools, status: answer(fixture('status.txt'), 5) } }), null],
    ['the tool is not the vendor’s', read({ tools: { ...tools, status: failed } }), null],
    ['nothing was asked', read({ tools: {} }), null],
    ['the agent says it does not run', withAgent({ 'agent-running': false }), false],
    ['the agent stopped', read({ services: services({ SentinelAgent: 'stopped' }) }), false],
    ['the driver stopped', read({ services: services({ SentinelMonitor: 'stopped' }) }), false],
    ['the driver is unknown', read({ services: services({ SentinelMonitor: 'absent' }) }), null],
    ['the engine stopped', read({ services: services({ SentinelStaticEngine: 'stopped' }) }), false],
    ['services could not be asked', read({ services: failed }), null],
    ['the uninstall list could not be read', read({ packageState: failed }), null],
    ['only detecting', withAgent({ 'detection-mode': 'Detect' }), false],
  ];
  it.each(rows)('%s', (_name, facts, healthy) => {
    expect(facts.healthy).toBe(healthy);
    if (healthy === null) expect(facts.unread.length + facts.detail.length).toBeGreaterThan(0);
  });

  it('a service beside the agent may be missing in older ones', () => {
    expect(
      read({ services: services({ SentinelStaticEngine: 'absent', LogProcessorService: 'absent' }) }).healthy,
    ).toBe(true);
  });

  it('the agent alone decides whether the service runs', () => {
    expect(read({ services: services({ SentinelAgent: 'stopped' }) }).serviceRunning).toBe(false);
    expect(read({ services: services({ LogProcessorService: 'stopped' }) })).toMatchObject({
      serviceRunning: true,
      healthy: true,
    });
  });

  it('any answers at all: true only with the exact good words', () => {
    const lines = ['status.txt', 'status-25.txt', 'status-disabled.txt', 'status-not-loaded.txt'].flatMap((name) =>
      fixture(name).split(/\r?\n/),
    );
    const text = fc
      .array(fc.oneof(fc.constantFrom(...lines), fc.string()), { maxLength: 12 })
      .map((all) => all.join('\n'));
    fc.assert(
      fc.property(text, fc.oneof(fc.json(), fc.constant(fixture('agent-status.json'))), (status, agent) => {
        const facts = read({ tools: { status: answer(status), 'agent-status': answer(agent) } });
        expect(productReportSchema.safeParse(facts).success).toBe(true);
        if (facts.healthy !== true) return;
        expect(status).toMatch(/^Disable State: Not disabled by the user$/m);
        expect(status).toMatch(/^SentinelMonitor is loaded$/m);
      }),
      { numRuns: 500 },
    );
  });
});

describe('what keeps it from protecting', () => {
  it('is named by kind', () => {
    const facts = read({ tools: { ...tools, 'agent-status': answer(fixture('agent-status-detect.json')) } });
    expect(facts.shortcomings).toEqual([
      { kind: 'detect-only', detail: 'its policy only detects (detection mode: Detect)' },
      { kind: 'reboot-needed', detail: 'it asks for a restart: pending-update' },
    ]);
    expect(facts.detail).toContain('Active threats are present');
  });
});

describe('connection', () => {
  it.each([
    ['2026-05-29T08:00:00.000+00:00', true],
    ['2026-05-29T07:10:01Z', true],
    ['2026-05-29T07:00:00Z', false],
    ['2026-05-29T10:05:00+02:00', true],
    ['2026-05-29T09:30:00Z', null],
    ['29.05.2026 08:00', null],
    ['', null],
  ])('last seen %j is %s', (lastSeen, connected) => {
    expect(withAgent({ 'last-seen': lastSeen }).connected).toBe(connected);
  });

  it('another tenant shows by its host', () => {
    expect(withAgent({ 'mgmt-url': 'https://other.sentinelone.net/' }).consoleHost).toBe('other.sentinelone.net');
    expect(withAgent({ 'mgmt-url': 'nowhere' })).toMatchObject({
      consoleHost: null,
      unread: [{ reading: 'agent-status' }],
    });
  });
});

describe('a service without an uninstall entry', () => {
  it('is half of an installation when it is the agent, and nothing when it is a leftover', () => {
    const absent = ok({ state: 'absent' as const, version: null, detail: '' });
    expect(read({ packageState: absent }).state).toBe('partial');
    expect(read({ packageState: absent, services: services({ SentinelAgent: 'absent' }) }).state).toBe('absent');
  });
});

describe('parsers', () => {
  it('read both names of self-protection', () => {
    expect(parseCtlStatus('Self-Protection: On').antiTamper).toBe(true);
    expect(parseCtlStatus('Self-Protection status: Off').antiTamper).toBe(false);
    expect(parseCtlStatus('Self-Protection status: On or Off').antiTamper).toBeNull();
  });

  it.each(['', 'null', '[]', '[{},{}]', '"text"', '{"agent-version":1', '{"a":1,"a":2}'])('no status in %j', (text) => {
    expect(parseAgentStatus(text)).toBeNull();
  });

  it('take nothing of a wrong type', () => {
    const odd = {
      'agent-running': 'yes',
      'agent-version': 24.1,
      'agent-id': {},
      'reboot-reasons': 'x',
      'last-seen': 1,
    };
    expect(parseAgentStatus(JSON.stringify(odd))).toMatchObject({
      running: null,
      version: null,
      uuid: null,
      rebootReasons: [],
      lastSeenMs: null,
    });
  });
});
