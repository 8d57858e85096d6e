/** The screens and their addresses; each is loaded when it is first opened. Filters live in the address. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import * as z from 'zod';
import { activityRoutes } from '#console/api/activity.ts';
import { alertRoutes } from '#console/api/alerts.ts';
import { deviceListQuery } from '#console/api/devices.ts';
import { signOnPlaces } from '#console/api/sign-on.ts';
import { SessionGate } from '#console/web/app/session-gate.tsx';
import { settingsTabs } from '#console/web/settings/tabs.ts';
import { NotFound, ScreenFailed } from '#console/web/app/dead-ends.tsx';

const root = createRootRoute({ component: SessionGate, notFoundComponent: NotFound });

/** A filter that makes no sense is dropped, not an error. */
const deviceSearch = z.object({
  organisationId: deviceListQuery.shape.organisationId.catch(undefined),
  state: deviceListQuery.shape.state.catch(undefined),
  search: deviceListQuery.shape.search.catch(undefined),
  cause: deviceListQuery.shape.cause.catch(undefined),
  os: deviceListQuery.shape.os.catch(undefined),
  coverage: deviceListQuery.shape.coverage.catch(undefined),
  record: deviceListQuery.shape.record.catch(undefined),
  agentVersion: deviceListQuery.shape.agentVersion.catch(undefined),
  productVersion: deviceListQuery.shape.productVersion.catch(undefined),
  silentHours: deviceListQuery.shape.silentHours.catch(undefined),
  sort: deviceListQuery.shape.sort.unwrap().optional().catch(undefined),
});

const alertQuery = alertRoutes.list.query.shape;
const alertSearch = z.object({
  state: alertQuery.state.unwrap().optional().catch(undefined),
  kind: alertQuery.kind.catch(undefined),
  level: alertQuery.level.catch(undefined),
  organisationId: alertQuery.organisationId.catch(undefined),
  deviceId: alertQuery.deviceId.catch(undefined),
});

const overview = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: lazyRouteComponent(() => import('#console/web/overview/overview-screen.tsx'), 'OverviewScreen'),
});
const devices = createRoute({
  getParentRoute: () => root,
  path: '/devices',
  validateSearch: deviceSearch,
  component: lazyRouteComponent(() => import('#console/web/devices/devices-screen.tsx'), 'DevicesScreen'),
});
const device = createRoute({
  getParentRoute: () => root,
  path: '/devices/$deviceId',
  component: lazyRouteComponent(() => import('#console/web/device/device-screen.tsx'), 'DeviceScreen'),
});
const organisations = createRoute({
  getParentRoute: () => root,
  path: '/organisations',
  component: lazyRouteComponent(
    () => import('#console/web/organisations/organisations-screen.tsx'),
    'OrganisationsScreen',
  ),
});
const enrolment = createRoute({
  getParentRoute: () => root,
  path: '/enrolment',
  component: lazyRouteComponent(() => import('#console/web/enrolment/enrolment-screen.tsx'), 'EnrolmentScreen'),
});
const apps = createRoute({
  getParentRoute: () => root,
  path: '/administration/apps',
  component: lazyRouteComponent(() => import('#console/web/sentinelone/apps-screen.tsx'), 'AppsScreen'),
});
const sentinelone = createRoute({
  getParentRoute: () => root,
  path: '/administration/apps/sentinelone',
  validateSearch: z.object({
    tab: z.enum(['connections', 'mappings', 'packages', 'macs']).optional().catch(undefined),
  }),
  component: lazyRouteComponent(() => import('#console/web/sentinelone/sentinelone-screen.tsx'), 'SentinelOneScreen'),
});
const alerts = createRoute({
  getParentRoute: () => root,
  path: '/alerts',
  validateSearch: alertSearch,
  component: lazyRouteComponent(() => import('#console/web/alerts/alerts-screen.tsx'), 'AlertsScreen'),
});
const activityFilters = activityRoutes.export.body.shape;
const activity = createRoute({
  getParentRoute: () => root,
  path: '/activity',
  validateSearch: z.object({
    source: activityFilters.source.catch(undefined),
    organisationId: activityFilters.organisationId.catch(undefined),
    deviceId: activityFilters.deviceId.catch(undefined),
    who: activityFilters.who.catch(undefined),
    what: activityFilters.what.catch(undefined),
    from: activityFilters.from.catch(undefined),
    until: activityFilters.until.catch(undefined),
  }),
  component: lazyRouteComponent(() => import('#console/web/activity/activity-screen.tsx'), 'ActivityScreen'),
});
const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings',
  validateSearch: z.object({ tab: z.enum(settingsTabs).optional().catch(undefined) }),
  component: lazyRouteComponent(() => import('#console/web/settings/settings-screen.tsx'), 'SettingsScreen'),
});
const account = createRoute({
  getParentRoute: () => root,
  path: '/account',
  component: lazyRouteComponent(() => import('#console/web/operators/account-screen.tsx'), 'AccountScreen'),
});
const setUp = createRoute({ getParentRoute: () => root, path: '/set-up' });
const confirmed = createRoute({ getParentRoute: () => root, path: signOnPlaces.confirmed });
const firstAdministrator = createRoute({ getParentRoute: () => root, path: '/first-administrator' });

export const router = createRouter({
  routeTree: root.addChildren([
    activity,
    alerts,
    overview,
    devices,
    device,
    organisations,
    enrolment,
    apps,
    sentinelone,
    settings,
    account,
    setUp,
    confirmed,
    firstAdministrator,
  ]),
  defaultPreload: 'intent',
  defaultErrorComponent: ScreenFailed,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
