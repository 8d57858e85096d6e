import { List, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type SyntheticEvent } from 'react';
import { connectionRoutes } from '#console/api/connections.ts';
import { plain } from '#console/web/device-text.ts';
import { ButtonRow } from '#console/web/parts/button-row.tsx';
import { Dialog } from '#console/web/parts/dialog.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';

/** By API token. It is checked against SentinelOne before anything is kept. */
export function EnableDialog({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState('SentinelOne');
  const [address, setAddress] = useState('');
  const [apiToken, setApiToken] = useState('');
  const [siteId, setSiteId] = useState('');
  const enable = useMutation({
    mutationFn: () =>
      call(connectionRoutes.enable, {
        body: { name, address, apiToken, ...(siteId.trim() !== '' && { siteId }) },
      }),
    onSuccess: async (connection) => {
      onClose();
      notifications.show({
        message: `SentinelOne is enabled: ${plain(connection.name)}. Choose sites under Mappings.`,
      });
      await client.invalidateQueries();
    },
  });
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    enable.mutate();
  };
  return (
    <Dialog onClose={onClose} size="lg" title="Enable SentinelOne with an API token">
      <form onSubmit={submit}>
        <Stack>
          <List size="sm" spacing={2}>
            <List.Item>A SentinelOne user has only one API token: use a service user of its own.</List.Item>
            <List.Item>Its scope of access must be at least “View”.</List.Item>
            <List.Item>Enabling installs nothing; that begins with Start deployment of an organisation.</List.Item>
          </List>
          {enable.isError && <ProblemNotice error={enable.error} />}
          <TextInput
            label="Name"
            description="How it is called here"
            required
            withAsterisk={false}
            maxLength={100}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <TextInput
            label="Management console domain"
            description="As in the browser's address line while signed in to SentinelOne"
            placeholder="example.sentinelone.net"
            required
            withAsterisk={false}
            data-autofocus
            autoComplete="off"
            spellCheck={false}
            value={address}
            onChange={(event) => setAddress(event.currentTarget.value)}
          />
          <PasswordInput
            label="API token"
            description="Sealed at once and never shown again"
            required
            withAsterisk={false}
            autoComplete="off"
            value={apiToken}
            onChange={(event) => setApiToken(event.currentTarget.value)}
          />
          <TextInput
            label="Site id"
            description="Only if the token reaches a single site: Settings, Sites, Site Info in SentinelOne"
            inputMode="numeric"
            pattern="[0-9]{1,30}"
            autoComplete="off"
            value={siteId}
            onChange={(event) => setSiteId(event.currentTarget.value.trim())}
          />
          <Text size="xs" c="dimmed">
            Nothing is kept unless SentinelOne accepts the API token.
          </Text>
          <ButtonRow onCancel={onClose} submit="Enable" busy={enable.isPending} />
        </Stack>
      </form>
    </Dialog>
  );
}
