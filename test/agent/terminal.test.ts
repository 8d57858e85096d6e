/**
 * What a hostile local user can name (a process that holds a lock, a file) reaches the terminal of whoever looks for what is
 * wrong. A terminal obeys escape sequences, C1 controls and direction marks; a line feed would make a line of its own.
 */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { sentinelOne } from '#installers/sentinelone/index.ts';
import { planLines } from '#agent/cli/plan.ts';
import { statusLines } from '#agent/cli/status.ts';
import { print, printJson } from '#agent/cli/output.ts';
import { readableLine } from '#agent/log.ts';
import { lookOnce } from '#agent/observe/look-once.ts';
import { Host } from '#test/worlds/host/host.ts';

/** Clears the screen, writes a title, uses a C1 control, turns the text around, and begins a line of its own. */
const hostile = 'x\u001b[2J\u001b]0;t\u0007\u009b1m\u202e\u2066\rState:        Protected\nState:        Protected';
const obeyed = /[\p{Cc}\p{Bidi_Control}]/u;
const at = '2026-01-01T00:00:00.000Z';
const fault = { code: 'installer.busy', class: 'condition', detail: hostile, context: {} } as const;

afterEach(() => vi.restoreAllMocks());

function written(work: () => void): string {
  const parts: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((part) => {
    parts.push(String(part));
    return true;
  });
  work();
  return parts.join('');
}

describe('G23: text of others, on the terminal of an administrator', () => {
  it('is one harmless line in `status`', () => {
    const conflict = { name: hostile, version: hostile, evidence: [hostile], remedy: hostile };
    const states = [
      { kind: 'waiting', since: at, condition: 'package-manager-free', fault, holder: hostile, lookAgainAt: at },
      { kind: 'blocked', since: at, conflicts: [conflict], fault },
    ] as const;
    for (const state of states) {
      const shown = {
        version: hostile,
        report: {
          state,
          decision: { because: [{ text: hostile }] },
          attempts: { startsLast24h: 0, startsMax: 6, number: 0 },
        },
        enrolled: { deviceId: 'd', organisationName: hostile },
        console: [hostile],
      };
      const lines = statusLines(shown as never);
      expect(lines.length).toBeGreaterThan(4);
      expect(lines.filter((line) => obeyed.test(line))).toEqual([]);
      expect(lines.filter((line) => line.startsWith('State:'))).toHaveLength(1);
    }
  });

  it('is one harmless line in `plan`', async () => {
    const host = new Host();
    const plan = await lookOnce(host.platform(host.spawn('garrison-agent')), sentinelOne, null);
    const preflight = [{ check: 'package manager free', ok: false, detail: `dpkg: ${hostile} (1)` }];
    const machine = { ...plan.machine, hostname: hostile };
    const lines = planLines({ ...plan, machine, preflight, ahead: [hostile], commands: [[hostile]] });
    expect(lines.join(' ')).toContain('[2J');
    expect(lines.filter((line) => obeyed.test(line))).toEqual([]);
  });

  it('is harmless in a log that people read, field for field', () => {
    const said = readableLine({ timestamp: at, level: 'warn', message: 'looked', file: hostile, in: { it: hostile } });
    expect(said).toContain('[2J');
    expect(said).not.toMatch(obeyed);
  });

  it('is harmless in everything that is printed, and whole in JSON', () => {
    expect(written(() => print(`first\n${hostile}`)).replaceAll('\n', '')).not.toMatch(obeyed);
    const json = written(() => printJson({ name: hostile }));
    expect(json.replaceAll('\n', '')).not.toMatch(obeyed);
    expect(JSON.parse(json)).toEqual({ name: hostile });
  });
});
