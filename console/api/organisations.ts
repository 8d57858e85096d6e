/** Organisations, what they hold, and the brake on installing. */
import * as z from 'zod';
import { countedAt, deviceCount, listOf, route } from '#console/api/route.ts';
import { deploymentSchema, paceSchema } from '#console/api/pace.ts';
import { mappingStatusSchema } from '#console/api/mapping-status.ts';
import { shownStateSchema } from '#console/api/shown-state.ts';
import { rebootPolicySchema, versionPolicySchema } from '#protocol/assignment.ts';
import { deploymentModeSchema, idText, isoTime, shortText, targetSchema } from '#protocol/words.ts';

export const organisationSchema = z.object({
  organisationId: idText,
  name: shortText,
  mode: deploymentModeSchema,
  /** Whether and when the agent may restart its devices. */
  restarts: rebootPolicySchema,
  /** Which SentinelOne version its new installs get; null: the one that is set for everybody. */
  versionPolicy: versionPolicySchema.nullable(),
  createdAt: isoTime,
  devices: deviceCount,
  /** States without devices are left out; the rest adds up to `devices`. */
  counts: z.array(z.object({ state: shownStateSchema, devices: deviceCount })).max(20),
  countedAt,
  /** Of the last start; null: none was started yet. */
  deployment: deploymentSchema.nullable(),
  mapping: z.object({ status: mappingStatusSchema, siteName: shortText.nullable(), consoleHost: shortText.nullable() }),
});
export type Organisation = z.infer<typeof organisationSchema>;

/** What would become of each device if installing were allowed now. */
export const deploymentOutcomes = [
  'install',
  'already-installed',
  'other-antivirus',
  'unsupported',
  'not-reporting',
  'needs-person',
  'not-checked',
] as const;
export type DeploymentOutcome = (typeof deploymentOutcomes)[number];

export const deploymentPreviewSchema = z.object({
  /** Every outcome that has devices; adds up to `devices`. */
  counts: z
    .array(z.object({ outcome: z.enum(deploymentOutcomes), devices: deviceCount }))
    .max(deploymentOutcomes.length),
  devices: deviceCount,
  /** Devices on which an installer would start: what the button says and what `start` must repeat. */
  installs: deviceCount,
  packages: z.array(z.object({ target: targetSchema, version: shortText, devices: deviceCount })).max(50),
  siteName: shortText.nullable(),
  consoleHost: shortText.nullable(),
  /** Why it cannot be started now; null: it can. */
  hindrance: z.enum(['no-site', 'no-connection', 'installing-stopped', 'no-package', 'already-deploying']).nullable(),
  countedAt,
});
export type DeploymentPreview = z.infer<typeof deploymentPreviewSchema>;

const params = z.object({ organisationId: idText });

export const organisationRoutes = {
  list: route({ method: 'GET', path: '/api/organisations', access: 'viewer', response: listOf(organisationSchema) }),

  /** New ones only watch. A name that exists already: 409 `request.conflict`. */
  create: route({
    method: 'POST',
    path: '/api/organisations',
    access: 'admin',
    body: z.object({ name: z.string().trim().min(1).max(100) }),
    response: organisationSchema,
  }),

  read: route({
    method: 'GET',
    path: '/api/organisations/:organisationId',
    access: 'viewer',
    params,
    response: organisationSchema,
  }),

  /** Stops what has not started. `deploy` is reached by `startDeployment` alone. */
  setMode: route({
    method: 'PUT',
    path: '/api/organisations/:organisationId/mode',
    access: 'operator',
    params,
    body: z.object({ mode: deploymentModeSchema.exclude(['deploy']) }),
    response: organisationSchema,
  }),

  /** A device adds its own limits, and its local configuration outranks this. Hours that begin when they end: 400. */
  setRestarts: route({
    method: 'PUT',
    path: '/api/organisations/:organisationId/restarts',
    access: 'operator',
    params,
    body: z.object({
      restarts: rebootPolicySchema.refine(
        (restarts) => restarts.kind === 'never' || restarts.startMinute !== restarts.endMinute,
        'these hours begin when they end',
      ),
    }),
    response: organisationSchema,
  }),

  /** null: what is set for everybody. What is installed stays as it is. */
  setVersionPolicy: route({
    method: 'PUT',
    path: '/api/organisations/:organisationId/version-policy',
    access: 'admin',
    params,
    body: z.object({ versionPolicy: versionPolicySchema.nullable() }),
    response: organisationSchema,
  }),

  previewDeployment: route({
    method: 'GET',
    path: '/api/organisations/:organisationId/deployment-preview',
    access: 'operator',
    params,
    response: deploymentPreviewSchema,
  }),

  /** 409 `request.conflict` when the number is not the previewed one any more: the page shows the new one and asks again. */
  startDeployment: route({
    method: 'POST',
    path: '/api/organisations/:organisationId/deployment',
    access: 'operator',
    fresh: true,
    params,
    body: z.object({ installs: deviceCount, pace: paceSchema.prefault({}) }),
    response: organisationSchema,
  }),

  /**
   * Goes on after a halt, or beyond the limit. The number of failures must be the one that was seen, else 409
   * `request.conflict`: nobody approves what he has not looked at.
   */
  resumeDeployment: route({
    method: 'POST',
    path: '/api/organisations/:organisationId/deployment/resume',
    access: 'operator',
    fresh: true,
    params,
    body: z.object({ failed: deviceCount, startsMax: deviceCount.nullable() }),
    response: organisationSchema,
  }),

  /** Every organisation of the caller that deploys; when this has answered, nothing more starts. */
  pauseAll: route({
    method: 'POST',
    path: '/api/deployments/pause',
    access: 'operator',
    response: z.object({ organisations: deviceCount, underWay: deviceCount }),
  }),
};
