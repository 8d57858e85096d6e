import { Group, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { connectionRoutes, type Connection, type ConnectionSite } from '#console/api/connections.ts';
import { plain } from '#console/web/device-text.ts';
import { calendarDay, number } from '#console/web/format.ts';
import { ActionButton } from '#console/web/parts/action-button.tsx';
import { Age } from '#console/web/parts/age.tsx';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { ToneLabel } from '#console/web/parts/tone-label.tsx';
import { CreateSite } from '#console/web/sentinelone/create-site.tsx';
import { call } from '#console/web/server/client.ts';
import { useNow } from '#console/web/server/clock.ts';
import { sitesQuery } from '#console/web/server/queries.ts';
import { useRightRefusal } from '#console/web/server/session.ts';

/** Why no site can be made through this connection; null: it can, or it shows when it is tried. */
function siteRefusal({ scope, siteId, permissions }: Connection): string | null {
  if (scope === 'site' || siteId !== null) return 'A connection to one site cannot create others.';
  const missing = permissions.some(({ feature, granted }) => feature === 'create-site' && granted === false);
  return missing ? 'The API token lacks the right Sites: Create.' : null;
}

export function Sites({ connection }: { connection: Connection }) {
  const { connectionId } = connection;
  const client = useQueryClient();
  const sites = useQuery(sitesQuery(connectionId));
  const refusal = useRightRefusal('operator');
  const [creating, dialog] = useDisclosure(false);
  const adminRefusal = useRightRefusal('admin');
  const createRefusal = adminRefusal ?? siteRefusal(connection);
  const refresh = useMutation({
    mutationFn: () => call(connectionRoutes.refreshSites, { params: { connectionId } }),
    onSettled: () => client.invalidateQueries({ queryKey: ['connections'] }),
  });
  return (
    <div>
      <Group justify="space-between" mb={6}>
        <Text fw={650} size="sm">
          Sites
        </Text>
        <Group gap="sm">
          {typeof sites.data?.refreshedAt === 'string' && <Age at={sites.data.refreshedAt} before="read " size="xs" />}
          <ActionButton
            size="xs"
            variant="default"
            refusal={refusal}
            loading={refresh.isPending}
            onClick={() => refresh.mutate()}
          >
            Read again
          </ActionButton>
          <ActionButton size="xs" variant="default" refusal={createRefusal} onClick={dialog.open}>
            New site…
          </ActionButton>
        </Group>
      </Group>
      {refresh.isError && <ProblemNotice error={refresh.error} />}
      <Loaded of={sites}>{({ items }) => <SiteTable sites={items} />}</Loaded>
      {creating && <CreateSite connection={connection} onClose={dialog.close} />}
    </div>
  );
}

function SiteTable({ sites }: { sites: readonly ConnectionSite[] }) {
  const nowMs = useNow();
  if (sites.length === 0) return <Text size="sm">The API token reaches no site.</Text>;
  return (
    <table className="rows">
      <thead>
        <tr>
          <th scope="col">Site</th>
          <th scope="col">State</th>
          <th scope="col">Licences</th>
          <th scope="col">Ends</th>
          <th scope="col">Organisations</th>
        </tr>
      </thead>
      <tbody>
        {sites.map((site) => (
          <tr key={site.siteId}>
            <td className="device-text">
              {plain(site.name)}
              {site.isDefault && ' (default)'}
            </td>
            <td data-label="State">
              <ToneLabel tone={site.state === 'active' ? 'good' : 'bad'}>{site.state}</ToneLabel>
            </td>
            <td data-label="Licences">
              {site.licencesUsed === null ? 'not told' : number(site.licencesUsed)}
              {site.licencesTotal !== null && ` of ${number(site.licencesTotal)}`}
            </td>
            <td data-label="Ends">{site.expiresAt === null ? 'never' : calendarDay(site.expiresAt, nowMs)}</td>
            <td data-label="Organisations" className="device-text">
              {site.organisations.map(plain).join(', ') || 'none'}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
