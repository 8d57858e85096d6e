import { stat } from 'node:fs/promises';
import type {
  DefenderRecord,
  DriverRecord,
  Inventory,
  InventoryQuery,
  Probe,
  ProcessRecord,
  SecurityCenterRecord,
  UninstallRecord,
} from '#platform/inventory.ts';
import { completed, failed } from '#platform/looks.ts';
import { folders } from '#platform/windows/folders.ts';
import { readProductKind } from '#platform/windows/machine.ts';
import { parseDriverStates, parseFilters, withAltitudes } from '#platform/windows/parse/drivers.ts';
import { placesOf } from '#platform/windows/parse/paths.ts';
import type { SectionAnswer } from '#platform/windows/parse/powershell.ts';
import { processRecords } from '#platform/windows/parse/processes.ts';
import { numberOf } from '#platform/windows/parse/reg-query.ts';
import {
  defenderWord,
  driverRows,
  isMissingNamespace,
  providerRows,
  securityCenterRows,
  type SecurityCenterRow,
} from '#platform/windows/parse/security-center.ts';
import { uninstallRecords } from '#platform/windows/parse/programs-list.ts';
import { askPowerShell, valueOf } from '#platform/windows/powershell.ts';
import { queryRegistry, readKey, registryViews } from '#platform/windows/registry.ts';
import type { Starter } from '#platform/windows/runner.ts';
import { surveySections } from '#platform/windows/scripts.ts';
import { installedState, serviceInventory, stateOf } from '#platform/windows/services.ts';

const absent = { status: 'unsupported', detail: 'does not exist on Windows' } as const;
const uninstallKey = 'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall';
const providerKey = 'HKLM\\SOFTWARE\\Microsoft\\Security Center\\Provider\\Av';
const passiveKey = 'HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows Advanced Threat Protection';

/** One reading of every source; each answers for itself, PowerShell is started once for all that need it. */
export async function surveyInventory(starter: Starter, query: InventoryQuery): Promise<Inventory> {
  const asking = guarded(() => askPowerShell(starter, { sections: surveySections }));
  const [product, services, uninstallEntries] = await Promise.all([
    readProductKind(starter),
    guarded(() => serviceInventory(starter, query.services)),
    guarded(() => uninstallEntriesOf(starter)),
  ]);
  const asked = await asking;
  const section = (name: keyof typeof surveySections): SectionAnswer =>
    (asked.status === 'ok' ? asked.value.get(name) : undefined) ?? notAnswered(asked);
  const [securityCenter, drivers, defender] = await Promise.all([
    guarded(() => securityCenterOf(starter, product, section('securityCenter'))),
    guarded(() => driversOf(starter, section('drivers'))),
    guarded(() => defenderOf(starter, section('defender'))),
  ]);
  return {
    os: 'windows',
    product,
    packages: absent,
    services,
    processes: processesOf(section('processes')),
    drivers,
    // The catalogue names no path for Windows: folders are what every removal leaves behind.
    paths: { status: 'ok', value: [] },
    securityCenter,
    uninstallEntries,
    systemExtensions: absent,
    launchDaemons: absent,
    bundleIds: absent,
    receipts: absent,
    defender,
  };
}

function notAnswered(asked: Probe<unknown>): SectionAnswer {
  return { ok: false, id: '', hresult: '', native: '', detail: asked.status === 'ok' ? 'no answer' : asked.detail };
}

/** Both views: a 32-bit program on 64-bit Windows stands in the other one. */
export async function uninstallEntriesOf(starter: Starter): Promise<Probe<readonly UninstallRecord[]>> {
  const records: UninstallRecord[] = [];
  for (const view of registryViews(starter)) {
    const found = await queryRegistry(starter, { key: uninstallKey, view, recursive: true });
    if (found.status !== 'ok') return found;
    records.push(...uninstallRecords(found.value.keys, view === '/reg:32' ? '32-bit' : ''));
  }
  return { status: 'ok', value: records };
}

/** Servers have no Security Center. On a client its rows are old when its service does not run. */
async function securityCenterOf(
  starter: Starter,
  product: Inventory['product'],
  answer: SectionAnswer,
): Promise<Probe<readonly SecurityCenterRecord[]>> {
  const missing = isMissingNamespace(answer);
  if (missing && product === 'server') return { status: 'unsupported', detail: 'a server has no Security Center' };
  const rows = answer.ok ? securityCenterRows(answer.value) : null;
  const service = await stateOf(starter, 'wscsvc');
  if (service.status === 'ok' && service.value === 'absent' && product === 'server') {
    return { status: 'unsupported', detail: 'this server has no Security Center' };
  }
  if (service.status === 'ok' && (service.value === 'stopped' || service.value === 'failed')) {
    return failed('the Security Center service does not run, and its rows may be old');
  }
  if (rows !== null) return { status: 'ok', value: await withPrograms(rows) };
  // WMI is broken: the service's own store says the same.
  const store = await queryRegistry(starter, { key: providerKey, recursive: true });
  if (store.status === 'ok' && store.value.keys.length > 0)
    return { status: 'ok', value: await withPrograms(providerRows(store.value.keys)) };
  return failed(`the Security Center did not answer: ${answer.ok ? 'its rows are not understood' : answer.detail}`);
}

async function withPrograms(rows: readonly SecurityCenterRow[]): Promise<readonly SecurityCenterRecord[]> {
  return Promise.all(
    rows.map(async (row) => ({ ...row, programExists: await programExists([row.productPath, row.reportingPath]) })),
  );
}

/** null when none of the texts is a path on a drive of this machine. */
async function programExists(texts: readonly (string | null)[]): Promise<boolean | null> {
  const places = texts.flatMap((text) => (text === null ? [] : placesOf(text, folders())));
  if (places.length === 0) return null;
  const looks = await Promise.all(
    places.map((place) =>
      stat(place).then(
        () => true,
        () => false,
      ),
    ),
  );
  return looks.includes(true);
}

/** Through WMI; the service manager's own list where that fails. Filters need administrator rights and only add altitudes. */
async function driversOf(starter: Starter, answer: SectionAnswer): Promise<Probe<readonly DriverRecord[]>> {
  const filters = completed(await starter.probe({ program: 'fltmc', args: ['filters'] }), 'fltmc');
  const loaded = filters.status === 'ok' ? parseFilters(filters.value.stdout) : [];
  if (answer.ok) return { status: 'ok', value: withAltitudes(driverRows(answer.value), loaded) };
  const args = ['query', 'type=', 'driver', 'state=', 'all', 'bufsize=', '262144'];
  const listed = completed(await starter.probe({ program: 'sc', args }), 'sc');
  const states = listed.status === 'ok' ? parseDriverStates(listed.value.stdout) : [];
  if (states.length > 0) return { status: 'ok', value: withAltitudes(states, loaded) };
  return failed(`drivers could not be listed: ${answer.detail}`);
}

function processesOf(answer: SectionAnswer): Probe<readonly ProcessRecord[]> {
  const value = valueOf(answer);
  if (value.status !== 'ok') return value;
  const records = processRecords(value.value, folders());
  return records.length === 0 ? failed('no process is listed at all') : { status: 'ok', value: records };
}

/** The service's state is told whatever Defender itself answers. */
async function defenderOf(starter: Starter, answer: SectionAnswer): Promise<Probe<DefenderRecord>> {
  const serviceState = await installedState(starter, 'WinDefend');
  const word = answer.ok ? defenderWord(answer.value) : null;
  const policy = numberOf(await readKey(starter, passiveKey), 'ForceDefenderPassiveMode');
  return {
    status: 'ok',
    value: {
      serviceState,
      runningMode: word?.runningMode ?? null,
      realTimeProtection: word?.realTimeProtection ?? null,
      passivePolicy: policy === null ? null : policy === 1,
    },
  };
}

/** What we did not foresee about one source must not take the others with it. */
async function guarded<T>(look: () => Promise<Probe<T>>): Promise<Probe<T>> {
  try {
    return await look();
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}
