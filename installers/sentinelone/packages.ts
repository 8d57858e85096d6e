/** Chooses one package for a machine and says why every other one was not. Pure; the console previews with it. */
import type { Selection, SelectionInput } from '#installers/vendor.ts';
import type { Machine } from '#platform/platform.ts';
import type { Candidate, VersionPolicy } from '#protocol/assignment.ts';
import type { Target } from '#protocol/words.ts';
import { linuxFormat, machineProblem, versionProblem } from '#installers/sentinelone/requirements.ts';
import type { Trust } from '#installers/sentinelone/trust.ts';
import { compareVersions } from '#installers/versions.ts';

/** "Garrison's tested version" of each target. */
export const baselineVersions: Readonly<Record<Target, string>> = {
  'windows-x86': '23.3.3.264',
  'windows-x64': '24.1.4.257',
  macos: '24.2.2.7632',
  'linux-x64-deb': '24.2.2.20',
  'linux-x64-rpm': '24.2.2.20',
  'linux-arm64-deb': '24.2.2.20',
  'linux-arm64-rpm': '24.2.2.20',
};

/** Formats a target comes in, preferred first. */
const formatsOf: Readonly<Record<Target, readonly Candidate['format'][]>> = {
  'windows-x86': ['exe', 'msi'],
  'windows-x64': ['exe', 'msi'],
  macos: ['pkg'],
  'linux-x64-deb': ['deb'],
  'linux-x64-rpm': ['rpm'],
  'linux-arm64-deb': ['deb'],
  'linux-arm64-rpm': ['rpm'],
};

const sourceOrder: readonly Candidate['source'][] = ['baseline', 'vendor', 'upload'];

interface Rejection {
  readonly candidate: Candidate;
  readonly code: string;
  readonly reason: string;
  /** What would let this one be chosen; null when nothing about the machine or the policy would. */
  readonly help: string | null;
}

/** Which package is made for the machine; null when none is. Says nothing about whether its version can run there. */
export function targetOf(machine: Machine): Target | null {
  if (machine.os === 'macos')
    return machine.architecture === 'x64' || machine.architecture === 'arm64' ? 'macos' : null;
  if (machine.os === 'windows') {
    if (machine.architecture === 'x86') return 'windows-x86';
    return machine.architecture === 'x64' ? 'windows-x64' : null;
  }
  const format = linuxFormat(machine);
  if (format === null || (machine.architecture !== 'x64' && machine.architecture !== 'arm64')) return null;
  return `linux-${machine.architecture}-${format}`;
}

export function targetOs(target: Target): Machine['os'] {
  if (target === 'macos') return 'macos';
  return target.startsWith('linux-') ? 'linux' : 'windows';
}

/** Whether the format is one the target comes in. */
export function isFormatOf(target: Target, format: Candidate['format']): boolean {
  return formatsOf[target].includes(format);
}

export function selectPackage(input: SelectionInput, floor: Trust['versionFloor']): Selection {
  const { machine, candidates, policy } = input;
  const impossible = machineProblem(machine);
  const target = targetOf(machine);
  if (impossible !== null || target === null) {
    const reason = impossible?.reason ?? 'There is no package for this kind of machine.';
    const rejected = candidates.map((candidate) => ({ candidate, code: 'machine', reason, help: null }));
    return selection(null, rejected, impossible?.help ?? null, { code: 'selection.unsupported', detail: reason });
  }
  const rejected: Rejection[] = [];
  const eligible: Candidate[] = [];
  for (const candidate of candidates) {
    const rejection =
      unfit(candidate, target, floor) ?? unrunnable(candidate, machine, target) ?? unwanted(candidate, target, policy);
    if (rejection === null) eligible.push(candidate);
    else rejected.push({ candidate, ...rejection });
  }
  eligible.sort((a, b) => byPreference(a, b, target));
  const [chosen, ...others] = eligible;
  if (chosen === undefined) return nothingChosen(rejected, target, policy);
  for (const candidate of others) rejected.push({ candidate, ...outdone(candidate, chosen) });
  return selection(chosen, rejected, null, null);
}

type Reason = Omit<Rejection, 'candidate'>;

function unfit(candidate: Candidate, target: Target, floor: Trust['versionFloor']): Reason | null {
  if (candidate.target !== target) {
    return { code: 'other-system', reason: `Made for ${candidate.target}; this machine takes ${target}.`, help: null };
  }
  if (!isFormatOf(target, candidate.format)) {
    return { code: 'wrong-format', reason: `A ${candidate.format} file is no package for ${target}.`, help: null };
  }
  const oldest = floor[targetOs(target)];
  if (compareVersions(candidate.version, oldest) < 0) {
    const reason = `Older than ${oldest}, the oldest version this Garrison agent installs.`;
    return { code: 'below-floor', reason, help: `Choose version ${oldest} or newer.` };
  }
  return null;
}

function unrunnable(candidate: Candidate, machine: Machine, target: Target): Reason | null {
  return versionProblem(machine, target, candidate.version);
}

function unwanted(candidate: Candidate, target: Target, policy: VersionPolicy): Reason | null {
  const { version } = candidate;
  const help = `Version ${version} is held and runs here: choose it in the version policy.`;
  switch (policy.kind) {
    case 'exact':
      if (compareVersions(version, policy.version) === 0) return null;
      return { code: 'other-version', reason: `The policy asks for exactly ${policy.version}.`, help };
    case 'latest-ga':
      if (candidate.release === 'ga') return null;
      return {
        code: 'not-ga',
        reason: `The policy asks for generally available versions; this is ${candidate.release}.`,
        help,
      };
    case 'baseline': {
      // A newer console names its own tested version by source; an agent that is older still follows it.
      if (candidate.source === 'baseline' || compareVersions(version, baselineVersions[target]) === 0) return null;
      return {
        code: 'not-baseline',
        reason: `The policy asks for Garrison's tested version, ${baselineVersions[target]}.`,
        help,
      };
    }
  }
}

function outdone(candidate: Candidate, chosen: Candidate): Reason {
  if (compareVersions(candidate.version, chosen.version) < 0) {
    return { code: 'older', reason: `Version ${chosen.version} is newer.`, help: null };
  }
  return {
    code: 'duplicate',
    reason: `The same version as ${chosen.fileName}, which is preferred.`.slice(0, 200),
    help: null,
  };
}

/** Newest first, then preferred format and source; name and digest make the order total, so that every reader agrees. */
function byPreference(a: Candidate, b: Candidate, target: Target): number {
  return (
    compareVersions(b.version, a.version) ||
    formatsOf[target].indexOf(a.format) - formatsOf[target].indexOf(b.format) ||
    sourceOrder.indexOf(a.source) - sourceOrder.indexOf(b.source) ||
    compareText(a.fileName, b.fileName) ||
    compareText(a.sha256, b.sha256)
  );
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

const systemCodes: readonly string[] = ['system-too-old', 'system-too-new', 'no-such-package'];

/** What the policy asks for is there and cannot run on this system: `unsupported`; otherwise it is not there. */
function nothingChosen(rejected: readonly Rejection[], target: Target, policy: VersionPolicy): Selection {
  const wrongSystem = rejected
    .filter(({ candidate, code }) => systemCodes.includes(code) && unwanted(candidate, target, policy) === null)
    .toSorted((a, b) => compareVersions(b.candidate.version, a.candidate.version))[0];
  const runnable = rejected
    .filter((rejection) => rejection.help !== null && !systemCodes.includes(rejection.code))
    .toSorted((a, b) => compareVersions(b.candidate.version, a.candidate.version))[0];
  if (wrongSystem !== undefined) {
    const isOffer = runnable !== undefined && runnable.code !== 'below-floor';
    const help = isOffer ? runnable.help : wrongSystem.help;
    return selection(null, rejected, help, { code: 'selection.unsupported', detail: wrongSystem.reason });
  }
  const detail = `None of ${rejected.length} packages is ${wanted(policy, target)} for ${target}.`;
  const help = runnable?.help ?? `Add ${wanted(policy, target)} for ${target} to the packages of the connection.`;
  return selection(null, rejected, help, { code: 'selection.none', detail });
}

function wanted(policy: VersionPolicy, target: Target): string {
  switch (policy.kind) {
    case 'exact':
      return `version ${policy.version}`;
    case 'latest-ga':
      return 'a generally available version';
    case 'baseline':
      return `Garrison's tested version ${baselineVersions[target]}`;
  }
}

function selection(
  chosen: Candidate | null,
  rejections: readonly Rejection[],
  help: string | null,
  failure: Selection['failure'],
): Selection {
  const rejected = rejections.map(({ candidate, code, reason }) => ({
    fileName: candidate.fileName,
    version: candidate.version,
    target: candidate.target,
    code,
    reason,
  }));
  return { chosen, rejected, help, failure };
}
