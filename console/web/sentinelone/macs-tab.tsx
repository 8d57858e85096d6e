import { Button, List, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { macosProfilePath } from '#console/api/macos.ts';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { Panel } from '#console/web/parts/panel.tsx';
import { macosStepsQuery } from '#console/web/server/queries.ts';

/** Rights that macOS gives to no installer: by profile through an MDM server, or by hand on each Mac. */
export function MacsTab() {
  const steps = useQuery(macosStepsQuery);
  return (
    <Stack gap="md">
      <Panel title="Macs with an MDM server">
        <Stack gap="sm" align="flex-start">
          <Text size="sm">
            Give this configuration profile to your MDM server before SentinelOne is installed. It lets the agent read
            all files and load its network extension without a click. It names only SentinelOne's own programs, by the
            vendor's team, and can be removed again at any time.
          </Text>
          <Button component="a" href={macosProfilePath} download="sentinelone-macos.mobileconfig" variant="default">
            Download the profile
          </Button>
          <Text size="xs" c="dimmed">
            Opening it on a Mac by hand is not enough: macOS takes these rights only from an MDM server that its owner
            has approved.
          </Text>
        </Stack>
      </Panel>
      <Panel title="Macs without one">
        <Loaded of={steps} rows={6}>
          {({ items }) => (
            <List type="ordered" size="sm" spacing="sm">
              {items.map(({ title, where, what }) => (
                <List.Item key={title}>
                  <Text size="sm" fw={600}>
                    {title}
                  </Text>
                  <Text size="sm" c="dimmed">
                    {where}
                  </Text>
                  <Text size="sm">{what}</Text>
                </List.Item>
              ))}
            </List>
          )}
        </Loaded>
      </Panel>
    </Stack>
  );
}
