/** *Retry* by filter. */
import { bulkRetryRoutes } from '#console/api/bulk-retry.ts';
import { bulkRetry, bulkRetryPreview } from '#console/fleet/deployment/bulk-retry.ts';
import { deviceFilterOf } from '#console/fleet/lists/device-filter.ts';
import { auditBy } from '#console/routes/audit.ts';
import { serve, type Server } from '#console/routes/serve.ts';

export function registerBulkRetry(server: Server): void {
  const { side } = server;
  const { store, clock } = side.devices;

  serve(server, bulkRetryRoutes.preview, ({ who, query }) =>
    bulkRetryPreview(side, who, deviceFilterOf(query, clock.now())),
  );

  serve(server, bulkRetryRoutes.retry, async ({ who, body }) => {
    const items = await bulkRetry(side, who, deviceFilterOf(body.filter, clock.now()), body.retries);
    const { organisationId = null } = body.filter;
    const detail = { filter: body.filter, devices: items.length };
    const deed = { action: 'devices.retried', subject: organisationId ?? 'all', organisationId, detail };
    await store.write((db) => auditBy(side, db, who, deed));
    return { items };
  });
}
