/** "Start deployment" before it starts: what would happen on each device of an organisation. */
import { deviceReportSchema } from '#protocol/report.ts';
import type { Target } from '#protocol/words.ts';
import { deploymentOutcomes, type DeploymentOutcome, type DeploymentPreview } from '#console/api/organisations.ts';
import type { Scope } from '#console/auth/scope.ts';
import { candidatesFor } from '#console/fleet/assignment/assignment.ts';
import { readyPackage, siteOf } from '#console/fleet/assignment/assigning.ts';
import { previewDevice, type Preview, type PreviewInput } from '#console/fleet/deployment/preview.ts';
import { devicesRemovedThere } from '#console/fleet/sentinelone/removed-there.ts';
import { versionPolicyFor } from '#console/fleet/packages/version-policy.ts';
import { iso, overdueAfterMs } from '#console/fleet/lists/shown.ts';
import type { OperatorSide } from '#console/operator-side.ts';
import { findConnection } from '#console/store/sentinelone/connections.ts';
import { reportSlice } from '#console/store/devices/device-list.ts';
import { exceptionsOf } from '#console/store/devices/exceptions.ts';
import { findOrganisation } from '#console/store/organisations.ts';
import { readyPackages } from '#console/store/sentinelone/packages.ts';

const sliceRows = 500;

const noSite = { siteId: '', siteName: '', groupId: null, consoleHost: '', siteKeySha256: '' };

type Fixed = Omit<PreviewInput, 'report' | 'overdue' | 'removedThere' | 'exceptedProducts'>;

/** `connectionId`: as if the organisation were mapped to a site of it. */
async function fixedPart(side: OperatorSide, scope: Scope, organisationId: string, connectionId?: string) {
  const { read } = side.devices.store;
  const saved = await siteOf(read, scope, organisationId);
  const site = connectionId === undefined ? saved : { ...(saved ?? noSite), connectionId };
  const versionPolicy = await versionPolicyFor(read, await findOrganisation(read, scope, organisationId));
  const packages = (await readyPackages(read)).flatMap((row) => readyPackage(row) ?? []);
  return { site, versionPolicy, packages };
}

/** Calls `take` with the preview of every device, in slices so that other requests get their turn. */
async function eachDevice(
  side: OperatorSide,
  scope: Scope,
  { organisationId, connectionId }: { readonly organisationId: string; readonly connectionId?: string },
  take: (preview: Preview) => void,
): Promise<void> {
  const { read } = side.devices.store;
  const nowMs = side.devices.clock.now();
  const { site, versionPolicy, packages } = await fixedPart(side, scope, organisationId, connectionId);
  const exceptions = await exceptionsOf(read, scope, organisationId, nowMs);
  const removed = await devicesRemovedThere(read, scope, organisationId);
  const exceptedFor = (deviceId: string): Set<string> =>
    new Set(exceptions.filter((row) => row.device_id === null || row.device_id === deviceId).map((row) => row.subject));
  const fixed = new Map<Target | null, Fixed>();
  const fixedFor = (target: Target | null): Fixed => {
    const known = fixed.get(target) ?? {
      versionPolicy,
      candidates: candidatesFor({ packages, versionPolicy, target, site }),
    };
    fixed.set(target, known);
    return known;
  };
  let afterDeviceId = '';
  for (;;) {
    const rows = await reportSlice(read, scope, organisationId, { afterDeviceId, limit: sliceRows });
    for (const row of rows) {
      const parsed = row.report === null ? null : deviceReportSchema.safeParse(JSON.parse(row.report));
      const report = parsed?.success ? parsed.data : null;
      const seenMs = Math.max(row.last_seen_at, side.devices.memory.lastSeenMs(row.device_id) ?? 0);
      const overdue = nowMs - seenMs > overdueAfterMs;
      const target = report?.machine?.value.target ?? null;
      const own = { removedThere: removed.has(row.device_id), exceptedProducts: exceptedFor(row.device_id) };
      take(previewDevice({ ...fixedFor(target), report, overdue, ...own }));
    }
    afterDeviceId = rows.at(-1)?.device_id ?? '';
    if (rows.length < sliceRows) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function hindranceOf(
  side: OperatorSide,
  scope: Scope,
  organisationId: string,
  installs: number,
): Promise<DeploymentPreview['hindrance']> {
  const { read } = side.devices.store;
  const organisation = await findOrganisation(read, scope, organisationId);
  const { site, packages } = await fixedPart(side, scope, organisationId);
  if (organisation?.mode === 'deploy') return 'already-deploying';
  if (site === null) return 'no-site';
  const connection = await findConnection(read, site.connectionId);
  if (connection === null || connection.problem !== null) return 'no-connection';
  if (connection.stopped_at !== null) return 'installing-stopped';
  return packages.length === 0 && installs === 0 ? 'no-package' : null;
}

export async function deploymentPreview(
  side: OperatorSide,
  scope: Scope,
  organisationId: string,
): Promise<DeploymentPreview> {
  const outcomes = new Map<DeploymentOutcome, number>();
  const packages = new Map<string, { target: Target; version: string; devices: number }>();
  await eachDevice(side, scope, { organisationId }, (preview) => {
    outcomes.set(preview.outcome, (outcomes.get(preview.outcome) ?? 0) + 1);
    if (preview.outcome !== 'install') return;
    const key = `${preview.target} ${preview.version}`;
    const { target, version } = preview;
    packages.set(key, { target, version, devices: (packages.get(key)?.devices ?? 0) + 1 });
  });
  const counts = deploymentOutcomes.flatMap((outcome) => {
    const devices = outcomes.get(outcome) ?? 0;
    return devices === 0 ? [] : [{ outcome, devices }];
  });
  const installs = outcomes.get('install') ?? 0;
  const site = await siteOf(side.devices.store.read, scope, organisationId);
  return {
    counts,
    devices: counts.reduce((sum, row) => sum + row.devices, 0),
    installs,
    packages: [...packages.values()].slice(0, 50),
    siteName: site?.siteName ?? null,
    consoleHost: site?.consoleHost ?? null,
    hindrance: await hindranceOf(side, scope, organisationId, installs),
    countedAt: iso(side.devices.clock.now()),
  };
}

/** Installs that would start if the organisation were mapped to a site of this connection; 0 while it does not deploy. */
export async function installsOnMapping(
  side: OperatorSide,
  scope: Scope,
  place: { readonly organisationId: string; readonly connectionId: string },
): Promise<number> {
  const organisation = await findOrganisation(side.devices.store.read, scope, place.organisationId);
  if (organisation?.mode !== 'deploy') return 0;
  let installs = 0;
  await eachDevice(side, scope, place, (preview) => {
    if (preview.outcome === 'install') installs += 1;
  });
  return installs;
}
