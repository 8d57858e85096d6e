/** What an administrator does before the first device: connect SentinelOne, map an organisation, fetch packages, make a key. */
import { connectionRoutes } from '#console/api/connections.ts';
import { deviceRoutes, type DeviceDetail, type DeviceRow } from '#console/api/devices.ts';
import { enrolmentKeyRoutes } from '#console/api/enrolment-keys.ts';
import { mappingRoutes } from '#console/api/mappings.ts';
import { organisationRoutes } from '#console/api/organisations.ts';
import { packageRoutes, type PackageRow } from '#console/api/packages.ts';
import type { Target } from '#protocol/words.ts';
import type { Operator } from '#test/worlds/whole/operator.ts';

export interface EstateOptions {
  readonly tenantUrl: string;
  readonly apiToken: string;
  readonly siteId: string;
  readonly organisation: string;
  readonly targets: readonly Target[];
}

export interface Estate {
  readonly organisationId: string;
  readonly connectionId: string;
  readonly enrolmentString: string;
}

export async function setUpEstate(operator: Operator, options: EstateOptions): Promise<Estate> {
  const { tenantUrl, apiToken, siteId } = options;
  const { connectionId } = await operator.call(connectionRoutes.enable, {
    body: { name: 'SentinelOne', address: tenantUrl, apiToken },
  });
  const { organisationId } = await operator.call(organisationRoutes.create, { body: { name: options.organisation } });
  await operator.call(mappingRoutes.choose, { params: { organisationId }, body: { connectionId, siteId } });
  await operator.call(packageRoutes.refresh);
  for (const target of options.targets) await fetchPackage(operator, target);
  const enrolmentString = await newEnrolmentString(operator, organisationId);
  return { organisationId, connectionId, enrolmentString };
}

async function newEnrolmentString(operator: Operator, organisationId: string): Promise<string> {
  const created = await operator.call(enrolmentKeyRoutes.create, {
    body: { organisationId, label: 'set-up', lifetimeDays: 7, usesMax: 50 },
  });
  return created.enrolmentString;
}

/** Brings the tested version of a target into the console's cache and waits until it is there. */
async function fetchPackage(operator: Operator, target: Target): Promise<PackageRow> {
  const offered = await tested(operator, target);
  if (offered.state !== 'ready') await operator.call(packageRoutes.fetch, { params: { packageId: offered.packageId } });
  return waitFor(`the package for ${target}`, 60_000, async () => {
    const row = await tested(operator, target);
    if (row.state === 'failed') throw new Error(`fetching failed: ${row.problem?.detail ?? ''}`);
    return row.state === 'ready' ? row : null;
  });
}

/** Linux, 64-bit Windows, 32-bit Windows. */
const testedVersions = ['24.2.2.20', '24.1.4.257', '23.3.3.264'];

async function tested(operator: Operator, target: Target): Promise<PackageRow> {
  const { targets } = await operator.call(packageRoutes.list);
  const rows = targets.find((entry) => entry.target === target)?.packages ?? [];
  const row = rows.find((entry) => testedVersions.includes(entry.version));
  if (row === undefined) throw new Error(`no tested version for ${target}`);
  return row;
}

/** Shows what would happen, then says yes to exactly that. */
export async function startDeployment(operator: Operator, organisationId: string): Promise<number> {
  const params = { organisationId };
  const preview = await operator.call(organisationRoutes.previewDeployment, { params });
  if (preview.hindrance !== null) throw new Error(`deployment is hindered: ${preview.hindrance}`);
  await operator.call(organisationRoutes.startDeployment, { params, body: { installs: preview.installs } });
  return preview.installs;
}

export async function findDevice(operator: Operator, hostname: string): Promise<DeviceRow | null> {
  const { items } = await operator.call(deviceRoutes.list, { query: { search: hostname } });
  return items.find((row) => row.hostname === hostname) ?? null;
}

export function readDevice(operator: Operator, deviceId: string): Promise<DeviceDetail> {
  return operator.call(deviceRoutes.read, { params: { deviceId } });
}

/** Asks until there is an answer; a failure names what was waited for and what was seen last. */
export async function waitFor<T>(
  what: string,
  limitMs: number,
  look: () => Promise<T | null>,
  last: () => unknown = () => '',
): Promise<T> {
  const endMs = Date.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (Date.now() > endMs) throw new Error(`waited ${limitMs} ms for ${what}; last: ${JSON.stringify(last())}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Waits until the console shows the device in a state. */
export async function waitForState(
  operator: Operator,
  deviceId: string,
  kind: string,
  limitMs: number,
): Promise<DeviceDetail> {
  let seen: unknown = null;
  return waitFor(
    `device ${deviceId} to be ${kind}`,
    limitMs,
    async () => {
      const device = await readDevice(operator, deviceId);
      seen = device.state;
      return device.state?.kind === kind ? device : null;
    },
    () => seen,
  );
}
