import { Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { exceptionRoutes, type ListedException } from '#console/api/exceptions.ts';
import { plain } from '#console/web/device-text.ts';
import { exactTime, moment } from '#console/web/format.ts';
import { ActionButton } from '#console/web/parts/action-button.tsx';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { PageLink } from '#console/web/parts/page-link.tsx';
import { Panel, Quiet } from '#console/web/parts/panel.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';
import { useNow } from '#console/web/server/clock.ts';
import { exceptionsQuery } from '#console/web/server/queries.ts';
import { useRightRefusal } from '#console/web/server/session.ts';
import { lookName } from '#console/web/words.ts';

/** Everything that is allowed beside SentinelOne, or not looked at, for a while. */
export function ExceptionsPanel() {
  const exceptions = useQuery(exceptionsQuery);
  return (
    <Panel title="Exceptions and waived looks" flush>
      <Loaded of={exceptions} rows={4}>
        {({ items }) => (items.length === 0 ? <None /> : <Rows items={items} />)}
      </Loaded>
    </Panel>
  );
}

function None() {
  return (
    <div className="panel-body">
      <Quiet>
        None is in force. One is added on the page of a device that found other antivirus, for that device or its
        organisation, and always ends by itself.
      </Quiet>
    </div>
  );
}

function Rows({ items }: { items: readonly ListedException[] }) {
  const client = useQueryClient();
  const nowMs = useNow();
  const refusal = useRightRefusal('operator');
  const remove = useMutation({
    mutationFn: (exceptionId: string) => call(exceptionRoutes.remove, { params: { exceptionId } }),
    onSettled: () => client.invalidateQueries({ queryKey: ['device'] }),
  });
  return (
    <>
      {remove.isError && <ProblemNotice error={remove.error} />}
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col">Where</th>
            <th scope="col">Ends by itself</th>
            <th scope="col">Why</th>
            <th scope="col">
              <span className="sr-only">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {items.map((one) => (
            <tr key={one.exceptionId}>
              <td className="device-text">
                <Text size="sm" fw={600}>
                  {nameOf(one)}
                </Text>
                <Text size="xs" c="dimmed">
                  {one.subject.kind === 'product' ? 'SentinelOne may be installed beside it' : 'a look that is waived'}
                </Text>
              </td>
              <td data-label="Where">
                <Where exception={one} />
              </td>
              <td data-label="Ends by itself" title={exactTime(one.expiresAt)}>
                {moment(one.expiresAt, nowMs)}
              </td>
              <td data-label="Why" className="device-text">
                {plain(one.reason)} <Quiet>by {plain(one.createdBy)}</Quiet>
              </td>
              <td>
                <ActionButton
                  size="xs"
                  variant="default"
                  refusal={refusal}
                  loading={remove.isPending && remove.variables === one.exceptionId}
                  onClick={() => remove.mutate(one.exceptionId)}
                  aria-label={`End it now: ${nameOf(one)}, ${plain(one.device?.name ?? one.organisation.name)}`}
                >
                  End it now
                </ActionButton>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function nameOf({ subject, name }: ListedException): string {
  return subject.kind === 'product' ? plain(name) : `Look at ${lookName(subject.probe)}`;
}

function Where({ exception: { device, organisation } }: { exception: ListedException }) {
  const name = plain(organisation.name);
  if (device === null) return <span>{`All devices of ${name}`}</span>;
  return (
    <span>
      <PageLink to="/devices/$deviceId" params={{ deviceId: device.id }} size="sm" className="device-text">
        {plain(device.name) || 'unnamed'}
      </PageLink>
      <Text size="xs" c="dimmed">
        {name}
      </Text>
    </span>
  );
}
