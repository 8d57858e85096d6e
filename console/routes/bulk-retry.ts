/** *Retry* by filter. */
import { bulkRetryRoutes } from '#console/api/bulk-retry.ts';
import { bulkRetry, bulkRetryPreview } from '#console/fleet/bulk-retry.ts';
import { overdueAfterMs } from '#console/fleet/shown.ts';
import { auditBy } from '#console/routes/audit.ts';
import { serve, type Server } from '#console/routes/serve.ts';

export function registerBulkRetry(server: Server): void {
  const { side } = server;
  const { store, clock } = side.devices;
  const overdue = () => ({ overdueBeforeMs: clock.now() - overdueAfterMs });

  serve(server, bulkRetryRoutes.preview, ({ who, query }) => bulkRetryPreview(side, who, { ...query, ...overdue() }));

  serve(server, bulkRetryRoutes.retry, async ({ who, body }) => {
    const items = await bulkRetry(side, who, { ...body.filter, ...overdue() }, body.retries);
    const { organisationId = null } = body.filter;
    const detail = { filter: body.filter, devices: items.length };
    const deed = { action: 'devices.retried', subject: organisationId ?? 'all', organisationId, detail };
    await store.write((db) => auditBy(side, db, who, deed));
    return { items };
  });
}
