/** A console process with a stand-in of SentinelOne, mapped organisations and a crowd of simulated devices. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectionRoutes } from '#console/api/connections.ts';
import { enrolmentKeyRoutes } from '#console/api/enrolment-keys.ts';
import { mappingRoutes } from '#console/api/mappings.ts';
import { organisationRoutes } from '#console/api/organisations.ts';
import { packageRoutes } from '#console/api/packages.ts';
import type { Target } from '#protocol/words.ts';
import { Crowd } from '#test/worlds/fleet/crowd.ts';
import { customers, type Customer } from '#test/worlds/fleet/people.ts';
import { startSentinelOne } from '#test/worlds/sentinelone/api.ts';
import { setUpConsole, type ConsoleProcess } from '#test/worlds/whole/console.ts';
import { waitFor } from '#test/worlds/whole/estate.ts';
import { firstAdministrator, type Operator } from '#test/worlds/whole/operator.ts';

export type CleanUps = (() => Promise<unknown> | void)[];
interface Login {
  readonly name: string;
  readonly password: string;
}

export interface Estate {
  readonly customer: Customer;
  readonly organisationId: string;
}

export interface Fleet {
  readonly operator: Operator;
  readonly console: ConsoleProcess;
  readonly estates: readonly Estate[];
  readonly crowd: Crowd;
}

/** SentinelOne lets two packages be fetched a minute; devices of other systems show as what they are then: not with this version. */
const packages: readonly (readonly [Target, string])[] = [
  ['windows-x64', '24.1.4.257'],
  ['linux-x64-deb', '24.2.2.20'],
];

async function fetchPackages(operator: Operator): Promise<void> {
  await operator.call(packageRoutes.refresh);
  for (const [target, version] of packages) {
    const look = async () => {
      const { targets } = await operator.call(packageRoutes.list);
      return targets.find((one) => one.target === target)?.packages.find((one) => one.version === version) ?? null;
    };
    const offered = await look();
    if (offered === null) throw new Error(`the stand-in offers no ${version} for ${target}`);
    if (offered.state !== 'ready')
      await operator.call(packageRoutes.fetch, { params: { packageId: offered.packageId } });
    await waitFor(`the package for ${target}`, 60_000, async () => {
      const row = await look();
      if (row?.state === 'failed') throw new Error(`${target}: ${row.problem?.detail ?? ''}`);
      return row?.state === 'ready' ? row : null;
    });
  }
}

async function setUpOrganisation(operator: Operator, connectionId: string, customer: Customer): Promise<Estate> {
  const { organisationId } = await operator.call(organisationRoutes.create, { body: { name: customer.name } });
  const sites = await operator.call(connectionRoutes.sites, { params: { connectionId } });
  const siteId = sites.items.find((one) => one.name === customer.name)?.siteId ?? '';
  await operator.call(mappingRoutes.choose, { params: { organisationId }, body: { connectionId, siteId } });
  return { customer, organisationId };
}

/** What was set up is taken away by `cleanUps`, last first. */
export async function setUpFleet(login: Login, cleanUps: CleanUps): Promise<Fleet> {
  const sites = customers.map((customer) => customer.name);
  const vendor = await startSentinelOne({ sites, settings: { downloadsPerMinute: 100 } });
  cleanUps.push(() => vendor.stop());
  const dataDirectory = mkdtempSync(join(tmpdir(), 'garrison-fleet-'));
  cleanUps.push(() => rmSync(dataDirectory, { recursive: true, force: true }));
  const made = await setUpConsole({ dataDirectory, vendorHosts: [new URL(vendor.url).host] });
  cleanUps.push(() => made.stop());
  await made.start();
  const operator = await firstAdministrator(made.operatorAddress, made.firstSecret, login);
  const body = { name: 'SentinelOne', address: vendor.url, apiToken: vendor.apiToken };
  const { connectionId } = await operator.call(connectionRoutes.enable, { body });
  const estates: Estate[] = [];
  for (const customer of customers) estates.push(await setUpOrganisation(operator, connectionId, customer));
  await fetchPackages(operator);
  const crowd = new Crowd(packages.map(([target]) => target));
  cleanUps.push(() => crowd.stop());
  return { operator, console: made, estates, crowd };
}

/** `size` devices, shared out over the customers; from then on each lives by itself. */
export async function enrolAll({ operator, console: made, estates, crowd }: Fleet, size: number): Promise<void> {
  for (const { customer, organisationId } of estates) {
    const body = { organisationId, label: 'rollout' };
    const { enrolmentString } = await operator.call(enrolmentKeyRoutes.create, { body });
    await crowd.add(made.deviceAddress, customer, enrolmentString, Math.round((size * customer.share) / 100));
  }
  crowd.live();
}
