/** Every operator route by resource, for what must see all of them: registration, the OpenAPI document, tests. */
import { activityRoutes } from '#console/api/activity.ts';
import { alertRoutes } from '#console/api/alerts.ts';
import { accountRoutes } from '#console/api/account.ts';
import { apiKeyRoutes } from '#console/api/api-keys.ts';
import { agentVersionRoutes } from '#console/api/agent-versions.ts';
import { bulkRetryRoutes } from '#console/api/bulk-retry.ts';
import { connectionRoutes } from '#console/api/connections.ts';
import { coverageRoutes } from '#console/api/coverage.ts';
import { diagnosticsRoutes } from '#console/api/diagnostics.ts';
import { deviceDecisionRoutes } from '#console/api/device-decisions.ts';
import { deviceExportRoutes } from '#console/api/device-export.ts';
import { deviceRoutes } from '#console/api/devices.ts';
import { enrolmentKeyRoutes } from '#console/api/enrolment-keys.ts';
import { exceptionRoutes } from '#console/api/exceptions.ts';
import { macosRoutes } from '#console/api/macos.ts';
import { mappingRoutes } from '#console/api/mappings.ts';
import { operatorManagementRoutes, setUpRoutes } from '#console/api/operators.ts';
import { notificationRoutes } from '#console/api/notifications.ts';
import { offboardingRoutes } from '#console/api/offboarding.ts';
import { organisationMakingRoutes } from '#console/api/organisation-making.ts';
import { organisationRoutes } from '#console/api/organisations.ts';
import { overviewRoutes } from '#console/api/overview.ts';
import { packageRoutes } from '#console/api/packages.ts';
import { retentionRoutes } from '#console/api/retention.ts';
import { sessionRoutes } from '#console/api/session.ts';
import { signOnRoutes } from '#console/api/sign-on.ts';
import { vendorActionRoutes } from '#console/api/vendor-actions.ts';

export const operatorRoutes = {
  activity: activityRoutes,
  alerts: alertRoutes,
  session: sessionRoutes,
  signOn: signOnRoutes,
  setUp: setUpRoutes,
  account: accountRoutes,
  apiKeys: apiKeyRoutes,
  operatorManagement: operatorManagementRoutes,
  overview: overviewRoutes,
  organisations: organisationRoutes,
  organisationMaking: organisationMakingRoutes,
  offboarding: offboardingRoutes,
  enrolmentKeys: enrolmentKeyRoutes,
  coverage: coverageRoutes,
  deviceExport: deviceExportRoutes,
  devices: deviceRoutes,
  diagnostics: diagnosticsRoutes,
  agentVersions: agentVersionRoutes,
  bulkRetry: bulkRetryRoutes,
  deviceDecisions: deviceDecisionRoutes,
  exceptions: exceptionRoutes,
  connections: connectionRoutes,
  mappings: mappingRoutes,
  packages: packageRoutes,
  macos: macosRoutes,
  notifications: notificationRoutes,
  retention: retentionRoutes,
  vendorActions: vendorActionRoutes,
};
