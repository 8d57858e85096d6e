/** An alert's row as the page, an e-mail or a webhook shows it. */
import { alertDetailSchema, alertKindSchema, alertSchema, type Alert } from '#console/api/alerts.ts';
import { iso, isoOrNull } from '#console/fleet/lists/shown.ts';
import type { AlertRow } from '#console/store/alerts/alerts.ts';

export function shownAlert(row: AlertRow, organisationName: string | null): Alert {
  return {
    alertId: row.alert_id,
    kind: alertKindSchema.parse(row.kind),
    level: alertSchema.shape.level.parse(row.level),
    cause: row.cause,
    subject: {
      kind: alertSchema.shape.subject.shape.kind.parse(row.subject_kind),
      id: row.subject_id,
      name: row.subject_name,
    },
    organisation: row.organisation_id === null ? null : { id: row.organisation_id, name: organisationName ?? '' },
    detail: alertDetailSchema.parse(JSON.parse(row.detail)),
    since: iso(row.since),
    openedAt: iso(row.opened_at),
    closedAt: isoOrNull(row.closed_at),
    seen: row.seen_at === null ? null : { at: iso(row.seen_at), by: row.seen_by ?? '' },
  };
}
