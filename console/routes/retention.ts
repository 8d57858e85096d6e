/** How long things are kept. */
import { retentionRoutes } from '#console/api/retention.ts';
import { demandGlobal } from '#console/auth/guard.ts';
import { readRetention, writeRetention } from '#console/fleet/retention.ts';
import { auditBy } from '#console/routes/audit.ts';
import { serve, type Server } from '#console/routes/serve.ts';

export function registerRetention(server: Server): void {
  const { side } = server;
  const { store } = side.devices;

  serve(server, retentionRoutes.read, () => readRetention(store.read));

  serve(server, retentionRoutes.set, async ({ who, body }) => {
    demandGlobal(who);
    await store.write(async (db) => {
      await writeRetention(db, body);
      const deed = { action: 'settings.retention', subject: 'retention', organisationId: null, detail: { ...body } };
      await auditBy(side, db, who, deed);
    });
    return body;
  });
}
