/** The configuration profile for Macs and the steps for those without MDM: made of compiled facts, the same for everybody (G29). */
import { Fault } from '#protocol/codes.ts';
import { sha256Hex } from '#protocol/crypto.ts';
import { macosProfile } from '#installers/sentinelone/macos-profile/profile.ts';
import { manualSteps } from '#installers/sentinelone/macos-profile/steps.ts';
import { macosProfilePath, macosRoutes } from '#console/api/macos.ts';
import { route } from '#console/api/route.ts';
import { admit } from '#console/auth/guard.ts';
import { auditBy } from '#console/routes/audit.ts';
import { serve, type Server } from '#console/routes/serve.ts';

const row = route({ method: 'GET', path: macosProfilePath, access: 'viewer', response: null });

const profileType = 'application/x-apple-aspen-config';

export function registerMacos(server: Server): void {
  const { app, side, rows } = server;
  rows.push({ ...row, media: profileType });
  app.get(row.path, async (request, reply) => {
    const who = await admit(side, row, request);
    if (who === null) throw new Fault('auth.required', 'nobody is signed in');
    const deed = { action: 'macos-profile.fetched', subject: 'macos-profile', organisationId: null, detail: {} };
    await side.devices.store.write((db) => auditBy(side, db, who, deed));
    return reply
      .header('content-disposition', 'attachment; filename="sentinelone-macos.mobileconfig"')
      .type(profileType)
      .send(macosProfile(sha256Hex));
  });

  serve(server, macosRoutes.steps, async () => ({
    items: manualSteps.map(({ title, where, what }) => ({ title, where, what })),
  }));
}
