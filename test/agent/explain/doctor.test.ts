/** What an administrator reads who stands before the machine: every fault has its line, its code and what to do. */
import { describe, expect, it } from 'vitest';
import { doctorLines } from '#agent/cli/doctor.ts';
import { diagnosis, type Finding, type Looked, type Told } from '#agent/explain/doctor.ts';
import { Fault, type FaultCode } from '#protocol/codes.ts';
import type { DeviceReport } from '#protocol/report.ts';

const since = '2026-06-01T12:00:00.000Z';
const fault = (code: FaultCode, detail = 'so it is') => new Fault(code, detail).toRecord();
const state = { kind: 'protected', since, version: '24.2.2.20', notes: [] } as const;
const told: Told = {
  version: '0.1.0',
  report: { state } as unknown as DeviceReport,
  enrolled: { deviceId: 'device-1', organisationName: 'Example' },
  clockSkewMs: 20,
  heardAgoMs: 4_000,
  journal: { broken: null },
};
const reached = { host: 'console.test', dns: 'ok', tls: 'ok', clockOffsetMs: 0, detail: '' } as const;
const healthy: Looked = {
  version: '0.1.0',
  configuration: null,
  service: { definition: 'package', state: 'running', enabled: true },
  told,
  hosts: [
    { of: 'console', check: reached },
    { of: 'SentinelOne', check: { ...reached, host: 'usea1.sentinelone.net' } },
  ],
  pinned: false,
  plan: {
    state,
    preflight: [
      { check: 'no other antivirus', ok: true, detail: '' },
      { check: 'package manager free', ok: null, detail: 'looked at before an install' },
    ],
  } as unknown as Looked['plan'],
  stateText: 'Protected (version 24.2.2.20)',
};

const ills = (looked: Looked): readonly Finding[] => diagnosis(looked).filter(({ verdict }) => verdict === 'ill');

describe('a device that is well', () => {
  it('has nothing ill, and says what was looked at', () => {
    expect(ills(healthy)).toEqual([]);
    expect(doctorLines(diagnosis(healthy))).toEqual([
      'ok    Configuration: can be read',
      'ok    Service: runs',
      'ok    Start at boot: yes',
      'ok    Agent: answers, version 0.1.0',
      'ok    Enrolment: Example, device device-1',
      'ok    Console: heard 4 s ago',
      'ok    console console.test: reached',
      'ok    SentinelOne usea1.sentinelone.net: reached',
      'ok    No other antivirus: yes',
      'ok    Protection: Protected (version 24.2.2.20)',
    ]);
  });

  it('with pinned keys needs no authority that others know; SentinelOne does', () => {
    const untrusted = { ...reached, tls: 'untrusted', detail: 'SELF_SIGNED_CERT' } as const;
    expect(ills({ ...healthy, pinned: true, hosts: [{ of: 'console', check: untrusted }] })).toEqual([]);
    expect(ills({ ...healthy, hosts: [{ of: 'console', check: untrusted }] })).toHaveLength(1);
    expect(ills({ ...healthy, pinned: true, hosts: [{ of: 'SentinelOne', check: untrusted }] })).toHaveLength(1);
  });

  it('without a service is no fault: another tool may bring the schedule', () => {
    const none: Looked = { ...healthy, service: { definition: 'none', state: 'stopped', enabled: false } };
    expect(diagnosis(none)).toContainEqual(expect.objectContaining({ check: 'Service', verdict: 'note' }));
  });
});

describe('what is not well has its cause and its remedy', () => {
  const cases: readonly (readonly [string, Partial<Looked>, string])[] = [
    ['a bad configuration', { configuration: fault('agent.bad-configuration') }, 'Configuration'],
    ['a stopped service', { service: { definition: 'package', state: 'stopped', enabled: true } }, 'Service'],
    [
      'a service that does not start',
      { service: { definition: 'own', state: 'running', enabled: false } },
      'Start at boot',
    ],
    ['no service manager', { service: fault('service.no-manager') }, 'Service'],
    ['a daemon that does not answer', { told: fault('agent.not-running') }, 'Agent'],
    ['a daemon of an older version', { told: { ...told, version: '0.0.9' } }, 'Agent'],
    [
      'a disk that does not keep',
      { told: { ...told, journal: { broken: fault('state.disk-error') } } },
      'Memory on disk',
    ],
    ['not enrolled', { told: { ...told, enrolled: null } }, 'Enrolment'],
    ['a silent console', { told: { ...told, heardAgoMs: 3_600_000 } }, 'Console'],
    ['a console never heard', { told: { ...told, heardAgoMs: null } }, 'Console'],
    ['a wrong clock', { told: { ...told, clockSkewMs: -3_600_000 } }, 'Clock'],
    [
      'a name that is not found',
      { hosts: [{ of: 'console', check: { ...reached, dns: 'failed', tls: 'failed', detail: 'ENOTFOUND' } }] },
      'console console.test',
    ],
    ['a plan that cannot be made', { plan: fault('system.unreadable') }, 'This machine'],
    [
      'another antivirus',
      { plan: { state, preflight: [{ check: 'no other antivirus', ok: false, detail: 'ClamAV' }] } as never },
      'No other antivirus',
    ],
    [
      'a failed install',
      { told: { ...told, report: { state: { kind: 'failed', since, fault: fault('install.failed') } } as never } },
      'Protection',
    ],
  ];

  it.each(cases)('%s', (_name, changes, check) => {
    const found = ills({ ...healthy, ...changes });
    expect(found.map((finding) => finding.check)).toEqual([check]);
    expect(found[0]?.remedy).toMatch(/\w{3}/);
  });

  it('nothing that a terminal would obey is printed', () => {
    const evil = { ...reached, dns: 'failed', tls: 'failed', detail: '\u001b]0;x\u0007\nok  All is well' } as const;
    const lines = doctorLines(diagnosis({ ...healthy, hosts: [{ of: 'console', check: evil }] }));
    expect(lines.filter((line) => /\p{Cc}/u.test(line))).toEqual([]);
    expect(lines.filter((line) => line.startsWith('ok  All'))).toEqual([]);
  });
});
