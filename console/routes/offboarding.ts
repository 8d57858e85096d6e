/** A whole organisation leaves. */
import { offboardingRoutes } from '#console/api/offboarding.ts';
import {
  cancelOffboarding,
  previewOffboarding,
  shownOffboardings,
  startOffboarding,
} from '#console/fleet/membership/offboarding.ts';
import { serve, type Server } from '#console/routes/serve.ts';

export function registerOffboarding(server: Server): void {
  const { side } = server;
  const changed = (organisationId: string): void => {
    for (const topic of ['organisations', 'enrolment-keys'] as const)
      side.hints.publish({ topic, id: null }, organisationId);
  };

  serve(server, offboardingRoutes.list, async ({ who }) => ({
    items: await shownOffboardings(side.devices, who.scope),
  }));

  serve(server, offboardingRoutes.preview, ({ who, params }) =>
    previewOffboarding(side.devices, who.scope, params.organisationId),
  );

  serve(server, offboardingRoutes.start, async ({ who, params, body }) => {
    await startOffboarding(side.devices, who, { organisationId: params.organisationId, ...body });
    changed(params.organisationId);
    return null;
  });

  serve(server, offboardingRoutes.cancel, async ({ who, params }) => {
    await cancelOffboarding(side.devices, who, params.organisationId);
    changed(params.organisationId);
    return null;
  });
}
