import { stat } from 'node:fs/promises';
import type { Probe, ServiceRecord } from '#platform/inventory.ts';
import { completed, failed } from '#platform/looks.ts';
import type { ServiceState } from '#platform/platform.ts';
import { folders } from '#platform/windows/folders.ts';
import { programOf } from '#platform/windows/parse/paths.ts';
import { leafOf, numberOf, type RegistryKey, textOf } from '#platform/windows/parse/reg-query.ts';
import {
  disabledStart,
  isProgram,
  matching,
  parseScState,
  type Running,
  startsAtBoot,
} from '#platform/windows/parse/services.ts';
import { queryRegistry } from '#platform/windows/registry.ts';
import type { Starter } from '#platform/windows/runner.ts';

const servicesKey = 'HKLM\\SYSTEM\\CurrentControlSet\\Services';
/** ERROR_SERVICE_DOES_NOT_EXIST. */
const noSuchService = 1060;
/** ERROR_SERVICE_ALREADY_RUNNING. */
const alreadyRunning = 1056;
const startedWithinMs = 60_000;
const lookEveryMs = 500;

/**
 * Services of the catalogue by the names of their keys: the registry and the service manager answer at once and cannot
 * hang, which WMI can while an antivirus is being updated.
 */
export async function serviceInventory(
  starter: Starter,
  patterns: readonly string[],
): Promise<Probe<readonly ServiceRecord[]>> {
  const listed = await queryRegistry(starter, { key: servicesKey });
  if (listed.status !== 'ok') return listed;
  if (listed.value.keys.length === 0) return failed('the registry shows no service at all');
  const names = matching(
    listed.value.keys.map((key) => leafOf(key.path)),
    patterns,
  );
  const records: ServiceRecord[] = [];
  for (const name of names) {
    const record = await recordOf(starter, name);
    if (record.status === 'failed') return record;
    if (record.status === 'ok') records.push(record.value);
  }
  return { status: 'ok', value: records };
}

/** `unsupported`: a driver, or gone meanwhile. */
async function recordOf(starter: Starter, name: string): Promise<Probe<ServiceRecord>> {
  const key = await serviceKey(starter, name);
  if (key.status !== 'ok') return key;
  const state = await stateOf(starter, name);
  if (state.status !== 'ok') return state;
  if (!isProgram(numberOf(key.value, 'Type')) || state.value === 'absent') {
    return { status: 'unsupported', detail: `${name} is no service` };
  }
  const enabled = startsAtBoot(numberOf(key.value, 'Start'));
  const places = programOf(textOf(key.value, 'ImagePath') ?? '', folders());
  const programExists = places.length === 0 ? null : state.value === 'running' || (await exists(places));
  return { status: 'ok', value: { name, state: state.value, enabled, system: true, programExists } };
}

export async function services(starter: Starter, names: readonly string[]): Promise<Probe<readonly ServiceState[]>> {
  const states: ServiceState[] = [];
  for (const name of names) {
    const state = await stateOf(starter, name);
    if (state.status !== 'ok') return state;
    states.push({ name, state: state.value });
  }
  return { status: 'ok', value: states };
}

/** Resolves when it runs, or when it has not within a minute. */
export async function startService(
  starter: Starter,
  name: string,
  pause: (ms: number) => Promise<void>,
): Promise<Probe<void>> {
  const result = completed(await starter.probe({ program: 'sc', args: ['start', name] }), 'sc');
  if (result.status !== 'ok') return result;
  const { code, stdout } = result.value;
  if (code !== 0 && code !== alreadyRunning) return failed(`sc start ${name} ended with ${code}: ${stdout.trim()}`);
  for (let waitedMs = 0; waitedMs < startedWithinMs; waitedMs += lookEveryMs) {
    const state = await stateOf(starter, name);
    if (state.status !== 'ok') return state;
    if (state.value === 'running') return { status: 'ok', value: undefined };
    await pause(lookEveryMs);
  }
  return failed(`${name} did not start within a minute`);
}

export async function stateOf(starter: Starter, name: string): Promise<Probe<Running | 'absent'>> {
  const result = completed(await starter.probe({ program: 'sc', args: ['query', name] }), 'sc');
  if (result.status !== 'ok') return result;
  const { code, stdout } = result.value;
  if (code === noSuchService) return { status: 'ok', value: 'absent' };
  const state = parseScState(stdout);
  return state === null
    ? failed(`sc query ${name} ended with ${code}: ${stdout.trim()}`)
    : { status: 'ok', value: state };
}

/** As Defender's record has it. */
export async function installedState(
  starter: Starter,
  name: string,
): Promise<'running' | 'stopped' | 'disabled' | 'absent' | 'unknown'> {
  const state = await stateOf(starter, name);
  if (state.status !== 'ok') return 'unknown';
  if (state.value === 'absent' || state.value === 'running') return state.value;
  const key = await serviceKey(starter, name);
  return key.status === 'ok' && numberOf(key.value, 'Start') === disabledStart ? 'disabled' : 'stopped';
}

/** Places of the program of a service, from its key; empty when it has none. */
export async function programOfService(starter: Starter, name: string): Promise<Probe<readonly string[]>> {
  const key = await serviceKey(starter, name);
  if (key.status !== 'ok') return key;
  return { status: 'ok', value: programOf(textOf(key.value, 'ImagePath') ?? '', folders()) };
}

async function serviceKey(starter: Starter, name: string): Promise<Probe<RegistryKey>> {
  const found = await queryRegistry(starter, { key: `${servicesKey}\\${name}` });
  if (found.status !== 'ok') return found;
  const key = found.value.keys.find((each) => leafOf(each.path).toLowerCase() === name.toLowerCase());
  return key === undefined
    ? { status: 'unsupported', detail: `there is no service ${name}` }
    : { status: 'ok', value: key };
}

/** Whether one of them stands on a disk of this machine. */
async function exists(places: readonly string[]): Promise<boolean> {
  for (const place of places)
    if (
      await stat(place).then(
        () => true,
        () => false,
      )
    )
      return true;
  return false;
}
