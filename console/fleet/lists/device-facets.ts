/** What a shown filter can be narrowed by further. Pure. */
import { noProduct, type AskedFilter, type DeviceFacets } from '#console/api/devices.ts';
import type { FacetCount } from '#console/store/devices/device-counts.ts';

type Part = Pick<AskedFilter, 'cause' | 'agentVersion' | 'productVersion'>;

const causesMax = 20;
const versionsMax = 50;

/** `rows` are counted without the three parts; each list is told under the other two. */
export function deviceFacets(rows: readonly FacetCount[], { cause, agentVersion, productVersion }: Part): DeviceFacets {
  const of = (row: FacetCount) => ({
    cause: cause === undefined || row.cause === cause,
    agent: agentVersion === undefined || row.agent_version === agentVersion,
    product: productVersion === undefined || productOf(row) === productVersion,
  });
  const under = (but: 'cause' | 'agent' | 'product'): readonly FacetCount[] =>
    rows.filter((row) => Object.entries({ ...of(row), [but]: true }).every(([, fits]) => fits));
  return {
    causes: counted(under('cause'), (row) => row.cause, causesMax).map(({ name, devices }) => ({
      cause: name,
      devices,
    })),
    agentVersions: versions(under('agent'), (row) => row.agent_version),
    productVersions: versions(under('product'), productOf),
  };
}

function productOf(row: FacetCount): string {
  return row.product_version ?? noProduct;
}

interface Named {
  readonly name: string;
  readonly devices: number;
}

/** Most first. */
function counted(
  rows: readonly FacetCount[],
  nameOf: (row: FacetCount) => string | null,
  max: number,
): readonly Named[] {
  const found = new Map<string, number>();
  for (const row of rows) {
    const name = nameOf(row);
    if (name !== null && name !== '') found.set(name, (found.get(name) ?? 0) + row.devices);
  }
  return [...found]
    .map(([name, devices]) => ({ name, devices }))
    .toSorted((one, other) => other.devices - one.devices || (one.name < other.name ? -1 : 1))
    .slice(0, max);
}

function versions(rows: readonly FacetCount[], nameOf: (row: FacetCount) => string): DeviceFacets['agentVersions'] {
  return counted(rows, nameOf, versionsMax)
    .map(({ name, devices }) => ({ version: name, devices }))
    .toSorted((one, other) => byVersion(one.version, other.version));
}

/** Newest first, "none" last. */
function byVersion(one: string, other: string): number {
  if (one === noProduct || other === noProduct) return one === other ? 0 : one === noProduct ? 1 : -1;
  return other.localeCompare(one, 'en', { numeric: true });
}
