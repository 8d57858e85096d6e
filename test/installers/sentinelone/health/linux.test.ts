import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ProductReadings } from '#installers/vendor.ts';
import type { PackageState } from '#platform/platform.ts';
import { productReportSchema } from '#protocol/report.ts';
import { readProduct } from '#installers/sentinelone/health/read.ts';
import {
  parseControlStatus,
  parseEngineStatus,
  parseManagementStatus,
  statusLines,
} from '#installers/sentinelone/health/linux-output.ts';

const fixture = (name: string): string =>
  readFileSync(new URL(`../../../fixtures/linux/sentinelctl/${name}.txt`, import.meta.url), 'utf8');
const recorded = (name: string): string => fixture(`recorded-30.1.1.10/${name}`);
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const ok = <T>(value: T) => ({ status: 'ok' as const, value });
const answer = (stdout: string, code: number | null = 0) => ok({ code, stdout });
const failed = { status: 'failed' as const, code: 'health.untrusted-tool', detail: 'not in the package' };

const tools = {
  version: answer(recorded('version')),
  'control-status': answer(recorded('control-status')),
  'management-status': answer(recorded('management-status')),
  'engines-status': answer(recorded('engines-status')),
};
const present: PackageState = { state: 'present', version: '30.1.1.10', detail: 'ii' };
const absent: PackageState = { state: 'absent', version: null, detail: '' };
const service = (state: 'running' | 'stopped' | 'failed' | 'absent') => ok([{ name: 'sentinelone.service', state }]);

function readings(changes: Partial<ProductReadings> = {}): ProductReadings {
  return { nowMs: 0, packageState: ok(present), services: service('running'), tools, ...changes };
}
const read = (changes: Partial<ProductReadings> = {}) => readProduct('linux', readings(changes), sha256);
const withTool = (name: keyof typeof tools, stdout: string, code: number | null = 0) =>
  read({ tools: { ...tools, [name]: answer(stdout, code) } });

describe('a healthy agent as recorded', () => {
  it('is read whole', () => {
    expect(read()).toEqual({
      state: 'present',
      version: '30.1.1.10',
      serviceRunning: true,
      enabled: true,
      connected: true,
      agentUuid: '4f1c1f0a-5b0e-4c0e-9a55-0123456789ab',
      consoleHost: 'server-101.sentinelone.net',
      siteKeySha256: sha256('0a1b2c3d4e5f6789'),
      antiTamper: true,
      healthy: true,
      engineProblems: [],
      shortcomings: [],
      detail: ['Package database: ii'],
      unread: [],
    });
  });

  it('keeps the raw site key to itself (G1)', () => {
    expect(JSON.stringify(read())).not.toContain('0a1b2c3d4e5f6789');
  });

  it('reads through colours, carriage returns and extra lines', () => {
    const noisy = `Warning: something new\r\n\u001b[32m${recorded('control-status').replaceAll('\n', '\r\n')}\u001b[0m\r\nnew table  x\r\n`;
    expect(withTool('control-status', noisy).healthy).toBe(true);
  });
});

describe('G7: never healthy without proof', () => {
  const rows: readonly (readonly [string, ReturnType<typeof read>, boolean | null, string | null])[] = [
    ['the agent is switched off', withTool('control-status', fixture('made/disabled')), false, null],
    [
      'an unknown word for the state',
      withTool('control-status', recorded('control-status').replace('Enabled', 'Enabling')),
      null,
      'control-status',
    ],
    [
      'a word that holds the good one',
      withTool('control-status', recorded('control-status').replace('Enabled', 'Not Enabled')),
      null,
      'control-status',
    ],
    ['no table of processes', withTool('control-status', 'Agent state      Enabled\n'), null, 'control-status'],
    [
      'the agent process has no id',
      withTool('control-status', recorded('control-status').replace(' 904', ' -')),
      false,
      null,
    ],
    [
      'the tool failed but printed well',
      withTool('control-status', recorded('control-status'), 1),
      null,
      'control-status',
    ],
    [
      'the tool ended without a code',
      withTool('engines-status', recorded('engines-status'), null),
      null,
      'engines-status',
    ],
    [
      'an engine is not initialised',
      withTool('engines-status', recorded('engines-status').replace('Initialized', 'Not initialized')),
      false,
      null,
    ],
    ['engines are not told', withTool('engines-status', ''), null, 'engines-status'],
    [
      'the tool is not the installed one',
      read({ tools: { ...tools, 'control-status': failed } }),
      null,
      'control-status',
    ],
    ['a question was not asked', read({ tools: {} }), null, 'control-status'],
    ['the service is stopped', read({ services: service('stopped') }), false, null],
    ['the service failed', read({ services: service('failed') }), false, null],
    ['the service is unknown', read({ services: service('absent') }), null, 'services'],
    ['services could not be asked', read({ services: failed }), null, 'services'],
    ['the package database could not be read', read({ packageState: failed }), null, 'packageState'],
    [
      'half installed',
      read({ packageState: ok({ state: 'partial', version: '30.1.1.10', detail: 'iF' }) }),
      false,
      null,
    ],
  ];
  it.each(rows)('%s', (_name, facts, healthy, unread) => {
    expect(facts.healthy).toBe(healthy);
    if (unread === null) expect(facts.unread).toEqual([]);
    else expect(facts.unread.map(({ reading }) => reading)).toContain(unread);
  });

  it('any answers at all: true only with the exact good words', () => {
    const lines = Object.keys(tools).flatMap((name) => recorded(name).split('\n'));
    const output = fc
      .array(fc.oneof(fc.constantFrom(...lines), fc.string()), { maxLength: 12 })
      .map((all) => all.join('\n'));
    const probe = fc.oneof(
      fc.record({ stdout: output, code: fc.constantFrom(0, 1, null) }).map(ok),
      fc.constant(failed),
    );
    const anyTools = fc.record({
      'control-status': probe,
      'engines-status': probe,
      'management-status': probe,
      version: probe,
    });
    fc.assert(
      fc.property(anyTools, fc.constantFrom('running', 'stopped', 'absent'), (answers, state) => {
        const facts = read({ tools: answers, services: service(state) });
        expect(productReportSchema.safeParse(facts).success).toBe(true);
        if (facts.healthy !== true) return;
        const control = answers['control-status'];
        expect(state).toBe('running');
        expect(control.status === 'ok' && control.value.code === 0 && control.value.stdout).toMatch(
          /Agent state {6}Enabled/,
        );
      }),
      { numRuns: 500 },
    );
  });
});

describe('connection and registration', () => {
  it('tells off from on', () => {
    const facts = withTool('management-status', fixture('made/off'));
    expect([facts.connected, facts.consoleHost, facts.healthy]).toEqual([false, null, true]);
  });

  it.each(['Not connected', 'Connected', 'on', 'Onward', ''])('does not know %j', (word) => {
    const facts = withTool(
      'management-status',
      recorded('management-status').replace(/^(Connectivity +)On$/m, `$1${word}`),
    );
    expect(facts.connected).toBeNull();
    expect(facts.unread).toContainEqual(
      expect.objectContaining({ reading: 'management-status', code: 'health.unreadable' }),
    );
  });

  it('reads "undefined" as never set', () => {
    const text = recorded('management-status').replace(/^(Site-Key +|UUID +).*/gm, '$1undefined');
    expect(withTool('management-status', text)).toMatchObject({ siteKeySha256: null, agentUuid: null });
  });

  it('G1: names another console by host, with a port that is not the usual one', () => {
    const text = recorded('management-status').replace('server-101.sentinelone.net', 'Foreign.Example:8443');
    expect(withTool('management-status', text).consoleHost).toBe('foreign.example:8443');
  });
});

describe('absent, partial, present', () => {
  it('is absent when neither package nor unit is there', () => {
    expect(read({ packageState: ok(absent), services: service('absent'), tools: {} })).toMatchObject({
      state: 'absent',
      healthy: null,
      unread: [],
    });
  });

  it('is absent where the system has no such package database', () => {
    const none = { status: 'unsupported' as const, detail: 'no rpm database' };
    expect(read({ packageState: none, services: service('absent'), tools: {} }).state).toBe('absent');
  });

  it('is partial when a unit stands without a package', () => {
    const facts = read({ packageState: ok(absent), services: service('stopped'), tools: {} });
    expect([facts.state, facts.detail[0]]).toEqual([
      'partial',
      'A service of the agent is stopped, but no package owns it.',
    ]);
  });

  it('is never absent after a failed look, so that nothing is installed on top', () => {
    expect(read({ packageState: failed, services: failed, tools: {} }).state).toBe('present');
  });

  it('takes the running version and names a difference', () => {
    const facts = read({ packageState: ok({ ...present, version: '24.2.2.20-1' }) });
    expect([facts.version, facts.detail]).toEqual([
      '30.1.1.10',
      ['Package database: ii', 'The package is 24.2.2.20, the running agent says 30.1.1.10.'],
    ]);
  });
});

describe('parsers', () => {
  it('drop a key that was given two values', () => {
    expect(statusLines('Connectivity  On\nConnectivity  Off\n').has('Connectivity')).toBe(false);
  });

  it('take hostile output in little time', () => {
    const hostile = ['a  '.repeat(30_000), `${'a'.repeat(60_000)}  `, 'a: '.repeat(30_000)].join('\n');
    expect([statusLines(hostile).size, parseControlStatus(hostile).enabled]).toEqual([0, null]);
  });

  it('read a table drawn with bars', () => {
    expect(parseControlStatus('Agent state  Enabled\nProcess Name | PID\nagent | 12\n').processes).toEqual([
      { name: 'agent', running: true },
    ]);
  });

  it('leave out what is not told', () => {
    expect(parseManagementStatus('')).toEqual({
      connected: null,
      antiTamper: null,
      uuid: null,
      url: null,
      siteKey: null,
      proxy: null,
    });
    expect(parseEngineStatus('DFI engine  Enabled')).toEqual({ working: null, problems: [] });
  });
});
