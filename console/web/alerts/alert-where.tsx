import type { Alert } from '#console/api/alerts.ts';
import { plain } from '#console/web/device-text.ts';
import { PageLink } from '#console/web/parts/page-link.tsx';

/** Where to look at it. */
export function AlertWhere({ alert: { subject } }: { alert: Alert }) {
  const name = plain(subject.name);
  switch (subject.kind) {
    case 'device':
      return (
        <PageLink to="/devices/$deviceId" params={{ deviceId: subject.id }} size="sm" className="device-text">
          {name}
        </PageLink>
      );
    case 'organisation':
      return (
        <PageLink to="/organisations" size="sm">
          {name}
        </PageLink>
      );
    case 'connection':
      return (
        <PageLink to="/administration/apps/sentinelone" size="sm">
          {name}
        </PageLink>
      );
    case 'target':
      return (
        <PageLink to="/settings" size="sm">
          {name}
        </PageLink>
      );
    case 'console':
      return (
        <PageLink to="/devices" size="sm">
          {name}
        </PageLink>
      );
  }
}
