import { Group, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { ActionButton } from '#console/web/parts/action-button.tsx';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { ConnectionPanel } from '#console/web/sentinelone/connection-panel.tsx';
import { EnableDialog } from '#console/web/sentinelone/enable-dialog.tsx';
import { connectionsQuery } from '#console/web/server/queries.ts';
import { useRightRefusal } from '#console/web/server/session.ts';

export function ConnectionsTab() {
  const connections = useQuery(connectionsQuery);
  const [enabling, dialog] = useDisclosure(false);
  const refusal = useRightRefusal('admin');
  return (
    <Stack gap="md">
      <Loaded of={connections}>
        {({ items }) => (
          <>
            {items.length === 0 && (
              <Text>SentinelOne is not enabled. You need your own SentinelOne console and a licence for it.</Text>
            )}
            {items.map((connection) => (
              <ConnectionPanel key={connection.connectionId} connection={connection} />
            ))}
            <Group>
              <ActionButton variant={items.length === 0 ? 'filled' : 'default'} onClick={dialog.open} refusal={refusal}>
                {items.length === 0 ? 'Enable SentinelOne…' : 'Add another SentinelOne console…'}
              </ActionButton>
            </Group>
          </>
        )}
      </Loaded>
      {enabling && <EnableDialog onClose={dialog.close} />}
    </Stack>
  );
}
