/** How the agent is updated under systemd. */
import { readlink } from 'node:fs/promises';
import { nullOn } from '#platform/files/errors.ts';
import { parseUnitProperties } from '#platform/linux/parse/own-unit.ts';
import { judgeProgram, type Runner } from '#platform/linux/runner.ts';
import { unitFileName, watchUnitFileName } from '#platform/linux/unit.ts';
import { completed } from '#platform/looks.ts';
import type { ProgramVersions } from '#platform/program-versions.ts';
import type { UpdateHost, WatchedService, WatchedState } from '#platform/update-host.ts';
import { Fault } from '#protocol/codes.ts';

/** A new binary's first start pays for a cold cache. */
const askLimits = { timeoutMs: 30_000, outputBytesMax: 4096 };
/** The agent says its last words to the console first. */
const manageLimits = { timeoutMs: 60_000, outputBytesMax: 64 * 1024 };

export function linuxUpdateHost(runner: Runner, versions: ProgramVersions): UpdateHost {
  return {
    versions,
    async ask(version) {
      const program = versions.program(version);
      if ((await judgeProgram(program)) !== null) return null;
      const answer = await runner.run({ program, args: ['--version'] }, askLimits).catch(() => null);
      if (answer?.code !== 0 || answer.timedOut) return null;
      return answer.stdout.split('\n')[0] ?? '';
    },
    async handOver() {
      await systemctl(runner, ['start', '--no-block', watchUnitFileName]);
      return 'watched';
    },
  };
}

export function linuxWatchedService(runner: Runner, versions: ProgramVersions): WatchedService {
  return {
    look: () => look(runner, versions),
    restart: () => systemctl(runner, ['restart', '--no-block', unitFileName]).then(() => undefined),
    kill: () =>
      systemctl(runner, ['kill', '--kill-who=main', '--signal=SIGKILL', unitFileName]).then(
        () => undefined,
        // Nothing to kill: it has ended already.
        () => undefined,
      ),
  };
}

async function look(runner: Runner, versions: ProgramVersions): Promise<WatchedState> {
  const names = 'ActiveState,SubState,Result,MainPID,NRestarts,ExecMainStatus';
  const value = parseUnitProperties(await systemctl(runner, ['show', '-p', names, unitFileName]));
  const active = value('ActiveState');
  const pid = Number(value('MainPID'));
  return {
    state: ['active', 'activating', 'reloading', 'deactivating'].includes(active)
      ? 'running'
      : active === 'failed' || value('Result') !== 'success'
        ? 'failed'
        : 'stopped',
    restarts: Number(value('NRestarts')) || 0,
    version: pid > 0 ? await versionOf(pid, versions) : null,
    exitCode: Number(value('ExecMainStatus')) || 0,
  };
}

/** By the file that the process runs; a script has its interpreter's. */
async function versionOf(pid: number, versions: ProgramVersions): Promise<string | null> {
  const program = await nullOn(['ENOENT', 'EACCES', 'ESRCH'], () => readlink(`/proc/${pid}/exe`));
  const prefix = `${versions.root}/versions/`;
  return program?.startsWith(prefix) === true ? (program.slice(prefix.length).split('/')[0] ?? null) : null;
}

async function systemctl(runner: Runner, args: readonly string[]): Promise<string> {
  const probe = completed(await runner.probe({ program: 'systemctl', args }, manageLimits), 'systemctl');
  if (probe.status !== 'ok') throw new Fault('service.manager-unreachable', probe.detail);
  const { code, stdout, stderr } = probe.value;
  if (code === 0) return stdout;
  throw new Fault('service.manager-unreachable', `systemctl ${args[0]} ended with ${code}: ${stderr.trim()}`);
}
