/**
 * Exit codes of the command line, in one table; `docs/exit-codes.md` is made from it. Windows tools know 3010 and 1618;
 * elsewhere a process has eight bits for its code, so that there the same two end as their remainder.
 */
import type { FaultCode } from '#protocol/codes.ts';
import type { OperatingSystem } from '#platform/platform.ts';
import type { Outcome } from '#agent/explain/outcome.ts';

interface ExitRow {
  readonly code: number;
  readonly meaning: string;
}

export const outcomeExits = {
  protected: { code: 0, meaning: 'Protected.' },
  'needs-attention': { code: 0, meaning: 'Protected, needs attention (9 with `--strict`).' },
  'restart-needed': { code: 3010, meaning: 'A restart is needed to finish.' },
  busy: { code: 1618, meaning: 'Another installation or a package manager is running. Try again later.' },
  'not-protecting': { code: 10, meaning: 'SentinelOne is installed and does not protect.' },
  'other-antivirus': { code: 11, meaning: 'Other antivirus was found; nothing is installed beside it.' },
  'needs-you': { code: 12, meaning: 'Somebody has to act; `garrison-agent status` says what to do.' },
  unsupported: { code: 13, meaning: 'There is no version for this system.' },
  'not-assigned': { code: 14, meaning: 'Nothing is to be installed: not enrolled, or no site chosen.' },
  watching: { code: 15, meaning: 'Nothing is to be installed: the organisation is only watched, or paused.' },
  later: {
    code: 16,
    meaning: 'It goes on later: after a failure, outside the hours, without network, or not its turn yet.',
  },
  working: { code: 17, meaning: 'An install is under way. `once`: its time is over; an installer that runs goes on.' },
  unclear: { code: 18, meaning: 'A look at this machine failed, or has not ended yet.' },
  'foreign-console': { code: 19, meaning: "SentinelOne is installed and belongs to somebody else's console." },
} as const satisfies Record<Outcome, ExitRow>;

/** `check --strict`, when the device is protected and needs attention. */
export const strictExit = 9;

/** Of commands that end with a fault. Numbers of sysexits.h where one fits. */
export const faultExits = {
  'agent.already-running': { code: 20, meaning: 'The service runs: it does the work of `once` by itself.' },
  'agent.bad-arguments': { code: 64, meaning: 'The command line has mistakes.' },
  'agent.not-running': { code: 69, meaning: 'The agent does not run (`check`: and SentinelOne is not installed).' },
  'agent.defect': { code: 70, meaning: 'Our fault; please report it.' },
  'network.console-unreachable': { code: 75, meaning: 'The Garrison console cannot be reached.' },
  'agent.not-root': { code: 77, meaning: 'Administrator rights are needed.' },
  'file.untrusted': { code: 77, meaning: 'A file that others could have changed was refused.' },
  'agent.bad-configuration': { code: 78, meaning: 'The configuration file has mistakes.' },
} as const satisfies Partial<Record<FaultCode, ExitRow>>;

const otherFault = 1;

export function exitOfOutcome(outcome: Outcome, system: OperatingSystem): number {
  return onSystem(outcomeExits[outcome].code, system);
}

export function exitOfFault(code: FaultCode): number {
  const rows: Partial<Record<FaultCode, ExitRow>> = faultExits;
  return rows[code]?.code ?? otherFault;
}

/** What a process can end with there. */
export function onSystem(code: number, system: OperatingSystem): number {
  return system === 'windows' ? code : code & 0xff;
}
