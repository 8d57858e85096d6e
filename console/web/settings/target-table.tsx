import { ActionIcon, Button, Group, Menu, Text } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { notificationRoutes, type NotificationTarget } from '#console/api/notifications.ts';
import { plain } from '#console/web/device-text.ts';
import { counted, moment } from '#console/web/format.ts';
import { Age } from '#console/web/parts/age.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { ToneLabel } from '#console/web/parts/tone-label.tsx';
import { call } from '#console/web/server/client.ts';
import { useNow } from '#console/web/server/clock.ts';

interface Doings {
  readonly onChange: (target: NotificationTarget) => void;
  readonly onLook: (target: NotificationTarget) => void;
  readonly onSecret: (secret: string) => void;
}

export function TargetTable({ targets, ...doings }: { targets: readonly NotificationTarget[] } & Doings) {
  const client = useQueryClient();
  const renew = () => client.invalidateQueries({ queryKey: ['notifications'] });
  const test = useMutation({
    mutationFn: (targetId: string) => call(notificationRoutes.test, { params: { targetId } }),
    onSettled: renew,
  });
  const rotate = useMutation({
    mutationFn: (targetId: string) => call(notificationRoutes.rotate, { params: { targetId } }),
    onSuccess: ({ secret }) => secret !== null && doings.onSecret(secret),
    onSettled: renew,
  });
  const remove = useMutation({
    mutationFn: (targetId: string) => call(notificationRoutes.remove, { params: { targetId } }),
    onSettled: renew,
  });
  const failed = [test, rotate, remove].find((one) => one.isError);
  return (
    <>
      {failed && <ProblemNotice error={failed.error} />}
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">Who</th>
            <th scope="col">State</th>
            <th scope="col">What</th>
            <th scope="col">Last arrived</th>
            <th scope="col">
              <span className="sr-only">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {targets.map((target) => (
            <tr key={target.targetId}>
              <td>
                <Text size="sm" fw={600} className="device-text">
                  {plain(target.name)}
                </Text>
                <Text size="sm" c="dimmed" className="device-text">
                  {target.kind === 'webhook' ? hostOf(target.url) : target.recipients.join(', ')}
                </Text>
              </td>
              <td data-label="State">
                <State target={target} />
              </td>
              <td data-label="What">{whatOf(target)}</td>
              <td data-label="Last arrived">
                {target.lastArrivedAt === null ? <Text size="sm">nothing yet</Text> : <Age at={target.lastArrivedAt} />}
              </td>
              <td>
                <Group gap="xs" wrap="nowrap" justify="flex-end">
                  <Button
                    size="xs"
                    variant="default"
                    loading={test.isPending && test.variables === target.targetId}
                    onClick={() => test.mutate(target.targetId)}
                    aria-label={`Send a test to ${plain(target.name)}`}
                  >
                    Send a test
                  </Button>
                  <More
                    target={target}
                    {...doings}
                    onRotate={() => rotate.mutate(target.targetId)}
                    onRemove={() => remove.mutate(target.targetId)}
                  />
                </Group>
                <Text size="sm" role="status" mt={4}>
                  {test.isSuccess && test.variables === target.targetId ? testWords(test.data) : ''}
                </Text>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function testWords({ result, answer }: { result: string | null; answer: string }): string {
  return result === 'delivered' ? `Arrived: ${plain(answer)}` : `Did not arrive: ${plain(answer)}`;
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

function whatOf({ organisationIds, muted }: NotificationTarget): string {
  const where = organisationIds === null ? 'All organisations' : counted(organisationIds.length, 'organisation');
  return muted.length === 0 ? `${where}, every alert` : `${where}, ${counted(muted.length, 'kind')} muted`;
}

function State({ target }: { target: NotificationTarget }) {
  const nowMs = useNow();
  if (target.paused) return <ToneLabel tone="quiet">Paused</ToneLabel>;
  if (target.failingSince !== null) {
    const next = target.nextTryAt === null ? '' : `, next try ${moment(target.nextTryAt, nowMs)}`;
    return (
      <ToneLabel tone="bad">
        Fails since {moment(target.failingSince, nowMs)}
        {next} ({target.waiting} waiting)
      </ToneLabel>
    );
  }
  if (target.waiting > 0) return <ToneLabel tone="busy">{target.waiting} waiting</ToneLabel>;
  return <ToneLabel tone="good">Ready</ToneLabel>;
}

interface MoreProps extends Doings {
  readonly target: NotificationTarget;
  readonly onRotate: () => void;
  readonly onRemove: () => void;
}

function More({ target, onChange, onLook, onRotate, onRemove }: MoreProps) {
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon variant="default" size="md" aria-label={`More for ${plain(target.name)}`}>
          <IconDots size={16} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => onLook(target)}>Last deliveries</Menu.Item>
        <Menu.Item onClick={() => onChange(target)}>Change…</Menu.Item>
        {target.kind === 'webhook' && <Menu.Item onClick={onRotate}>New secret</Menu.Item>}
        <Menu.Item onClick={onRemove}>Remove</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
