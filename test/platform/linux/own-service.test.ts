import { describe, expect, it } from 'vitest';
import { parseUnitShow } from '#platform/linux/parse/own-unit.ts';
import { systemdManager } from '#platform/linux/systemd-notify.ts';
import type { Runner } from '#platform/linux/runner.ts';
import { systemdUnit } from '#platform/linux/unit.ts';

describe('our unit', () => {
  it('runs the program by its absolute path, for ever, and is watched', () => {
    const unit = systemdUnit('/usr/sbin/garrison-agent');
    expect(unit).toContain('\nExecStart=/usr/sbin/garrison-agent run\n');
    expect(unit).toContain('\nRestart=always\n');
    expect(unit).toMatch(/\nWatchdogSec=\d+min\n/);
  });

  it('a path with blanks, percent signs and quotes stays one word', () => {
    expect(systemdUnit('/opt/a b%c"d$e/agent')).toContain(String.raw`ExecStart="/opt/a b%%c\"d$$e/agent" run`);
  });

  it('G11: neither sandboxes nor kills what the agent starts', () => {
    expect(systemdUnit('/x')).toContain('\nKillMode=process\n');
    expect(systemdUnit('/x')).not.toMatch(/Protect|NoNewPrivileges|Restrict|Private|CapabilityBoundingSet/);
  });
});

/** Shape of systemctl(1) `show`, systemd 252. */
describe('what systemctl says of it', () => {
  const show = (load: string, active: string, file: string, path: string): string =>
    `LoadState=${load}\nActiveState=${active}\nUnitFileState=${file}\nFragmentPath=${path}\n`;
  it.each([
    [show('loaded', 'active', 'enabled', '/etc/systemd/system/x'), 'running', true, '/etc/systemd/system/x'],
    [show('loaded', 'failed', 'disabled', '/usr/lib/systemd/system/x'), 'failed', false, '/usr/lib/systemd/system/x'],
    [show('loaded', 'activating', 'enabled', '/x'), 'running', true, '/x'],
    [show('not-found', 'inactive', '', ''), 'stopped', false, null],
    [show('masked', 'inactive', 'masked', '/dev/null'), 'stopped', false, null],
    ['', 'stopped', false, null],
  ])('%j', (text, state, enabled, path) => {
    expect(parseUnitShow(text)).toEqual({ state, enabled, path });
  });
});

describe('signs of life', () => {
  const runner = {} as Runner;
  it.each([
    ['nobody asked', {}, null],
    ['a socket and no watchdog', { NOTIFY_SOCKET: '/run/systemd/notify' }, null],
    ['a watchdog for us', { NOTIFY_SOCKET: '/run/n', WATCHDOG_USEC: '300000000', WATCHDOG_PID: '7' }, 300_000],
    ['a watchdog for another process', { NOTIFY_SOCKET: '/run/n', WATCHDOG_USEC: '1000', WATCHDOG_PID: '8' }, null],
    ['no number', { NOTIFY_SOCKET: '/run/n', WATCHDOG_USEC: 'soon' }, null],
    ['an address that is none', { NOTIFY_SOCKET: 'relative', WATCHDOG_USEC: '1000' }, null],
  ])('%s', (_, variables, expected) => {
    expect(systemdManager(runner, variables, 7).watchdogMs).toBe(expected);
  });
});
