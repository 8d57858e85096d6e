/** `doctor`: for whoever stands before the machine. Looks at everything that can stand in the way; changes nothing. */
import { vendorOf } from '#installers/index.ts';
import { leavingNothing } from '#platform/files/leave-nothing.ts';
import { currentService } from '#platform/current.ts';
import type { HostCheck, Platform } from '#platform/platform.ts';
import { asFault, type FaultRecord } from '#protocol/codes.ts';
import { build } from '#agent/build.ts';
import { ask } from '#agent/cli/ask.ts';
import { placesOf, requireRoot, type GlobalOptions } from '#agent/cli/environment.ts';
import { platformOptions, scratchDirectory, thisMachine } from '#agent/cli/machine.ts';
import { oneLine, print, printJson } from '#agent/cli/output.ts';
import { stateText } from '#agent/cli/status.ts';
import { readConfig } from '#agent/config.ts';
import { diagnosis, type Finding, type Looked, type Told } from '#agent/explain/doctor.ts';
import type { Explanation } from '#agent/explain/explain.ts';
import { lookOnce } from '#agent/observe/look-once.ts';
import type { Places } from '#agent/places.ts';

export interface DoctorOptions extends GlobalOptions {
  readonly json?: boolean;
}

const marks = { well: 'ok  ', ill: 'BAD ', note: 'note' } as const;

/** Exit code 1 when something is ill. */
export async function doctorCommand(options: DoctorOptions): Promise<void> {
  requireRoot();
  const findings = diagnosis(await look(placesOf(options)));
  if (findings.some(({ verdict }) => verdict === 'ill')) process.exitCode = 1;
  if (options.json === true) printJson({ findings });
  else for (const line of doctorLines(findings)) print(line);
}

export function doctorLines(findings: readonly Finding[]): readonly string[] {
  return findings.flatMap(({ verdict, check, detail, remedy }) => {
    const line = oneLine(`${marks[verdict]}  ${check}: ${detail}`);
    return remedy === null ? [line] : [line, `      What to do: ${oneLine(remedy)}`];
  });
}

/** The value, or the fault that kept it from being had. */
async function attempt<T>(work: () => Promise<T>): Promise<T | FaultRecord> {
  return work().catch((error: unknown) => asFault(error).toRecord());
}

async function look(places: Places): Promise<Looked> {
  const plain = await thisMachine(places, null);
  const config = await attempt(async () => readConfig(plain.files, places.configFile));
  const proxy = 'proxy' in config ? config.proxy : null;
  const platform = await thisMachine(places, proxy);
  const told = await attempt(async () => (await ask(places, { method: 'GET', path: '/status' })) as Told & Reached);
  const plan = await attempt(() => planOf(places, platform, 'code' in told));
  const report = 'report' in told ? told.report : null;
  const state = report?.state ?? ('state' in plan ? plan.state : null);
  return {
    version: build.version,
    configuration: 'code' in config ? config : null,
    service: await attempt(async () => (await currentService(platformOptions(places, null))).status()),
    told,
    hosts: 'code' in told ? [] : await checkHosts(platform, told),
    pinned: 'pinned' in told && told.pinned,
    plan,
    stateText: state === null ? '' : stateText(state),
  };
}

/** Of the daemon's answer: where it goes. */
interface Reached {
  readonly console: readonly string[];
  readonly vendorHosts: readonly string[];
  readonly pinned: boolean;
}

async function planOf(places: Places, platform: Platform, isStopped: boolean): Promise<Explanation> {
  if (!isStopped) return (await ask(places, { method: 'GET', path: '/plan' })) as Explanation;
  return leavingNothing(scratchDirectory(places), () => lookOnce(platform, vendorOf('sentinelone'), null));
}

async function checkHosts(platform: Platform, reached: Reached): Promise<Looked['hosts']> {
  const names = reached.console.map((address) => new URL(address).host);
  const check = async (of: 'console' | 'SentinelOne', host: string): Promise<{ of: typeof of; check: HostCheck }> => ({
    of,
    check: await platform.checkHost(host),
  });
  return Promise.all([
    ...[...new Set(names)].map((host) => check('console', host)),
    ...reached.vendorHosts.map((host) => check('SentinelOne', host)),
  ]);
}
