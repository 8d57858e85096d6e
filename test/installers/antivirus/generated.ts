/** Machines made from the catalogue itself: one that an entry must recognise, and one that it must leave alone. */
import type { Inventory } from '#platform/inventory.ts';
import { catalogue, type Product } from '#installers/antivirus/catalogue.ts';
import {
  daemon,
  deb,
  driver,
  extension,
  folder,
  linux,
  macos,
  ok,
  process,
  program,
  securityCenter,
  service,
  windows,
} from '#test/installers/antivirus/inventories.ts';
import { displayNamesFor } from '#test/installers/antivirus/fixtures/display-name.ts';
import { whole, type System } from '#test/installers/antivirus/fixtures/fixture.ts';

/** Everything the entry lists, as it looks where the product is installed and runs. */
export function full(product: Product, os: System): Inventory {
  switch (os) {
    case 'linux':
      return linuxMachine(product, product.linux?.countsWhen?.beside);
    case 'macos':
      return macosMachine(product);
    case 'windows':
      return windowsMachine(product);
  }
}

function linuxMachine(product: Product, beside: string | undefined): Inventory {
  const block = product.linux;
  const home = block?.paths[0] ?? '/usr/sbin';
  const other = catalogue.products.find(({ id }) => id === beside)?.linux;
  return linux({
    packages: ok((block?.packages ?? []).map((name) => deb(name))),
    services: ok([...(block?.units ?? []), ...(other?.units ?? [])].map((name) => service(whole(name)))),
    processes: ok(
      [
        ...(block?.processes ?? []).map((name) => `/usr/sbin/${name}`),
        ...(block?.ambiguousProcesses ?? []).map((name) => `${home}/bin/${name}`),
        ...(block?.paths ?? []).map((path) => `${path}/bin/engine`),
      ].map((path) => process(path)),
    ),
    drivers: ok((block?.modules ?? []).map((name) => driver(whole(name)))),
    paths: ok((block?.paths ?? []).map((path) => folder(path))),
  });
}

function macosMachine({ macos: block }: Product): Inventory {
  const teams = block?.systemExtensionTeamIds ?? [];
  const bundles = block?.bundleIds ?? [];
  const extensions = bundles.length === 0 ? ['com.example.unlisted'] : bundles;
  return macos({
    systemExtensions: ok(teams.flatMap((team) => extensions.map((bundle) => extension(team, bundle)))),
    launchDaemons: ok((block?.launchDaemons ?? []).map((label) => daemon(label))),
    bundleIds: ok(bundles),
    receipts: ok((block?.pkgReceipts ?? []).map(whole)),
    processes: ok(
      [
        ...(block?.processes ?? []).map((name) => `/Library/Example/${name}`),
        ...(block?.paths ?? []).map((path) => `${path}/Contents/engine`),
      ].map((path) => process(path)),
    ),
    paths: ok((block?.paths ?? []).map((path) => folder(path))),
  });
}

function windowsMachine({ windows: block }: Product): Inventory {
  return windows({
    securityCenter: ok((block?.securityCenterNames ?? []).map((name) => securityCenter(whole(name)))),
    services: ok((block?.services ?? []).map((name) => service(whole(name)))),
    drivers: ok((block?.drivers ?? []).map((name) => driver(name.replace(/\.sys$/i, '')))),
    processes: ok((block?.processes ?? []).map((name) => process(`C:\\Program Files\\Example\\${name}`))),
    uninstallEntries: ok(
      (block?.uninstallNames ?? []).map((expression) => program(displayNamesFor(expression)[0] ?? '')),
    ),
  });
}

/** Names that only resemble the entry's, and the right names made by somebody who is not an administrator. */
export function nearMiss(product: Product, os: System): Inventory {
  const inventory = full(product, os);
  const renamed = <T extends { readonly name: string }>(record: T): T => ({ ...record, name: `my-${record.name}` });
  return {
    ...inventory,
    packages: each(inventory.packages, (record) => ({ ...record, name: `lib${record.name}-doc` })),
    services: each(inventory.services, (record) => [renamed(record), { ...record, system: false }]),
    processes: each(inventory.processes, (record) => [
      ...(os === 'windows' ? [] : (product[os]?.paths ?? []).map((path) => process(`${path}-old/bin/engine`))),
      { ...record, trusted: false },
      process(`/home/user/bin/${record.name}`, { trusted: false, blocksFileAccess: true }),
      process(`/srv/example/${record.name}-test`),
      ...(os === 'windows' ? [] : [process(`/srv/example/${record.name}`)]),
    ]),
    drivers: each(inventory.drivers, renamed),
    paths: each(inventory.paths, ({ path }) => [
      folder(`${path}-old`),
      folder(`/home/user${path}`),
      folder(path, false),
    ]),
    securityCenter: each(inventory.securityCenter, (record) => ({
      ...record,
      displayName: `Not ${record.displayName}`,
      programExists: false,
    })),
    systemExtensions: each(inventory.systemExtensions, (record) => [
      { ...record, teamId: 'AAAAAAAAAA' },
      { ...record, bundleId: `org.example.${record.bundleId}` },
    ]),
    launchDaemons: each(inventory.launchDaemons, (record) => ({ ...record, label: `org.example.${record.label}` })),
    bundleIds: each(inventory.bundleIds, (id) => `org.example.${id}`),
    receipts: each(inventory.receipts, (id) => `org.example.${id}`),
    uninstallEntries: each(inventory.uninstallEntries, ({ displayName }) => program(`Guide to ${displayName}`)),
  };
}

function each<P extends { readonly status: string }, T>(
  probe: P & { readonly value?: readonly T[] },
  change: (record: T) => T | readonly T[],
): P {
  return probe.value === undefined ? probe : { ...probe, value: probe.value.flatMap(change) };
}
