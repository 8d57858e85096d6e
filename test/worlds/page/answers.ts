/** What the mock answers to each operator route. Answers are checked against the route's schema before they leave. */
import { attemptsOf } from '#console/api/attempts.ts';
import type { OperatorVerb } from '#console/api/command-rule.ts';
import { noProduct, type DeviceRow } from '#console/api/devices.ts';
import { deviceFacets } from '#console/fleet/lists/device-facets.ts';
import type { Mapping } from '#console/api/mappings.ts';
import type { DeploymentOutcome, Organisation } from '#console/api/organisations.ts';
import { causeOf, shownState, shownStates, stateForList, type ShownState } from '#console/api/shown-state.ts';
import { manualSteps } from '#installers/sentinelone/macos-profile/steps.ts';
import { activityAnswers } from './activity-answers.ts';
import { agentVersionAnswers } from './agent-version-answers.ts';
import { alertAnswers } from './alert-answers.ts';
import { notificationAnswers } from './notification-answers.ts';
import { signOnAnswers } from './sign-on-answers.ts';
import { operatorAnswers } from './operator-answers.ts';
import { found, now, Refusal, type Answers, type Asked } from './answering.ts';
import { connectionAnswers } from './connection-answers.ts';
import { coverageAnswers } from './coverage-answers.ts';
import { diagnosticsAnswers } from './diagnostics.ts';
import { decisionAnswers } from './decision-answers.ts';
import { enrolmentAnswers } from './enrolment-answers.ts';
import { freeSites, startedDeployment } from './deployments.ts';
import { hourMs, iso } from './states.ts';
import type { Device, OrganisationSeed } from './devices.ts';
import { vendorActionAnswers, vendorRecordOf } from './vendor-records.ts';
import type { PageWorld } from './world.ts';

const weights: readonly ShownState[] = [
  'not-protecting',
  'failed',
  'blocked',
  'retrying',
  'degraded',
  'unsupported',
  'waiting',
  'installing',
  'checking',
  'unassigned',
  'paused',
  'not-reporting',
  'protected',
];

const shownOf = (device: Device): ShownState => shownState(device.state, device.notReportingSince);

function rowOf(device: Device): DeviceRow {
  const { report: _r, reportedAt: _a, enrolledAt: _e, mode: _m, mapping: _p, ...row } = device;
  return { ...row, state: device.state && stateForList(device.state) };
}

function countsOf(devices: readonly Device[]) {
  return shownStates
    .map((state) => ({ state, devices: devices.filter((one) => shownOf(one) === state).length }))
    .filter((row) => row.devices > 0);
}

export function answersOf(world: PageWorld): Answers {
  return {
    ...sessionAnswers(world),
    ...coverageAnswers(world),
    ...deviceAnswers(world),
    ...diagnosticsAnswers(world),
    ...organisationAnswers(world),
    ...sentinelAnswers(world),
    ...vendorActionAnswers(world),
    ...enrolmentAnswers(world),
    ...activityAnswers(world),
    ...agentVersionAnswers(world),
    ...alertAnswers(world),
    ...notificationAnswers(world),
    ...operatorAnswers(world),
    ...signOnAnswers(world),
    ...decisionAnswers(world),
  };
}

function sessionAnswers(world: PageWorld): Answers {
  const signedIn = () => ({
    kind: 'signed-in',
    operator: { operatorId: 'op-1', name: 'ada', role: world.role, organisationIds: null },
    csrfToken: 'mock-csrf',
    consoleVersion: '0.1.0',
    via: world.via,
  });
  return {
    'session.read': () =>
      world.signedIn ? signedIn() : { kind: 'signed-out', signOn: world.people.provider?.label ?? null },
    'session.signIn': ({ body }) => {
      if (body.name !== 'ada' || body.password !== world.password) throw new Refusal(401, 'auth.refused');
      if (world.code !== null && body.code === undefined) return { kind: 'code-required' };
      if (world.code !== null && body.code !== world.code) throw new Refusal(401, 'auth.refused');
      world.signedIn = true;
      return signedIn();
    },
    'session.signOut': () => {
      world.signedIn = false;
      return null;
    },
    'session.confirm': ({ body }) => {
      if (body.password !== world.password) throw new Refusal(401, 'auth.refused');
      if (world.code !== null && body.code === undefined) return { kind: 'code-required' };
      if (world.code !== null && body.code !== world.code) throw new Refusal(401, 'auth.refused');
      world.fresh = true;
      return { kind: 'confirmed' };
    },
    'session.firstAdministrator': () => {
      throw new Refusal(403, 'auth.forbidden');
    },
    'overview.read': () => {
      const causes = new Map<string, { cause: string; state: ShownState; devices: number }>();
      for (const device of world.devices) {
        const cause = device.state && device.notReportingSince === null ? causeOf(device.state) : null;
        if (cause === null || device.state?.kind === 'paused') continue;
        const key = `${shownOf(device)} ${cause}`;
        causes.set(key, { cause, state: shownOf(device), devices: (causes.get(key)?.devices ?? 0) + 1 });
      }
      const inMode = (mode: string) => world.organisations.filter((one) => one.mode === mode).length;
      return {
        devices: world.devices.length,
        counts: countsOf(world.devices),
        causes: [...causes.values()].toSorted((one, other) => other.devices - one.devices).slice(0, 8),
        organisations: {
          total: world.organisations.length,
          watching: inMode('watch'),
          deploying: inMode('deploy'),
          paused: inMode('paused'),
          withoutSite: world.organisations.filter((one) => one.site === null).length,
        },
        connections: {
          total: world.connections.length,
          withProblem: world.connections.filter((one) => one.problem !== null).length,
          tokenEndsSoon: 1,
        },
        countedAt: now(),
      };
    },
  };
}

function fits(device: Device, query: Record<string, string | undefined>): boolean {
  const { organisationId, search, cause, os, agentVersion, productVersion } = query;
  return (
    (agentVersion === undefined || device.agentVersion === agentVersion) &&
    (productVersion === undefined || (device.productVersion ?? noProduct) === productVersion) &&
    (organisationId === undefined || device.organisationId === organisationId) &&
    (os === undefined || device.os === os) &&
    (search === undefined || device.hostname.toLowerCase().includes(search.toLowerCase())) &&
    (cause === undefined || (device.state !== null && causeOf(device.state) === cause))
  );
}

const orders: Record<string, (one: Device, other: Device) => number> = {
  name: (one, other) => one.hostname.localeCompare(other.hostname),
  state: (one, other) => weights.indexOf(shownOf(one)) - weights.indexOf(shownOf(other)),
  'last-seen': (one, other) => one.lastSeenAt.localeCompare(other.lastSeenAt),
};

function deviceAnswers(world: PageWorld): Answers {
  const device = (asked: Asked): Device => found(world.device(asked.params['deviceId'] ?? ''));
  return {
    'devices.list': ({ query }) => {
      const all = world.devices
        .filter((one) => fits(one, query) && (query.state === undefined || shownOf(one) === query.state))
        .toSorted(orders[query.sort]);
      const from = Number(query.after ?? query.from ?? 0);
      const size = query.limit;
      return {
        items: all.slice(from, from + size).map(rowOf),
        next: from + size < all.length ? String(from + size) : null,
      };
    },
    'devices.counts': ({ query }) => {
      const all = world.devices.filter((one) => fits(one, query));
      return { counts: countsOf(all), devices: all.length, countedAt: now() };
    },
    'devices.facets': ({ query: { state, cause, agentVersion, productVersion, ...query } }) => {
      const all = world.devices.filter((one) => fits(one, query) && (state === undefined || shownOf(one) === state));
      const rows = all.map((one) => ({
        cause: one.notReportingSince === null && one.state?.kind !== 'paused' && one.state ? causeOf(one.state) : null,
        agent_version: one.agentVersion,
        product_version: one.productVersion,
        devices: 1,
      }));
      return deviceFacets(rows, { cause, agentVersion, productVersion });
    },
    'devices.read': (asked) => device(asked),
    'devices.vendorRecord': (asked) => vendorRecordOf(device(asked), world),
    'devices.timeline': (asked) => {
      const all = (world.events.get(device(asked).deviceId) ?? []).toReversed();
      const from = Number(asked.query.after ?? 0);
      const size = Math.min(asked.query.limit, 12);
      const next = from + size < all.length ? String(from + size) : null;
      const gap = { journalId: 'j-7f3a', from: 3, to: 7, recordedAt: iso(world.nowMs - 373_000) };
      return { items: all.slice(from, from + size), next, gaps: all.length > 5 ? [gap] : [] };
    },
    'devices.attempts': (asked) => ({ items: attemptsOf(world.events.get(device(asked).deviceId) ?? []) }),
    'devices.commands': (asked) => ({ items: (world.commands.get(device(asked).deviceId) ?? []).slice(0, 10) }),
    'devices.command': (asked) => {
      const { deviceId, refusals } = device(asked);
      const verb = asked.body.verb as OperatorVerb;
      if (refusals[verb] !== null) throw new Refusal(409, 'request.conflict');
      return world.command(deviceId, verb);
    },
    'devices.remove': (asked) => {
      const { deviceId } = device(asked);
      world.devices = world.devices.filter((one) => one.deviceId !== deviceId);
      world.hint('device', deviceId);
      return null;
    },
    'exceptions.list': () => {
      const all = world.devices.flatMap((one) => one.exceptions.map((exception) => ({ exception, one })));
      const first = new Map(all.map((row) => [row.exception.exceptionId, row]));
      return {
        items: [...first.values()].map(({ exception, one }) => ({
          ...exception,
          name: exception.subject.kind === 'product' ? exception.subject.productId : exception.subject.probe,
          organisation: { id: one.organisationId, name: one.organisationName },
          device: exception.scope.kind === 'device' ? { id: one.deviceId, name: one.hostname } : null,
        })),
      };
    },
    'exceptions.add': ({ body }) => {
      const exception = {
        exceptionId: `x-${Date.now()}`,
        scope: body.scope,
        subject: body.subject,
        reason: body.reason,
        createdBy: 'ada',
        createdAt: now(),
        expiresAt: iso(Date.now() + body.days * 24 * hourMs),
      };
      for (const one of world.devices) {
        const inScope =
          body.scope.kind === 'device'
            ? one.deviceId === body.scope.deviceId
            : one.organisationId === body.scope.organisationId;
        if (inScope) world.change(one.deviceId, { exceptions: [...one.exceptions, exception] });
      }
      return exception;
    },
    'exceptions.remove': ({ params }) => {
      for (const one of world.devices) {
        const left = one.exceptions.filter((exception) => exception.exceptionId !== params['exceptionId']);
        if (left.length < one.exceptions.length) world.change(one.deviceId, { exceptions: left });
      }
      return null;
    },
  };
}

function organisationAnswers(world: PageWorld): Answers {
  const seedOf = (asked: Asked): OrganisationSeed =>
    found(world.organisations.find((one) => one.organisationId === asked.params['organisationId']));
  const shown = (seed: OrganisationSeed): Organisation => {
    const devices = world.devices.filter((one) => one.organisationId === seed.organisationId);
    const { organisationId, name, mode, status, site } = seed;
    return {
      organisationId,
      name,
      mode,
      restarts: seed.restarts ?? { kind: 'never' },
      versionPolicy: seed.versionPolicy ?? null,
      createdAt: iso(world.nowMs),
      devices: devices.length,
      counts: countsOf(devices),
      countedAt: now(),
      deployment: seed.deployment ?? null,
      mapping: { status, siteName: site?.siteName ?? null, consoleHost: site && 'euce1-100.example.net' },
    };
  };
  const preview = (seed: OrganisationSeed) => {
    const devices = world.devices.filter((one) => one.organisationId === seed.organisationId);
    const counts = new Map<DeploymentOutcome, number>();
    for (const device of devices) counts.set(outcomeOf(device), (counts.get(outcomeOf(device)) ?? 0) + 1);
    const installs = counts.get('install') ?? 0;
    return {
      counts: [...counts].map(([outcome, count]) => ({ outcome, devices: count })),
      devices: devices.length,
      installs,
      packages: installs > 0 ? [{ target: 'linux-x64-deb', version: '24.2.2.20', devices: installs }] : [],
      siteName: seed.site?.siteName ?? null,
      consoleHost: seed.site && 'euce1-100.example.net',
      hindrance: seed.site === null ? 'no-site' : null,
      countedAt: now(),
    };
  };
  const setMode = (seed: OrganisationSeed, mode: OrganisationSeed['mode']): Organisation => {
    seed.mode = mode;
    world.devices = world.devices.map((one) => (one.organisationId === seed.organisationId ? { ...one, mode } : one));
    world.hint('organisations');
    return shown(seed);
  };
  return {
    'organisations.list': () => ({ items: world.organisations.map(shown) }),
    'organisations.create': ({ body }) => {
      if (world.organisations.some((one) => one.name === body.name)) throw new Refusal(409, 'request.conflict');
      const seed: OrganisationSeed = {
        organisationId: `o-${world.organisations.length}`,
        name: body.name,
        mode: 'watch',
        site: null,
        status: 'unmapped',
      };
      world.organisations.push(seed);
      return shown(seed);
    },
    'organisations.read': (asked) => shown(seedOf(asked)),
    'organisations.setMode': (asked) => setMode(seedOf(asked), asked.body.mode),
    'organisations.setRestarts': (asked) => {
      seedOf(asked).restarts = asked.body.restarts;
      world.hint('organisations');
      return shown(seedOf(asked));
    },
    'organisations.setVersionPolicy': (asked) => {
      seedOf(asked).versionPolicy = asked.body.versionPolicy;
      world.hint('organisations');
      return shown(seedOf(asked));
    },
    'organisations.previewDeployment': (asked) => preview(seedOf(asked)),
    'organisations.startDeployment': (asked) => {
      if (asked.body.installs !== preview(seedOf(asked)).installs) throw new Refusal(409, 'request.conflict');
      seedOf(asked).deployment = startedDeployment(asked.body.installs, asked.body.pace);
      return setMode(seedOf(asked), 'deploy');
    },
    'organisations.resumeDeployment': (asked) => {
      const seed = seedOf(asked);
      const before = found(seed.deployment);
      if (asked.body.failed !== before.failed) throw new Refusal(409, 'request.conflict');
      seed.deployment = {
        ...before,
        state: 'running',
        startsMax: asked.body.startsMax,
        haltedAt: null,
        haltCause: null,
      };
      return setMode(seed, 'deploy');
    },
    'organisations.pauseAll': () => {
      const deploying = world.organisations.filter((one) => one.mode === 'deploy');
      for (const seed of deploying) setMode(seed, 'paused');
      return { organisations: deploying.length, underWay: 3 };
    },
  };
}

function outcomeOf(device: Device): DeploymentOutcome {
  if (device.notReportingSince !== null) return 'not-reporting';
  switch (device.state?.kind) {
    case 'protected':
    case 'degraded':
    case 'not-protecting':
      return 'already-installed';
    case 'blocked':
      return 'other-antivirus';
    case 'unsupported':
      return 'unsupported';
    case 'failed':
      return 'needs-person';
    case undefined:
    case 'checking':
      return 'not-checked';
    case 'paused':
    case 'unassigned':
    case 'waiting':
    case 'retrying':
    case 'installing':
      return 'install';
  }
}

function sentinelAnswers(world: PageWorld): Answers {
  const mapping = (seed: OrganisationSeed): Mapping => ({
    organisationId: seed.organisationId,
    organisationName: seed.name,
    devices: world.devices.filter((one) => one.organisationId === seed.organisationId).length,
    status: seed.status,
    site: seed.site && { ...seed.site, connectionName: 'Europe', groupId: null, groupName: null },
    concern: seed.status === 'needs-confirmation' && seed.site !== null ? 'site-renamed' : null,
    suggestion:
      seed.site === null
        ? {
            why: 'same-name',
            site: {
              connectionId: 'c-main',
              connectionName: 'Europe',
              siteId: '225494730938493808',
              siteName: 'Coho Vineyard',
              groupId: null,
              groupName: null,
            },
          }
        : null,
  });
  const seedOf = (asked: Asked) =>
    found(world.organisations.find((one) => one.organisationId === asked.params['organisationId']));
  return {
    ...connectionAnswers(world),
    'mappings.list': () => ({ items: world.organisations.map(mapping) }),
    'mappings.choose': (asked) => {
      const seed = seedOf(asked);
      const site = found(world.sites.find((one) => one.siteId === asked.body.siteId));
      seed.site = { connectionId: asked.body.connectionId, siteId: site.siteId, siteName: site.name };
      seed.status = 'mapped';
      world.hint('mappings');
      return mapping(seed);
    },
    'bulkRetry.preview': () => ({
      matching: 40,
      retries: 7,
      left: 0,
      refused: [{ reason: 'already-protected', devices: 33 }],
    }),
    'bulkRetry.retry': () => ({
      items: world.devices
        .slice(0, 7)
        .map(({ deviceId, hostname }, index) => ({ deviceId, hostname, outcome: index < 6 ? 'given' : 'waiting' })),
    }),
    'organisationMaking.freeSites': () => ({ items: freeSites }),
    'organisationMaking.fromSites': ({ body }) => ({
      items: freeSites
        .filter((site) => body.sites.some((one: { siteId: string }) => one.siteId === site.siteId))
        .map(({ connectionId, siteId, name }) => ({
          connectionId,
          siteId,
          name,
          organisationId: `o-${siteId}`,
          problem: null,
        })),
    }),
    'organisationMaking.importList': () => ({
      items: [
        { line: 2, name: 'Fabrikam', outcome: 'created', why: null },
        { line: 3, name: '', outcome: 'refused', why: 'no name' },
      ],
    }),
    'mappings.confirm': ({ body }) => {
      const items = (body.choices as { organisationId: string; siteId: string }[]).map((choice) => {
        const seed = found(world.organisations.find((one) => one.organisationId === choice.organisationId));
        const site = found(world.sites.find((one) => one.siteId === choice.siteId));
        if (!body.dryRun) {
          seed.site = { connectionId: 'c-main', siteId: site.siteId, siteName: site.name };
          seed.status = 'mapped';
        }
        const outcome = body.dryRun ? 'would-save' : 'saved';
        return { organisationId: seed.organisationId, outcome, problem: null, installs: 0 };
      });
      if (!body.dryRun) world.hint('mappings');
      return { items, installs: 0 };
    },
    'mappings.groups': () => ({ items: [{ groupId: '1', name: 'Default Group', isDefault: true }] }),
    'mappings.clear': (asked) => {
      const seed = seedOf(asked);
      seed.site = null;
      seed.status = 'unmapped';
      return mapping(seed);
    },
    'packages.list': () => world.packages,
    'packages.refresh': () => ({ ...world.packages, refreshedAt: now() }),
    'packages.fetch': ({ params }) => {
      const all = world.packages.targets.flatMap((one) => one.packages);
      const chosen = found(all.find((one) => one.packageId === params['packageId']));
      const fetching = {
        ...chosen,
        state: 'fetching' as const,
        problem: null,
        progress: { doneBytes: 1_000_000, totalBytes: chosen.sizeBytes ?? 40_000_000 },
      };
      world.packages = {
        ...world.packages,
        targets: world.packages.targets.map((row) => ({
          ...row,
          packages: row.packages.map((one) => (one.packageId === chosen.packageId ? fetching : one)),
        })),
      };
      return fetching;
    },
    'packages.fetchWanted': () => ({ started: world.packages.targets.filter((row) => row.advice === 'fetch').length }),
    'packages.remove': () => world.packages,
    'macos.steps': () => ({ items: manualSteps.map(({ title, where, what }) => ({ title, where, what })) }),
    'packages.upload': () => {
      throw new Refusal(400, 'package.unreadable');
    },
    'packages.setVersionPolicy': ({ body }) => {
      world.packages = { ...world.packages, versionPolicy: body };
      return world.packages;
    },
  };
}
