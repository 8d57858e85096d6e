/** Events of a device: an attempt that failed with output, conflicts, commands. Output is as hostile as a device may send it. */
import type { TimelineEvent } from '#console/api/devices.ts';
import type { ProtectionState } from '#protocol/state.ts';
import { candidate, fault, iso, sophos } from './states.ts';

const output = [
  'Selecting previously unselected package sentinelagent.',
  '(Reading database ... 41233 files and directories currently installed.)',
  'Preparing to unpack SentinelAgent_linux_x86_64_v24_2_2_20.deb ...',
  'Unpacking sentinelagent (24.2.2.20) ...',
  'Setting up sentinelagent (24.2.2.20) ...',
  '\u001b[31mFailed to register the service: chkconfig exited with 1\u001b[0m',
  "<script>alert('from the installer')</script> <img src=x onerror=alert(1)>",
  'dpkg: error processing package sentinelagent (--install):',
  ' installed sentinelagent package post-installation script subprocess returned error exit status 101',
].join('\r\n');

/** Newest last; `state` is the state that the last event leads to. */
export function historyOf(state: ProtectionState | null, nowMs: number): TimelineEvent[] {
  const events: TimelineEvent[] = [];
  const add = (agoMs: number, kind: string, data: Record<string, unknown>): void => {
    const at = iso(nowMs - agoMs);
    events.push({ journalId: 'j-7f3a', seq: events.length + 1, at, receivedAt: at, kind, data });
  };
  add(80_000_000, 'agent-started', { version: '0.1.0', bootId: 'b1', reason: 'start' });
  add(79_990_000, 'assignment-accepted', { number: 4, mode: 'deploy', site: 'Northwind' });
  if (state === null) return events;
  if (state.kind === 'blocked') add(2_400_000, 'conflict-found', { conflicts: [sophos] });
  if (['retrying', 'failed', 'not-protecting', 'protected', 'degraded'].includes(state.kind)) addAttempts(add, state);
  add(180_000, 'state-changed', { from: 'checking', state });
  add(170_000, 'something-newer', { anything: true });
  return events;
}

type Add = (agoMs: number, kind: string, data: Record<string, unknown>) => void;

function addAttempts(add: Add, state: ProtectionState): void {
  const step = (agoMs: number, attempt: number, said: string, detail = ''): void => {
    const [name, result] = said.split(': ');
    add(agoMs, 'attempt-step', { attempt, step: name, result, detail, fault: null });
  };
  const opening = (agoMs: number, attempt: number, trigger: string): void => {
    add(agoMs, 'attempt-started', { attempt, package: candidate, trigger });
    step(agoMs - 100, attempt, 'download: started');
    step(agoMs - 21_000, attempt, 'download: ok', '39.4 MB from the console');
    step(agoMs - 22_000, attempt, 'verify-package: ok', 'SHA-256 as signed; a deb carries no signature');
    step(agoMs - 22_500, attempt, 'preflight: ok', 'no other antivirus, lock free, console reachable');
    step(agoMs - 22_900, attempt, 'site-token: ok');
    step(agoMs - 23_000, attempt, 'install: started');
  };
  opening(7_500_000, 1, 'automatic');
  add(7_470_000, 'installer-exited', {
    attempt: 1,
    run: 1,
    exitCode: 101,
    signal: null,
    meaning: 'a script of the package ended with 101: service registration failed',
    durationMs: 14_300,
    output,
  });
  const end = fault('install.scriptlet-failed', 'postinst of sentinelagent ended with 101');
  add(7_469_000, 'attempt-ended', {
    attempt: 1,
    result: 'failed',
    fault: end,
    nextAttemptAt: new Date(Date.now() - 7_200_000).toISOString(),
  });
  opening(400_000, 2, state.kind === 'retrying' ? 'automatic' : 'retry');
  if (state.kind === 'protected' || state.kind === 'degraded') {
    step(370_000, 2, 'install: ok');
    step(330_000, 2, 'register: ok', 'connected to euce1-100.example.net');
    step(320_000, 2, 'verify: ok', 'installed, running, enabled, connected');
    add(319_000, 'attempt-ended', { attempt: 2, result: 'protected', fault: null, nextAttemptAt: null });
    return;
  }
  add(372_000, 'installer-exited', {
    attempt: 2,
    run: 1,
    exitCode: 101,
    signal: null,
    meaning: 'a script of the package ended with 101: service registration failed',
    durationMs: 9_800,
    output,
  });
  add(371_000, 'attempt-ended', {
    attempt: 2,
    result: 'failed',
    fault: end,
    nextAttemptAt: state.kind === 'retrying' ? state.nextAttemptAt : null,
  });
}
