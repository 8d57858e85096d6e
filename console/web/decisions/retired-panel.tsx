import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { deviceDecisionRoutes, type RetiredDevice } from '#console/api/device-decisions.ts';
import { plain } from '#console/web/device-text.ts';
import { Age } from '#console/web/parts/age.tsx';
import { PageLink } from '#console/web/parts/page-link.tsx';
import { Panel } from '#console/web/parts/panel.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';
import { retiredDevicesQuery } from '#console/web/server/queries.ts';
import { useRightRefusal } from '#console/web/server/session.ts';

/** Devices that are gone, with their history; shown only when there are some. */
export function RetiredPanel() {
  const retired = useQuery(retiredDevicesQuery);
  const client = useQueryClient();
  const back = useMutation({
    mutationFn: (deviceId: string) => call(deviceDecisionRoutes.bringBack, { params: { deviceId } }),
    onSettled: () => client.invalidateQueries({ queryKey: ['device'] }),
  });
  const items = retired.data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <Panel title="Retired devices" flush>
      {back.isError && <ProblemNotice error={back.error} />}
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">Device</th>
            <th scope="col">Organisation</th>
            <th scope="col">Retired</th>
            <th scope="col">Last contact</th>
            <th scope="col">
              <span className="sr-only">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <RetiredRow key={item.deviceId} item={item} bringBack={() => back.mutate(item.deviceId)} />
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function RetiredRow({ item, bringBack }: { item: RetiredDevice; bringBack: () => void }) {
  const refusal = useRightRefusal('operator');
  const name = plain(item.hostname) || 'unnamed';
  return (
    <tr>
      <td>
        <PageLink to="/devices/$deviceId" params={{ deviceId: item.deviceId }} size="sm">
          {name}
        </PageLink>
      </td>
      <td data-label="Organisation">{plain(item.organisationName)}</td>
      <td data-label="Retired">
        <Age at={item.retiredAt} />
      </td>
      <td data-label="Last contact">
        <Age at={item.lastSeenAt} />
      </td>
      <td>
        {refusal === null && (
          <Button size="xs" variant="default" onClick={bringBack} aria-label={`Bring back ${name}`}>
            Bring back
          </Button>
        )}
      </td>
    </tr>
  );
}
