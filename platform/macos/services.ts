import type { LaunchDaemonRecord, Probe } from '#platform/inventory.ts';
import { failed } from '#platform/looks.ts';
import { answerTo, outputOf } from '#platform/macos/answer.ts';
import type { Outside } from '#platform/macos/outside.ts';
import { notLoadedCode, parseJobs, parsePrintedState } from '#platform/macos/parse/launchctl.ts';
import type { Runner } from '#platform/macos/runner.ts';
import type { ServiceState } from '#platform/platform.ts';

const daemonDirectory = '/Library/LaunchDaemons';
const limits = { timeoutMs: 15_000, outputBytesMax: 4 * 1024 * 1024 };
const startLimits = { timeoutMs: 60_000, outputBytesMax: 64 * 1024 };

/** A label is also part of a path and of a launchd target. */
const labelPattern = /^[A-Za-z0-9][\w.-]{0,200}$/;

/** Daemons by exact label, or by prefix with `*`: loaded ones, and those that only have a file. */
export async function launchDaemons(
  runner: Runner,
  { system }: Pick<Outside, 'system'>,
  patterns: readonly string[],
): Promise<Probe<readonly LaunchDaemonRecord[]>> {
  const listed = await outputOf(runner, ['launchctl', 'list'], limits);
  if (listed.status !== 'ok') return listed;
  const jobs = parseJobs(listed.value);
  if (jobs === null) return failed('launchctl answered in a form that is not known');
  const files = (await system.list(daemonDirectory)).flatMap((name) => /^(.+)\.plist$/.exec(name)?.[1] ?? []);
  const pids = new Map(jobs.map(({ label, pid }) => [label, pid]));
  const labels = [...new Set([...pids.keys(), ...files])].filter((label) => isWanted(patterns, label));
  const records = labels.sort().map((label) => ({ label, loaded: pids.has(label), running: pids.get(label) != null }));
  return { status: 'ok', value: records };
}

function isWanted(patterns: readonly string[], label: string): boolean {
  return patterns.some((each) => (each.endsWith('*') ? label.startsWith(each.slice(0, -1)) : label === each));
}

export async function services(
  runner: Runner,
  { system }: Pick<Outside, 'system'>,
  names: readonly string[],
): Promise<Probe<readonly ServiceState[]>> {
  const states: ServiceState[] = [];
  for (const name of names) {
    const state = await stateOf(runner, system, name);
    if (state.status !== 'ok') return state;
    states.push({ name, state: state.value });
  }
  return { status: 'ok', value: states };
}

async function stateOf(runner: Runner, system: Outside['system'], name: string): Promise<Probe<ServiceState['state']>> {
  if (!labelPattern.test(name)) return failed(`${JSON.stringify(name)} is no label of a launch daemon`);
  const probe = await answerTo(runner, ['launchctl', 'print', `system/${name}`], limits);
  if (probe.status !== 'ok') return probe;
  const { code, stdout, stderr } = probe.value;
  if (code === notLoadedCode) {
    const file = await system.look(`${daemonDirectory}/${name}.plist`, 'root');
    return { status: 'ok', value: file.status === 'absent' ? 'absent' : 'stopped' };
  }
  const state = code === 0 ? parsePrintedState(stdout) : null;
  return state === null
    ? failed(`launchctl ended with ${code ?? 'no code'}: ${stderr.trim()}`)
    : { status: 'ok', value: state };
}

/** Loaded first when its file is there and launchd does not know it; only a file that root alone can have written. */
export async function startService(
  runner: Runner,
  { system }: Pick<Outside, 'system'>,
  name: string,
): Promise<Probe<void>> {
  const known = await stateOf(runner, system, name);
  if (known.status !== 'ok') return known;
  const file = `${daemonDirectory}/${name}.plist`;
  const started = await launchctl(runner, ['kickstart', `system/${name}`]);
  if (started.status !== 'ok' || started.value.code === 0) return outcomeOf(started);
  if (started.value.code !== notLoadedCode) return outcomeOf(started);
  const found = await system.look(file, 'root');
  if (found.status === 'absent') return failed(`there is no ${file}`);
  if (found.distrust !== null) return { status: 'failed', code: 'file.untrusted', detail: found.distrust };
  const loaded = await launchctl(runner, ['bootstrap', 'system', file]);
  if (loaded.status !== 'ok' || loaded.value.code !== 0) return outcomeOf(loaded);
  return outcomeOf(await launchctl(runner, ['kickstart', `system/${name}`]));
}

async function launchctl(runner: Runner, args: readonly string[]) {
  return answerTo(runner, ['launchctl', ...args], startLimits);
}

function outcomeOf(probe: Awaited<ReturnType<typeof launchctl>>): Probe<void> {
  if (probe.status !== 'ok') return probe;
  const { code, stderr } = probe.value;
  return code === 0 ? { status: 'ok', value: undefined } : failed(`launchctl ended with ${code}: ${stderr.trim()}`);
}
