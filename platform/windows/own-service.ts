import { stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { win32 } from 'node:path';
import { nullOn } from '#platform/files/errors.ts';
import { completed } from '#platform/looks.ts';
import type { OwnService, OwnServiceStatus } from '#platform/own-service.ts';
import { numberOf } from '#platform/windows/parse/reg-query.ts';
import { whyNotUnwritable } from '#platform/windows/parse/sddl.ts';
import { parseScBlock, parseScState, running, startsAtBoot, stopped } from '#platform/windows/parse/services.ts';
import type { Protection } from '#platform/windows/protection.ts';
import { readKey } from '#platform/windows/registry.ts';
import type { Starter } from '#platform/windows/runner.ts';
import { agentFileName, windowsProgramRoot } from '#platform/windows/program-root.ts';
import type { ProbeResult } from '#platform/platform.ts';
import { Fault } from '#protocol/codes.ts';

/** As the service host knows itself (`host/service.h`) and the MSI registers it. */
export const serviceName = 'GarrisonAgent';
export const serviceTitle = 'Garrison agent';
export const hostFile = 'garrison-service.exe';
/** Stands in the program root where a package brought it. */
export const packagedFile = 'packaged';

const startedWithinMs = 30_000;
/** The host gives the agent 20 seconds for its last words. */
const stoppedWithinMs = 30_000;
/** Somebody who looks at it (the list of services is open) holds it; then it goes with the next boot. */
const deletedWithinMs = 5_000;
const lookEveryMs = 250;
/** ERROR_SERVICE_DOES_NOT_EXIST, …_ALREADY_RUNNING, …_NOT_ACTIVE. */
const [noSuchService, alreadyRunning, notActive] = [1060, 1056, 1062];

interface Parts {
  readonly runner: Starter;
  readonly protection: Protection;
  /** Whether a file is there; the tests have files of no disk. */
  readonly isThere?: (path: string) => Promise<boolean>;
}

/** Our service in Windows' own service manager, by `sc.exe`. */
export function windowsService({ runner, protection, isThere = isFile }: Parts): OwnService {
  const sc: Sc = (args, fine = []) => ask(runner, args, fine);
  const status = (): Promise<OwnServiceStatus> => statusOf(sc, runner, isThere);
  const requireInstalled = async (): Promise<void> => {
    if ((await status()).definition === 'none')
      throw new Fault('service.not-installed', `there is no service ${serviceName}`);
  };
  return {
    async install(program) {
      const host = await requireHost({ runner, protection, isThere }, program);
      const how = ['binPath=', `"${host}"`, 'start=', 'auto', 'DisplayName=', serviceTitle];
      const { definition } = await status();
      await sc([definition === 'none' ? 'create' : 'config', serviceName, ...how]);
      await start(sc);
    },
    async uninstall() {
      const { definition } = await status();
      if (definition === 'none') return;
      await stop(sc);
      await sc(definition === 'own' ? ['delete', serviceName] : ['config', serviceName, 'start=', 'disabled']);
      if (definition === 'own') await reaches(sc, deletedWithinMs, (state) => state === null);
    },
    async leave() {
      const { definition } = await status();
      if (definition === 'none') return;
      // What is deleted while it runs goes when it has stopped.
      await sc(definition === 'own' ? ['delete', serviceName] : ['config', serviceName, 'start=', 'disabled']);
      await sc(['stop', serviceName], [notActive]);
    },
    async start() {
      await requireInstalled();
      await start(sc);
    },
    async stop() {
      await requireInstalled();
      await stop(sc);
    },
    status,
  };
}

/** Asks `sc` about our service. `fine`: codes besides 0 that are no failure. */
type Sc = (args: readonly string[], fine?: readonly number[]) => Promise<ProbeResult>;

/** Resolves when it runs, also when it did. */
async function start(sc: Sc): Promise<void> {
  await sc(['start', serviceName], [alreadyRunning]);
  const isUp = await reaches(sc, startedWithinMs, (state) => state?.step === running || state?.step === stopped);
  if (isUp?.step !== running) throw new Fault('service.manager-unreachable', `${serviceName} does not start`);
}

/** Resolves when it has stopped, also when it was. */
async function stop(sc: Sc): Promise<void> {
  await sc(['stop', serviceName], [notActive]);
  const isDown = await reaches(sc, stoppedWithinMs, (state) => state === null || state.step === stopped);
  if (isDown !== null && isDown.step !== stopped)
    throw new Fault('service.manager-unreachable', `${serviceName} does not stop`);
}

type Block = ReturnType<typeof parseScBlock>;

/** Waits for a state and answers the last one; null: there is no such service. */
async function reaches(sc: Sc, withinMs: number, reached: (state: Block) => boolean): Promise<Block> {
  for (let waitedMs = 0; ; waitedMs += lookEveryMs) {
    const state = parseScBlock((await sc(['query', serviceName], [noSuchService])).stdout);
    if (reached(state) || waitedMs >= withinMs) return state;
    await pause(lookEveryMs);
  }
}

async function statusOf(
  sc: Sc,
  starter: Starter,
  isThere: (path: string) => Promise<boolean>,
): Promise<OwnServiceStatus> {
  const { code, stdout } = await sc(['query', serviceName], [noSuchService]);
  if (code === noSuchService) return { definition: 'none', state: 'stopped', enabled: false };
  const state = parseScState(stdout);
  if (state === null) throw new Fault('service.manager-unreachable', `sc query answered: ${stdout.trim()}`);
  const key = await readKey(starter, `HKLM\\SYSTEM\\CurrentControlSet\\Services\\${serviceName}`);
  const definition = (await isThere(`${windowsProgramRoot()}\\${packagedFile}`)) ? 'package' : 'own';
  return { definition, state, enabled: key !== undefined && startsAtBoot(numberOf(key, 'Start')) };
}

/**
 * The host beside which `program` stands, in the layout that it knows. Fault `service.untrusted-program` when it is not
 * there, or when others than administrators could put something in its place: it will run as the system.
 */
async function requireHost({ protection, isThere }: Required<Parts>, program: string): Promise<string> {
  const root = programRootOf(program, windowsProgramRoot());
  if (root === null)
    throw new Fault(
      'service.untrusted-program',
      `${program} does not stand in ${windowsProgramRoot()}\\versions\\VERSION`,
    );
  const host = win32.join(root, hostFile);
  if (!(await isThere(host))) throw new Fault('service.untrusted-program', `${host} is missing`);
  for (const file of [host, program]) {
    const refusal = await protection.whyForeign(file, whyNotUnwritable, whyNotUnwritable);
    if (refusal !== null) throw new Fault('service.untrusted-program', `${file} ${refusal}`);
  }
  return host;
}

/**
 * "C:\Program Files\Garrison" for the agent in one of its version directories there; null for one that stands elsewhere,
 * which the service host would not start.
 */
function programRootOf(program: string, root: string): string | null {
  const versions = win32.dirname(win32.dirname(program));
  const inPlace =
    versions.toLowerCase() === `${root}\\versions`.toLowerCase() &&
    win32.basename(program).toLowerCase() === agentFileName;
  return inPlace ? root : null;
}

async function isFile(path: string): Promise<boolean> {
  return (await nullOn(['ENOENT', 'ENOTDIR'], () => stat(path)))?.isFile() === true;
}

async function ask(starter: Starter, args: readonly string[], fine: readonly number[]): Promise<ProbeResult> {
  const probe = completed(await starter.probe({ program: 'sc', args }), 'sc');
  if (probe.status !== 'ok') throw new Fault('service.manager-unreachable', probe.detail);
  const { code, stdout } = probe.value;
  if (code === 0 || (code !== null && fine.includes(code))) return probe.value;
  throw new Fault('service.manager-unreachable', `sc ${args[0]} ended with ${code}: ${stdout.trim()}`);
}
