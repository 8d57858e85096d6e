/**
 * How the agent is updated under launchd. The watcher is a job of its own, `com.garrison.agent.watch`, which runs the version
 * before: launchd has no order between jobs and no way to go back by itself, and a child of the agent would end with it.
 * Neither this nor anything else here has run on a Mac.
 */
import { answerTo } from '#platform/macos/answer.ts';
import { daemonLabel, watchLabel } from '#platform/macos/launch-daemon.ts';
import type { Outside } from '#platform/macos/outside.ts';
import { notLoadedCode, parsePrintedRuns } from '#platform/macos/parse/launchctl.ts';
import type { Runner } from '#platform/macos/runner.ts';
import type { ProbeResult } from '#platform/platform.ts';
import type { ProgramVersions } from '#platform/program-versions.ts';
import type { UpdateHost, WatchedService, WatchedState } from '#platform/update-host.ts';
import { Fault } from '#protocol/codes.ts';

/** A new binary's first start pays for a look by the system's own scanner as well as for a cold cache. */
const askLimits = { timeoutMs: 60_000, outputBytesMax: 4096 };
/** Ending a job waits for the agent's last words to its console. */
const limits = { timeoutMs: 60_000, outputBytesMax: 512 * 1024 };
const agent = `system/${daemonLabel}`;
/** EALREADY of `kickstart`: it runs. */
const alreadyCode = 37;

interface Parts {
  readonly runner: Runner;
  readonly outside: Pick<Outside, 'system'>;
  readonly versions: ProgramVersions;
}

export function macosUpdateHost({ runner, outside, versions }: Parts): UpdateHost {
  return {
    versions,
    async ask(version) {
      const program = versions.program(version);
      const found = await outside.system.look(program, 'root');
      const refusal = found.status === 'absent' ? 'is not there' : found.distrust;
      if (refusal !== null) throw new Fault('service.untrusted-program', `${program}: ${refusal}`);
      const answer = await runner.run({ program, args: ['--version'] }, askLimits).catch(() => null);
      if (answer?.code !== 0 || answer.timedOut) return null;
      return answer.stdout.split('\n')[0] ?? '';
    },
    async handOver() {
      await launchctl(runner, ['kickstart', `system/${watchLabel}`], [alreadyCode]);
      return 'watched';
    },
  };
}

export function macosWatchedService({ runner }: Pick<Parts, 'runner'>): WatchedService {
  return {
    look: () => look(runner),
    // What is not loaded was unloaded by a person, and stays so.
    restart: () => launchctl(runner, ['kickstart', '-k', agent], [notLoadedCode]).then(() => undefined),
    kill: () =>
      launchctl(runner, ['kill', 'SIGKILL', agent]).then(
        () => undefined,
        // Nothing to kill: it has ended already.
        () => undefined,
      ),
  };
}

/**
 * launchd starts it again for ever, so one that is loaded is never `failed`: the count of its starts tells. Which file a process
 * runs is not asked: the path that launchd knows is the link's, so a watcher has the agent started once too often at worst.
 */
async function look(runner: Runner): Promise<WatchedState> {
  const { code, stdout } = await launchctl(runner, ['print', agent], [notLoadedCode]);
  if (code === notLoadedCode) return { state: 'stopped', restarts: 0, version: null, exitCode: 0 };
  const { runs, exitCode } = parsePrintedRuns(stdout);
  return { state: 'running', restarts: runs, version: null, exitCode };
}

async function launchctl(runner: Runner, args: readonly string[], fine: readonly number[] = []): Promise<ProbeResult> {
  const probe = await answerTo(runner, ['launchctl', ...args], limits);
  if (probe.status !== 'ok') throw new Fault('service.manager-unreachable', probe.detail);
  const { code, stderr } = probe.value;
  if (code === 0 || (code !== null && fine.includes(code))) return probe.value;
  throw new Fault('service.manager-unreachable', `launchctl ${args[0]} ended with ${code}: ${stderr.trim()}`);
}
