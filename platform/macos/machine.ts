import { createHash } from 'node:crypto';
import { answerTo, type Question } from '#platform/macos/answer.ts';
import type { Outside } from '#platform/macos/outside.ts';
import {
  architectureOf,
  hypervisorOf,
  parsePlatformIds,
  parseSysctl,
  parseSystemVersion,
  sse42Of,
} from '#platform/macos/parse/machine.ts';
import type { Runner } from '#platform/macos/runner.ts';
import type { Machine, ProbeResult } from '#platform/platform.ts';
import { Fault } from '#protocol/codes.ts';

const bootName = 'kern.bootsessionuuid';
const names = [
  'hw.optional.arm64',
  'sysctl.proc_translated',
  'hw.model',
  'kern.hv_vmm_present',
  bootName,
  'machdep.cpu.features',
];

export async function readMachine(runner: Runner, { kernel }: Pick<Outside, 'kernel'>): Promise<Machine> {
  const [values, system, fingerprint] = await Promise.all([
    readSysctl(runner, names),
    readSystemVersion(runner),
    readFingerprint(runner),
  ]);
  const architecture = architectureOf(values, kernel.machine());
  return {
    os: 'macos',
    name: `${system.name} ${system.version}${system.build === '' ? '' : ` (${system.build})`}`,
    version: system.version,
    architecture,
    product: 'client',
    formats: ['pkg'],
    distribution: null,
    imageBased: false,
    sse42: sse42Of(values, architecture),
    memoryBytes: kernel.memoryBytes(),
    hostname: kernel.hostname(),
    virtualisation: hypervisorOf(values),
    fingerprint,
    bootId: bootIdOf(values),
  };
}

/** Drawn by the kernel at each start. */
export async function readBootId(runner: Runner): Promise<string> {
  return bootIdOf(await readSysctl(runner, [bootName]));
}

function bootIdOf(values: ReadonlyMap<string, string>): string {
  const bootId = values.get(bootName) ?? '';
  if (/^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/.test(bootId)) return bootId;
  throw new Fault('system.unreadable', 'the kernel does not tell its boot session');
}

/** Its code is 1 as soon as one name is unknown, which on either kind of Mac some are: the lines are what counts. */
async function readSysctl(runner: Runner, wanted: readonly string[]): Promise<ReadonlyMap<string, string>> {
  return parseSysctl((await ask(runner, ['sysctl', ...wanted])).stdout);
}

async function readSystemVersion(runner: Runner) {
  const version = parseSystemVersion((await ask(runner, ['sw_vers'])).stdout);
  if (version === null) throw new Fault('system.unreadable', 'sw_vers does not tell the version');
  return version;
}

/** The platform's own id, which a copied disk does not bring along; with the serial, in case a copied virtual machine does. */
async function readFingerprint(runner: Runner): Promise<string> {
  const ids = parsePlatformIds((await ask(runner, ['ioreg', '-rd1', '-c', 'IOPlatformExpertDevice'])).stdout);
  if (ids.uuid === null) throw new Fault('system.unreadable', 'ioreg does not tell the id of this Mac');
  const lines = ['garrison-fingerprint-1', ids.uuid.toLowerCase(), ids.serial ?? ''];
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}

async function ask(runner: Runner, question: Question): Promise<ProbeResult> {
  const probe = await answerTo(runner, question);
  if (probe.status === 'ok') return probe.value;
  throw new Fault('system.unreadable', probe.detail);
}
