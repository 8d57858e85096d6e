/** The agent's launch daemon over launchctl: loaded, ended, looked at. */
import type { OwnService, OwnServiceStatus } from '#platform/own-service.ts';
import { answerTo } from '#platform/macos/answer.ts';
import {
  daemonFile,
  daemonLabel,
  launchDaemon,
  watchDaemon,
  watchFile,
  watchLabel,
} from '#platform/macos/launch-daemon.ts';
import type { Outside } from '#platform/macos/outside.ts';
import { isDisabled, notLoadedCode, parsePrintedState } from '#platform/macos/parse/launchctl.ts';
import type { Runner } from '#platform/macos/runner.ts';
import type { ProbeResult } from '#platform/platform.ts';
import type { ProgramVersions } from '#platform/program-versions.ts';
import { Fault } from '#protocol/codes.ts';

/** The daemons' own files, and the directory of their log. */
export interface DaemonPlace {
  write(path: string, text: string): Promise<void>;
  remove(path: string): Promise<void>;
  makeLogDirectory(): Promise<void>;
  removeLogDirectory(): Promise<void>;
}

export interface MacosServiceOptions {
  readonly runner: Runner;
  readonly outside: Pick<Outside, 'system' | 'clock'>;
  readonly place: DaemonPlace;
  readonly versions: ProgramVersions;
}

const target = `system/${daemonLabel}`;
const watchTarget = `system/${watchLabel}`;
/** In the order in which they are loaded and ended: the agent may be the one that asks, and is ended by it. */
const daemons = [
  [watchTarget, watchFile],
  [target, daemonFile],
] as const;
/** Ending a job waits for the agent's last words to its console. */
const limits = { timeoutMs: 90_000, outputBytesMax: 512 * 1024 };
const goneAfterMs = 60_000;
const lookAgainMs = 250;
/** `bootout` of what is not loaded, as ESRCH and as launchd's own; and of what is being ended already. */
const goneCodes: readonly (number | null)[] = [0, 3, 36, notLoadedCode];

export function macosService(options: MacosServiceOptions): OwnService {
  const { outside, place, versions } = options;
  return {
    async install(program, version) {
      await requireTrusted(outside, program);
      await versions.adopt(version, program);
      // Who installs decides: an update on trial is over, and nothing of it is set back any more.
      await unload(options, watchTarget);
      await versions.removeNote('trial');
      await versions.removeNote('returning');
      await versions.makeCurrent(version);
      await versions.makePrevious(version);
      await place.makeLogDirectory();
      await place.write(daemonFile, launchDaemon());
      await place.write(watchFile, watchDaemon());
      await unload(options, target);
      for (const [label, file] of daemons) {
        await demand(options, ['enable', label]);
        await demand(options, ['bootstrap', 'system', file]);
      }
    },
    /** The agent may do this to itself, and is ended by it: so that comes last. */
    async uninstall() {
      for (const [, file] of daemons) await place.remove(file);
      await place.removeLogDirectory();
      await versions.removeAll();
      for (const [label] of daemons) await unload(options, label);
    },
    async leave() {
      for (const [, file] of daemons) await place.remove(file);
      for (const [label] of daemons) await askToEnd(options, label);
    },
    async start() {
      await requireDefinition(outside);
      if ((await printed(options, target)) === null) await demand(options, ['bootstrap', 'system', daemonFile]);
      else await demand(options, ['kickstart', target]);
    },
    /** Unloaded: kept alive, it would be there again at once. It is loaded at the next boot. */
    async stop() {
      await requireDefinition(outside);
      await unload(options, target);
    },
    status: () => statusOf(options),
  };
}

async function statusOf(options: MacosServiceOptions): Promise<OwnServiceStatus> {
  const { system } = options.outside;
  if ((await system.look(daemonFile, 'root')).status === 'absent')
    return { definition: 'none', state: 'stopped', enabled: false };
  const state = await printed(options, target);
  const { stdout } = await demand(options, ['print-disabled', 'system']);
  return {
    definition: 'own',
    state: state === null || state === 'absent' ? 'stopped' : state,
    enabled: !isDisabled(stdout, daemonLabel),
  };
}

/** null: not loaded. */
async function printed(options: MacosServiceOptions, label: string): Promise<ReturnType<typeof parsePrintedState>> {
  const { code, stdout, stderr } = await ask(options, ['print', label]);
  if (code === notLoadedCode) return null;
  const state = code === 0 ? parsePrintedState(stdout) : null;
  if (state !== null) return state;
  throw new Fault('service.manager-unreachable', `launchctl print ended with ${code}: ${stderr.trim()}`);
}

/** Asked to end, it is there until it has ended; loading it meanwhile would fail. */
async function unload(options: MacosServiceOptions, label: string): Promise<void> {
  const { clock } = options.outside;
  if ((await printed(options, label)) === null) return;
  await askToEnd(options, label);
  const untilMs = clock.monotonic() + goneAfterMs;
  while ((await printed(options, label)) !== null) {
    if (clock.monotonic() >= untilMs) throw new Fault('service.manager-unreachable', 'launchd does not end the agent');
    await clock.sleep(lookAgainMs);
  }
}

async function askToEnd(options: MacosServiceOptions, label: string): Promise<void> {
  const { code, stderr } = await ask(options, ['bootout', label]);
  if (!goneCodes.includes(code))
    throw new Fault('service.manager-unreachable', `launchctl bootout ended with ${code}: ${stderr.trim()}`);
}

async function ask({ runner }: MacosServiceOptions, args: readonly string[]): Promise<ProbeResult> {
  const probe = await answerTo(runner, ['launchctl', ...args], limits);
  if (probe.status !== 'ok') throw new Fault('service.manager-unreachable', probe.detail);
  return probe.value;
}

async function demand(options: MacosServiceOptions, args: readonly string[]): Promise<ProbeResult> {
  const answer = await ask(options, args);
  if (answer.code === 0) return answer;
  const said = `launchctl ${args[0]} ended with ${answer.code}: ${answer.stderr.trim()}`;
  throw new Fault('service.manager-unreachable', said);
}

async function requireTrusted({ system }: Pick<Outside, 'system'>, program: string): Promise<void> {
  const found = await system.look(program, 'root');
  const refusal =
    found.status === 'absent' ? 'is not there' : (found.distrust ?? (found.executable ? null : 'is not a program'));
  if (refusal !== null) throw new Fault('service.untrusted-program', `${program}: ${refusal}`);
}

async function requireDefinition({ system }: Pick<Outside, 'system'>): Promise<void> {
  if ((await system.look(daemonFile, 'root')).status === 'found') return;
  throw new Fault('service.not-installed', `there is no ${daemonFile}`);
}
