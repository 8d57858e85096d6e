import { describe, expect, it } from 'vitest';
import { shownStates } from '#console/api/shown-state.ts';
import { refusalReasons } from '#console/api/command-rule.ts';
import { faultWords } from '#console/web/fault-words.ts';
import * as remedies from '#console/web/remedies.ts';
import { causeName, deviceWords, stateWords } from '#console/web/state-words.ts';
import * as sentinelOneWords from '#console/web/sentinelone-words.ts';
import * as vendorWords from '#console/web/vendor-words.ts';
import * as words from '#console/web/words.ts';
import { faultCodes } from '#protocol/codes.ts';
import { eventDataSchemas } from '#protocol/events.ts';
import { notProtectingReasons, problemKinds, type ProtectionState } from '#protocol/state.ts';
import { attemptSteps, conditions, deploymentModes, targets } from '#protocol/words.ts';

/** Every text at the leaves of a table. */
function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(texts);
}

const faultTexts = faultCodes.flatMap((code) => [faultWords({ code }).title, faultWords({ code }).remedy]);
const all = [...texts(words), ...texts(sentinelOneWords), ...texts(vendorWords), ...texts(remedies), ...faultTexts];

describe('the table of words', () => {
  it.each([
    ['states', words.states, shownStates],
    ['statesByWeight', Object.fromEntries(words.statesByWeight.map((state) => [state, state])), shownStates],
    ['problems', words.problems, problemKinds],
    ['problem remedies', remedies.problemRemedies, problemKinds],
    ['reasons', words.notProtecting, notProtectingReasons],
    ['reason remedies', remedies.notProtectingRemedies, notProtectingReasons],
    ['conditions', words.conditions, conditions],
    ['condition remedies', remedies.conditionRemedies, conditions],
    ['steps', words.steps, attemptSteps],
    ['events', words.events, Object.keys(eventDataSchemas)],
    ['refusals', words.refusals, refusalReasons],
    ['modes', words.modes, deploymentModes],
    ['targets', words.targets, targets],
  ] as const)('has a word for each of %s', (_name, table, keys) => {
    expect(Object.keys(table).toSorted((a, b) => a.localeCompare(b))).toEqual(
      [...keys].toSorted((a, b) => a.localeCompare(b)),
    );
    expect(texts(table).every((text) => text !== '')).toBe(true);
  });

  it('has title and remedy for each failure code', () => {
    expect(faultCodes.length).toBeGreaterThan(50);
    expect(faultTexts.every((text) => text.length > 3)).toBe(true);
  });

  it('never says the words of the inside', () => {
    expect(all.length).toBeGreaterThan(200);
    expect(all.filter((text) => /\b(assignments?|facts?|journals?|digests?|transient)\b/i.test(text))).toEqual([]);
  });
});

const nowMs = new Date(2026, 2, 1, 14, 0).getTime();
const at = (hours: number, minutes: number): string => new Date(2026, 2, 1, hours, minutes).toISOString();
const since = { since: at(13, 30) };
const fault = (code: (typeof faultCodes)[number]) => ({ code, detail: '', context: {} });
const conflict = (name: string) => ({
  productId: 'p',
  name,
  version: null,
  state: 'active' as const,
  evidence: [],
  remedy: '',
});
const line = (state: ProtectionState): string => stateWords(state, nowMs).line;

describe('the line of a device', () => {
  it.each<[string, ProtectionState]>([
    [
      'Other antivirus found: Sophos',
      { kind: 'blocked', ...since, fault: fault('antivirus.present'), conflicts: [conflict('Sophos')] },
    ],
    [
      'Other antivirus found: ClamAV and 1 more',
      {
        kind: 'blocked',
        ...since,
        fault: fault('antivirus.present'),
        conflicts: [conflict('ClamAV'), conflict('Sophos')],
      },
    ],
    [
      'Could not check for other antivirus',
      { kind: 'blocked', ...since, fault: fault('antivirus.unknown'), conflicts: [] },
    ],
    [
      'Failed, next try 14:32 (2 of 6)',
      {
        kind: 'retrying',
        ...since,
        attempt: 2,
        attemptsMax: 6,
        fault: fault('install.failed'),
        nextAttemptAt: at(14, 32),
      },
    ],
    [
      'Waiting for restart since 13:30',
      {
        kind: 'waiting',
        ...since,
        condition: 'reboot',
        fault: fault('install.busy'),
        holder: null,
        lookAgainAt: at(14, 5),
      },
    ],
    ['Needs you: The system is read-only', { kind: 'failed', ...since, fault: fault('install.read-only-system') }],
    ['Our fault, please report', { kind: 'failed', ...since, fault: fault('install.wrong-package') }],
    [
      'Left without antivirus',
      { kind: 'not-protecting', version: null, ...since, reason: 'bare-after-failed-upgrade', detail: '' },
    ],
    ['Not protecting', { kind: 'not-protecting', version: '24.2', ...since, reason: 'disabled', detail: '' }],
    [
      'Protected, needs attention',
      { kind: 'degraded', version: '24.2', ...since, problems: [{ kind: 'reboot-needed', detail: '' }] },
    ],
    ['Not with version 24.2', { kind: 'unsupported', ...since, reasons: ['24.2.2.20 needs macOS 12 to 15'], help: '' }],
    [
      'Not with version 24.2',
      {
        kind: 'unsupported',
        ...since,
        reasons: ['Version 24.2.2.7632 runs on macOS 12 to 15.3; this is macOS (26.0).'],
        help: '',
      },
    ],
    ['Not with this version', { kind: 'unsupported', ...since, reasons: ['This is Windows 10.0 on ARM.'], help: '' }],
    ['Not with this version', { kind: 'unsupported', ...since, reasons: [], help: '' }],
    ['No site chosen', { kind: 'unassigned', ...since, reason: 'no-site' }],
    ['Watching only', { kind: 'paused', ...since, mode: 'watch', wouldInstall: null }],
    ['Installing: download', { kind: 'installing', ...since, step: 'download', attempt: 1, progress: null }],
    [
      "Installing: run SentinelOne's installer",
      { kind: 'installing', ...since, step: 'install', attempt: 1, progress: null },
    ],
    ['Protected', { kind: 'protected', version: '24.2', ...since, notes: [] }],
    ['Checking', { kind: 'checking', ...since }],
  ])('is "%s"', (expected, state) => {
    expect(line(state)).toBe(expected);
  });

  it('is silence before anything the device said', () => {
    const state: ProtectionState = { kind: 'protected', version: '24.2', ...since, notes: [] };
    expect(deviceWords({ state, notReportingSince: at(9, 5) }, nowMs)).toEqual({
      line: 'Not reporting since 09:05',
      tone: 'quiet',
    });
  });

  it('shows names that devices send as plain text', () => {
    const state: ProtectionState = {
      kind: 'blocked',
      ...since,
      fault: fault('antivirus.present'),
      conflicts: [conflict('\u202eevil\u0007\u001b[31m')],
    };
    expect(line(state)).toBe('Other antivirus found: evil');
  });
});

describe('causeName', () => {
  it('names codes, problems, reasons and conditions', () => {
    expect(causeName('antivirus.present')).toBe('Other antivirus found');
    expect(causeName('reboot-needed')).toBe('Restart needed');
    expect(causeName('detect-only')).toBe('It only detects and does not stop threats');
    expect(causeName('disk-space')).toBe('Waiting for disk space');
    expect(causeName('made.up')).toBe('Unknown problem (made.up)');
    expect(causeName('constructor')).toBe('Unknown problem (constructor)');
  });
});
