import { describe, expect, it } from 'vitest';
import { Fault, type FaultCode } from '#protocol/codes.ts';
import { protectionKinds, protectionStateSchema } from '#protocol/state.ts';
import { conditions } from '#protocol/words.ts';
import type { Conflict } from '#protocol/state.ts';
import type { Pause } from '#agent/memory/memory.ts';
import type { PlanInput } from '#agent/plan/decision.ts';
import { plan } from '#agent/plan/plan.ts';
import {
  absent,
  aged,
  assignment,
  attempt,
  basis,
  candidate,
  ended,
  facts,
  healthy,
  input,
  memory,
  run,
  wallMs,
} from '#test/agent/plan/input.ts';

interface Row {
  readonly name: string;
  readonly given: PlanInput;
  readonly state: object;
  readonly decision: object;
  /** First reason. */
  readonly because: string;
}

const record = (code: FaultCode) => new Fault(code, 'as it was').toRecord();
const product = (changes: Partial<typeof healthy>, also: Partial<PlanInput> = {}): PlanInput =>
  input({ facts: facts({ product: aged({ ...healthy, ...changes }) }), ...also });
const paused = (changes: Partial<Pause>): PlanInput =>
  input({
    memory: memory({
      pause: { fault: record('install.failed'), untilMs: wallMs + 60_000, basis, count: 2, rung: null, ...changes },
    }),
  });
const open = (changes: Parameters<typeof attempt>[0], also: Parameters<typeof facts>[0] = {}): PlanInput =>
  input({ memory: memory({ attempt: attempt(changes), attempts: 1 }), facts: facts(also) });
const conflict: Conflict = {
  productId: 'sophos',
  name: 'Sophos',
  version: '1',
  state: 'active',
  evidence: ['service sav-protect'],
  remedy: 'Remove it',
};
const noPackage = (code: FaultCode) =>
  aged({ chosen: null, rejected: [], help: 'another version', failure: { code, detail: 'none fits' } });

const resting: readonly Row[] = [
  {
    name: 'not enrolled',
    given: input({ assignment: null, enrolled: false }),
    state: { kind: 'unassigned', reason: 'not-enrolled' },
    decision: { kind: 'rest' },
    because: 'not-enrolled',
  },
  {
    name: 'nothing assigned',
    given: input({ assignment: null }),
    state: { kind: 'unassigned', reason: 'no-assignment' },
    decision: { kind: 'rest' },
    because: 'no-assignment',
  },
  {
    name: 'no site',
    given: input({ assignment: assignment({ site: null }) }),
    state: { kind: 'unassigned', reason: 'no-site' },
    decision: { kind: 'rest' },
    because: 'no-site',
  },
  {
    name: 'watched only',
    given: input({ assignment: assignment({ mode: 'watch' }) }),
    state: { kind: 'paused', mode: 'watch', wouldInstall: 'SentinelAgent.deb (24.2.2.20)' },
    decision: { kind: 'rest' },
    because: 'watch',
  },
  {
    name: 'paused',
    given: input({ assignment: assignment({ mode: 'paused' }) }),
    state: { kind: 'paused', mode: 'paused' },
    decision: { kind: 'rest' },
    because: 'paused',
  },
  {
    name: 'a machine no package runs on',
    given: input({ facts: facts({ selection: noPackage('selection.unsupported') }) }),
    state: { kind: 'unsupported', help: 'another version' },
    decision: { kind: 'rest' },
    because: 'selection.unsupported',
  },
  {
    name: 'no package that fits',
    given: input({ facts: facts({ selection: noPackage('selection.none') }) }),
    state: { kind: 'failed', fault: { code: 'selection.none' } },
    decision: { kind: 'rest' },
    because: 'selection.none',
  },
  {
    name: 'three installs that never worked',
    given: input({ memory: memory({ unverified: { [candidate.sha256]: 3 } }) }),
    state: { kind: 'failed', fault: { code: 'install.loop' } },
    decision: { kind: 'rest' },
    because: 'install.loop',
  },
  {
    name: 'a verdict that needs a person',
    given: paused({ untilMs: null, fault: record('package.unsigned') }),
    state: { kind: 'failed', fault: { code: 'package.unsigned' } },
    decision: { kind: 'rest' },
    because: 'package.unsigned',
  },
  {
    name: 'the same verdict after the circumstances changed',
    given: paused({ untilMs: null, basis: 'another' }),
    state: { kind: 'installing' },
    decision: { kind: 'do', action: { kind: 'install' } },
    because: 'install',
  },
];

const waiting: readonly Row[] = [
  {
    name: 'another antivirus',
    given: input({ facts: facts({ antivirus: aged({ blocking: [conflict], reported: [], unknown: [] }) }) }),
    state: { kind: 'blocked', conflicts: [conflict], fault: { code: 'antivirus.present' } },
    decision: { kind: 'wait', condition: 'antivirus-gone' },
    because: 'antivirus.present',
  },
  {
    name: 'a look for antivirus that failed',
    given: input({
      facts: facts({
        antivirus: aged({
          blocking: [],
          reported: [],
          unknown: [{ probe: 'services', detail: 'timeout', waived: false }],
        }),
      }),
    }),
    state: { kind: 'blocked', fault: { code: 'antivirus.unknown' } },
    decision: { kind: 'wait', condition: 'antivirus-gone' },
    because: 'antivirus.unknown',
  },
  {
    name: 'the same look when it is waived',
    given: input({
      facts: facts({
        antivirus: aged({
          blocking: [],
          reported: [],
          unknown: [{ probe: 'services', detail: 'timeout', waived: true }],
        }),
      }),
    }),
    state: { kind: 'installing' },
    decision: { kind: 'do' },
    because: 'install',
  },
  {
    name: 'a disk that does not keep what is written',
    given: input({ journal: { broken: record('state.disk-error'), tight: false } }),
    state: { kind: 'waiting', condition: 'disk-space', fault: { code: 'state.disk-error' } },
    decision: { kind: 'wait' },
    because: 'state.disk-error',
  },
  {
    name: 'no room for the memory',
    given: input({ journal: { broken: null, tight: true } }),
    state: { kind: 'waiting', condition: 'disk-space', fault: { code: 'state.no-space' } },
    decision: { kind: 'wait', condition: 'disk-space' },
    because: 'state.no-space',
  },
  {
    name: 'a pause after a fault',
    given: paused({}),
    state: { kind: 'retrying', attempt: 2, attemptsMax: 6, fault: { code: 'install.failed' } },
    decision: { kind: 'wait', condition: 'time' },
    because: 'install.failed',
  },
  {
    name: 'a pause without end of tries',
    given: paused({ fault: record('download.interrupted') }),
    state: { kind: 'retrying', attemptsMax: 0 },
    decision: { kind: 'wait' },
    because: 'download.interrupted',
  },
  {
    name: 'a pause that is over',
    given: paused({ untilMs: wallMs }),
    state: { kind: 'installing' },
    decision: { kind: 'do' },
    because: 'install',
  },
  {
    name: 'an expired assignment',
    given: input({ assignment: assignment({ expiresAt: new Date(wallMs).toISOString() }) }),
    state: { kind: 'waiting', condition: 'console', fault: { code: 'assignment.expired' } },
    decision: { kind: 'wait', condition: 'console' },
    because: 'assignment.expired',
  },
  {
    name: 'not its turn yet',
    given: input({ assignment: assignment({ slot: 'none' }) }),
    state: { kind: 'waiting', condition: 'turn', fault: { code: 'install.not-its-turn' } },
    decision: { kind: 'wait', condition: 'turn' },
    because: 'install.not-its-turn',
  },
  {
    name: 'not its turn, and outside the hours: the hours are named, so that nobody counts it as ready',
    given: input({ assignment: assignment({ slot: 'none', window: { startMinute: 1320, endMinute: 300 } }) }),
    state: { kind: 'waiting', condition: 'window' },
    decision: { kind: 'wait', condition: 'window' },
    because: 'install.outside-hours',
  },
  {
    name: 'not its turn after a fault: the pause is told first',
    given: { ...paused({}), assignment: assignment({ slot: 'none' }) },
    state: { kind: 'retrying', fault: { code: 'install.failed' } },
    decision: { kind: 'wait', condition: 'time' },
    because: 'install.failed',
  },
  {
    name: 'outside the hours',
    given: input({ assignment: assignment({ window: { startMinute: 1320, endMinute: 300 } }) }),
    state: { kind: 'waiting', condition: 'window' },
    decision: { kind: 'wait', condition: 'window' },
    because: 'install.outside-hours',
  },
  {
    name: 'inside hours over midnight',
    given: input({ assignment: assignment({ window: { startMinute: 700, endMinute: 300 } }) }),
    state: { kind: 'installing' },
    decision: { kind: 'do' },
    because: 'install',
  },
  {
    name: 'hours that begin when they end: all day',
    given: input({ assignment: assignment({ window: { startMinute: 0, endMinute: 0 } }) }),
    state: { kind: 'installing' },
    decision: { kind: 'do' },
    because: 'install',
  },
  {
    name: 'six starts today',
    given: input({
      memory: memory({ installerStartsMs: [1, 2, 3, 4, 5, 6].map((hours) => wallMs - hours * 3_600_000) }),
    }),
    state: { kind: 'retrying', attempt: 6, attemptsMax: 6 },
    decision: { kind: 'wait', condition: 'time' },
    because: 'install.budget-spent',
  },
  {
    name: 'a package manager at work',
    given: input({ facts: facts({ settled: { settled: false, holder: 'apt-get (812)' } }) }),
    state: { kind: 'waiting', condition: 'package-manager-free', holder: 'apt-get (812)' },
    decision: { kind: 'wait', condition: 'package-manager-free' },
    because: 'install.busy',
  },
  {
    name: 'a held lock',
    given: input({
      facts: facts({
        locks: aged({ status: 'ok', value: [{ lock: 'dpkg', path: '/x', holder: { pid: 812, command: 'apt-get' } }] }),
      }),
    }),
    state: { kind: 'waiting', condition: 'package-manager-free', holder: 'apt-get (812)' },
    decision: { kind: 'wait' },
    because: 'install.busy',
  },
  {
    name: 'a lock of somebody unknown',
    given: input({
      facts: facts({ locks: aged({ status: 'ok', value: [{ lock: 'dpkg', path: '/x', holder: null }] }) }),
    }),
    state: { kind: 'waiting', condition: 'package-manager-free', holder: 'an unknown program' },
    decision: { kind: 'wait' },
    because: 'install.busy',
  },
  {
    name: 'locks that cannot be read',
    given: input({
      facts: facts({ locks: aged({ status: 'failed', code: 'system.unreadable', detail: 'no /proc' }) }),
    }),
    state: { kind: 'waiting', condition: 'package-manager-free' },
    decision: { kind: 'wait' },
    because: 'install.busy',
  },
  {
    name: 'a full disk',
    given: input({ facts: facts({ freeBytes: aged({ status: 'ok', value: 1024 ** 3 }) }) }),
    state: { kind: 'waiting', condition: 'disk-space', fault: { code: 'install.no-space' } },
    decision: { kind: 'wait', condition: 'disk-space' },
    because: 'install.no-space',
  },
  {
    name: 'a wrong clock',
    given: input({
      facts: facts({
        vendorHost: aged({ host: 'h', dns: 'ok', tls: 'untrusted', clockOffsetMs: 3_600_000, detail: '' }),
      }),
    }),
    state: { kind: 'waiting', condition: 'clock', fault: { code: 'clock.skewed' } },
    decision: { kind: 'wait', condition: 'clock' },
    because: 'clock.skewed',
  },
  {
    name: 'a vendor that is out of reach',
    given: input({
      facts: facts({
        vendorHost: aged({ host: 'h', dns: 'failed', tls: 'failed', clockOffsetMs: null, detail: 'ENOTFOUND' }),
      }),
    }),
    state: { kind: 'waiting', condition: 'network', fault: { code: 'network.vendor-unreachable' } },
    decision: { kind: 'wait', condition: 'network' },
    because: 'network.vendor-unreachable',
  },
];

const acting: readonly Row[] = [
  {
    name: 'nothing here yet',
    given: input({ facts: facts({ package: { status: 'absent' } }) }),
    state: { kind: 'installing', step: 'download', attempt: 1 },
    decision: { kind: 'do', action: { kind: 'download', candidate } },
    because: 'download',
  },
  {
    name: 'a verified package',
    given: input(),
    state: { kind: 'installing', step: 'install' },
    decision: { kind: 'do', action: { kind: 'install', candidate } },
    because: 'install',
  },
  {
    name: 'a half-installed product',
    given: input({ facts: facts({ product: aged({ ...absent, state: 'partial' }) }) }),
    state: { kind: 'installing', step: 'repair' },
    decision: { kind: 'do', action: { kind: 'repair' } },
    because: 'repair',
  },
  {
    name: 'an attempt before its run when something comes in the way',
    given: open({}, { freeBytes: aged({ status: 'ok', value: 0 }) }),
    state: { kind: 'installing' },
    decision: { kind: 'do', action: { kind: 'close-attempt', result: 'superseded', fault: null } },
    because: 'close-attempt',
  },
  {
    name: 'an attempt before its run when another package is assigned',
    given: open({ package: { ...candidate, sha256: 'c'.repeat(64) } }),
    state: { kind: 'installing' },
    decision: { kind: 'do', action: { kind: 'close-attempt', result: 'superseded' } },
    because: 'close-attempt',
  },
  {
    name: 'an attempt before its run when the product is there',
    given: open({}, { product: aged(healthy) }),
    state: { kind: 'installing' },
    decision: { kind: 'do', action: { kind: 'close-attempt', result: 'superseded' } },
    because: 'close-attempt',
  },
  {
    name: 'a run nobody has claimed yet',
    given: open({ run: run() }, { run: { status: 'unclaimed', overdue: false } }),
    state: { kind: 'installing' },
    decision: { kind: 'wait', condition: 'installer-settled' },
    because: 'install',
  },
  {
    name: 'a run nobody will claim',
    given: open({ run: run() }, { run: { status: 'unclaimed', overdue: true } }),
    state: { kind: 'installing' },
    decision: { kind: 'do', action: { kind: 'claim-run' } },
    because: 'claim-run',
  },
  {
    name: 'a run without a trace',
    given: open({ run: run() }),
    state: { kind: 'installing' },
    decision: { kind: 'do', action: { kind: 'claim-run' } },
    because: 'claim-run',
  },
  {
    name: 'a running installer',
    given: open({ run: run() }, { run: { status: 'running', forMs: 20_000 } }),
    state: { kind: 'installing', step: 'install' },
    decision: { kind: 'wait', condition: 'installer-settled' },
    because: 'install',
  },
  {
    name: 'an installer that takes too long',
    given: open({ run: run() }, { run: { status: 'running', forMs: 31 * 60_000 } }),
    state: { kind: 'waiting', condition: 'installer-settled', fault: { code: 'install.overdue' } },
    decision: { kind: 'wait', condition: 'installer-settled' },
    because: 'install.overdue',
  },
  {
    name: 'an installer that ended',
    given: open({ run: run() }, { run: { status: 'ended', known: true, code: 0, signal: null, refused: null } }),
    state: { kind: 'installing' },
    decision: { kind: 'do', action: { kind: 'conclude-run' } },
    because: 'conclude-run',
  },
  {
    name: 'an ended run whose children go on',
    given: open({ run: ended() }, { settled: { settled: false, holder: 'dpkg (9)' } }),
    state: { kind: 'installing', step: 'settle' },
    decision: { kind: 'wait', condition: 'installer-settled' },
    because: 'settle',
  },
  {
    name: 'a product that is proved',
    given: open({ run: ended() }, { product: aged(healthy) }),
    state: { kind: 'installing' },
    decision: { kind: 'do', action: { kind: 'close-attempt', result: 'protected', fault: null } },
    because: 'close-attempt',
  },
  {
    name: 'a product proved although the installer failed',
    given: open(
      { run: ended({ code: 1, meaning: { outcome: 'fault', code: 'install.failed', text: 'x', ladder: [] } }) },
      { product: aged(healthy) },
    ),
    state: { kind: 'installing' },
    decision: { kind: 'do', action: { kind: 'close-attempt', result: 'protected', fault: null } },
    because: 'close-attempt',
  },
  {
    name: 'a product whose service does not run',
    given: open({ run: ended() }, { product: aged({ ...healthy, serviceRunning: false, connected: false }) }),
    state: { kind: 'installing', step: 'register' },
    decision: { kind: 'do', action: { kind: 'start-product' } },
    because: 'start-product',
  },
  {
    name: 'a product that was asked to start already',
    given: open(
      { run: ended(), step: 'register' },
      { product: aged({ ...healthy, serviceRunning: false, connected: false }) },
    ),
    state: { kind: 'installing', step: 'register' },
    decision: { kind: 'wait' },
    because: 'register',
  },
  {
    name: 'a product that does not report yet',
    given: open({ run: ended() }, { product: aged({ ...healthy, connected: false }) }),
    state: { kind: 'installing', step: 'register' },
    decision: { kind: 'wait' },
    because: 'register',
  },
  {
    name: 'a product that never reported',
    given: open(
      { run: { ...ended(), endedAtMs: wallMs - 6 * 60_000 } },
      { product: aged({ ...healthy, connected: false }) },
    ),
    state: { kind: 'installing' },
    decision: { kind: 'do', action: { kind: 'close-attempt', result: 'installed', fault: null } },
    because: 'close-attempt',
  },
  {
    name: 'half of it after the run',
    given: open({ run: ended() }, { product: aged({ ...absent, state: 'partial' }) }),
    state: { kind: 'installing', step: 'repair' },
    decision: { kind: 'do', action: { kind: 'repair' } },
    because: 'repair',
  },
  {
    name: 'half of it after the repair',
    given: open({ run: ended(), repaired: true }, { product: aged({ ...absent, state: 'partial' }) }),
    state: { kind: 'installing' },
    decision: { kind: 'do', action: { kind: 'close-attempt', result: 'failed', fault: { code: 'install.partial' } } },
    because: 'close-attempt',
  },
  {
    name: 'nothing after a run that said done',
    given: open({ run: ended() }),
    state: { kind: 'installing' },
    decision: {
      kind: 'do',
      action: { kind: 'close-attempt', result: 'failed', fault: { code: 'install.not-verified' } },
    },
    because: 'close-attempt',
  },
  {
    name: 'nothing after a run that failed',
    given: open({
      run: ended({ code: 1, meaning: { outcome: 'fault', code: 'install.leftovers', text: 'x', ladder: [] } }),
    }),
    state: { kind: 'installing' },
    decision: { kind: 'do', action: { kind: 'close-attempt', result: 'failed', fault: { code: 'install.leftovers' } } },
    because: 'close-attempt',
  },
  {
    name: 'nothing after a run whose end nobody saw',
    given: open({ run: ended({ known: false, code: null, meaning: null }) }),
    state: { kind: 'installing' },
    decision: {
      kind: 'do',
      action: { kind: 'close-attempt', result: 'unknown', fault: { code: 'install.outcome-unknown' } },
    },
    because: 'close-attempt',
  },
  {
    name: 'an open attempt on a broken disk',
    given: input({
      memory: memory({ attempt: attempt() }),
      journal: { broken: record('state.disk-error'), tight: false },
    }),
    state: { kind: 'waiting', condition: 'disk-space' },
    decision: { kind: 'rest' },
    because: 'state.disk-error',
  },
];

const present: readonly Row[] = [
  {
    name: 'a proved product',
    given: product({}),
    state: { kind: 'protected', version: '24.2.2.20', notes: [] },
    decision: { kind: 'rest' },
    because: 'product-present',
  },
  {
    name: 'a proved product that nobody assigned',
    given: product({}, { assignment: null }),
    state: { kind: 'protected' },
    decision: { kind: 'rest' },
    because: 'product-present',
  },
  {
    name: 'an older product',
    given: product({ version: '24.1.1.1' }),
    state: { kind: 'protected', notes: ['update-available'] },
    decision: { kind: 'rest' },
    because: 'product-present',
  },
  {
    name: 'a product whose database cannot be read',
    given: product({
      unread: [{ reading: 'packageState', code: 'health.unreadable', detail: 'locked' }],
      healthy: null,
    }),
    state: { kind: 'checking' },
    decision: { kind: 'rest' },
    because: 'product-present',
  },
  {
    name: 'a stopped service',
    given: product({ serviceRunning: false, healthy: false }),
    state: { kind: 'not-protecting', reason: 'service-stopped' },
    decision: { kind: 'rest' },
    because: 'product-present',
  },
  {
    name: 'a disabled product',
    given: product({ enabled: false, healthy: false }),
    state: { kind: 'not-protecting', reason: 'disabled' },
    decision: { kind: 'rest' },
    because: 'product-present',
  },
  {
    name: 'a product that never registered',
    given: product({ connected: false }),
    state: { kind: 'not-protecting', reason: 'not-registered' },
    decision: { kind: 'rest' },
    because: 'product-present',
  },
  {
    name: 'a product that cannot be asked',
    given: product({
      enabled: null,
      healthy: null,
      connected: null,
      unread: [{ reading: 'control-status', code: 'health.unreadable', detail: 'timeout' }],
    }),
    state: { kind: 'not-protecting', reason: 'unreadable' },
    decision: { kind: 'rest' },
    because: 'product-present',
  },
  {
    name: 'a connection lost a minute ago',
    given: product(
      { connected: false },
      { memory: memory({ everConnected: true, disconnectedSinceMs: wallMs - 60_000 }) },
    ),
    state: { kind: 'protected' },
    decision: { kind: 'rest' },
    because: 'product-present',
  },
  {
    name: 'a connection lost ten minutes ago',
    given: product(
      { connected: false },
      { memory: memory({ everConnected: true, disconnectedSinceMs: wallMs - 600_000 }) },
    ),
    state: { kind: 'degraded', problems: [{ kind: 'not-connected' }] },
    decision: { kind: 'rest' },
    because: 'product-present',
  },
  {
    name: 'a connection lost in the future: the clock was set back',
    given: product(
      { connected: false },
      { memory: memory({ everConnected: true, disconnectedSinceMs: wallMs + 30 * 86_400_000 }) },
    ),
    state: { kind: 'degraded', problems: [{ kind: 'not-connected' }] },
    decision: { kind: 'rest' },
    because: 'product-present',
  },
  {
    name: 'a sick engine',
    given: product({ healthy: false, engineProblems: ['DFI library: Failed'] }),
    state: { kind: 'degraded', problems: [{ kind: 'engine-problem' }] },
    decision: { kind: 'rest' },
    because: 'product-present',
  },
  {
    name: "another tenant's agent",
    given: product({ consoleHost: 'evil.sentinelone.net' }),
    state: { kind: 'degraded', problems: [{ kind: 'foreign-console' }] },
    decision: { kind: 'rest' },
    because: 'product-present',
  },
  {
    name: 'an agent of another site',
    given: product({ siteKeySha256: 'c'.repeat(64) }),
    state: { kind: 'degraded', problems: [{ kind: 'wrong-site' }] },
    decision: { kind: 'rest' },
    because: 'product-present',
  },
  {
    name: 'a second antivirus beside it',
    given: input({
      facts: facts({ product: aged(healthy), antivirus: aged({ blocking: [conflict], reported: [], unknown: [] }) }),
    }),
    state: { kind: 'degraded', problems: [{ kind: 'other-antivirus' }] },
    decision: { kind: 'rest' },
    because: 'product-present',
  },
];

const rows = [...resting, ...waiting, ...acting, ...present];

describe('the planner', () => {
  it.each(rows)('$name', ({ given, state, decision, because }) => {
    const planned = plan(given);
    expect(planned.state).toMatchObject(state);
    expect(planned.decision).toMatchObject(decision);
    expect(planned.decision.because[0]?.code).toBe(because);
    expect(protectionStateSchema.safeParse(planned.state).error).toBeUndefined();
  });

  it('has a row for every state', () => {
    const seen = new Set(rows.map(({ given }) => plan(given).state.kind));
    expect([...protectionKinds].filter((kind) => !seen.has(kind))).toEqual([]);
  });

  it('has a row for every condition but the restart, which nothing asks for yet', () => {
    const seen = new Set(
      rows.flatMap(({ given }) => {
        const { decision } = plan(given);
        return decision.kind === 'wait' ? [decision.condition] : [];
      }),
    );
    expect(conditions.filter((condition) => !seen.has(condition))).toEqual(['reboot']);
  });

  it('keeps the start of a state that goes on', () => {
    const given = product({});
    const earlier = memory({ state: { key: 'protected 24.2.2.20', sinceMs: wallMs - 86_400_000, alarm: false } });
    expect(plan({ ...given, memory: earlier }).state.since).toBe('2026-05-31T12:00:00.000Z');
    expect(plan(given).state.since).toBe('2026-06-01T12:00:00.000Z');
  });

  it('does not believe a pause that ends later than any pause can: the clock was wrong', () => {
    expect(plan(paused({ untilMs: wallMs + 30 * 86_400_000 })).decision.kind).toBe('do');
  });

  it('does not repair beyond the day’s starts', () => {
    const starts = [1, 2, 3, 4, 5, 6].map((hours) => wallMs - hours * 3_600_000);
    const given = open({ run: ended() }, { product: aged({ ...absent, state: 'partial' }) });
    const planned = plan({ ...given, memory: { ...given.memory, installerStartsMs: starts } });
    expect(planned.decision).toMatchObject({
      kind: 'do',
      action: { kind: 'close-attempt', result: 'failed', fault: { code: 'install.budget-spent' } },
    });
  });
});
