import { stat } from 'node:fs/promises';
import { nullOn } from '#platform/files/errors.ts';
import type { Probe, ServiceRecord } from '#platform/inventory.ts';
import {
  parseUnitNames,
  serviceRecords,
  serviceStates,
  unitName,
  unitProperties,
} from '#platform/linux/parse/systemctl.ts';
import { completed, failed } from '#platform/looks.ts';
import type { Runner } from '#platform/linux/runner.ts';
import type { ProbeResult, ServiceState } from '#platform/platform.ts';

const limits = { timeoutMs: 15_000, outputBytesMax: 8 * 1024 * 1024 };
const startLimits = { timeoutMs: 120_000, outputBytesMax: 64 * 1024 };

/** systemd's own test of whether it runs the system (sd_booted(3)). */
export async function systemdRuns(): Promise<boolean> {
  return (await nullOn(['ENOENT', 'ENOTDIR'], () => stat('/run/systemd/system')))?.isDirectory() === true;
}

/** Units by exact name, or by prefix with `*`: those loaded and those that only have a file. */
export async function serviceInventory(
  runner: Runner,
  patterns: readonly string[],
): Promise<Probe<readonly ServiceRecord[]>> {
  const names = await expand(runner, patterns);
  if (names.status !== 'ok') return names;
  const shown = await show(runner, names.value);
  return shown.status === 'ok' ? { status: 'ok', value: serviceRecords(shown.value) } : shown;
}

export async function services(runner: Runner, names: readonly string[]): Promise<Probe<readonly ServiceState[]>> {
  const shown = await show(runner, names.map(unitName));
  return shown.status === 'ok' ? { status: 'ok', value: serviceStates(shown.value, names) } : shown;
}

export async function startService(runner: Runner, name: string): Promise<Probe<void>> {
  const result = await systemctl(runner, ['start', '--', unitName(name)], startLimits);
  if (result.status !== 'ok') return result;
  if (result.value.code === 0) return { status: 'ok', value: undefined };
  return failed(`systemctl start ended with ${result.value.code}: ${result.value.stderr.trim()}`);
}

async function expand(runner: Runner, patterns: readonly string[]): Promise<Probe<readonly string[]>> {
  const exact = patterns.filter((pattern) => !pattern.endsWith('*')).map(unitName);
  const prefixes = patterns.filter((pattern) => pattern.endsWith('*')).map((pattern) => pattern.slice(0, -1));
  const found: string[] = [];
  if (prefixes.length > 0) {
    for (const verb of [['list-units', '--all'], ['list-unit-files']]) {
      const listed = await systemctl(runner, [...verb, '--no-legend', '--no-pager', '--plain', '--full'], limits);
      if (listed.status !== 'ok') return listed;
      if (listed.value.code !== 0) return failed(`systemctl ended with ${listed.value.code}: ${listed.value.stderr}`);
      found.push(...parseUnitNames(listed.value.stdout));
    }
  }
  // "x@.service" is a template: there is nothing to show until it has an instance.
  const matching = found.filter((name) => prefixes.some((prefix) => name.startsWith(prefix)) && !name.includes('@.'));
  return { status: 'ok', value: [...new Set([...exact, ...matching])] };
}

async function show(runner: Runner, units: readonly string[]): Promise<Probe<string>> {
  if (units.length === 0) return { status: 'ok', value: '' };
  const result = await systemctl(runner, ['show', '--no-pager', '-p', unitProperties, '--', ...units], limits);
  if (result.status !== 'ok') return result;
  if (result.value.code === 0) return { status: 'ok', value: result.value.stdout };
  return failed(`systemctl show ended with ${result.value.code}: ${result.value.stderr.trim()}`);
}

async function systemctl(
  runner: Runner,
  args: readonly string[],
  bounds: { timeoutMs: number; outputBytesMax: number },
): Promise<Probe<ProbeResult>> {
  if (!(await systemdRuns())) return { status: 'unsupported', detail: 'systemd does not run this system' };
  return completed(await runner.probe({ program: 'systemctl', args }, bounds), 'systemctl');
}
