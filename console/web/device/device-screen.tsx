import { Grid, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { DeviceDetail } from '#console/api/devices.ts';
import { BelongingMenu } from '#console/web/decisions/belonging-menu.tsx';
import { DeviceDecision } from '#console/web/decisions/device-decision.tsx';
import { AntivirusPanel } from '#console/web/device/antivirus-panel.tsx';
import { DiagnosticsPanel } from '#console/web/device/diagnostics-panel.tsx';
import { HealthPanel } from '#console/web/device/health-panel.tsx';
import { MachinePanel } from '#console/web/device/machine-panel.tsx';
import { PackagePanel } from '#console/web/device/package-panel.tsx';
import { ProductPanel } from '#console/web/device/product-panel.tsx';
import { RemoveDevice } from '#console/web/device/remove-device.tsx';
import { TimelinePanel } from '#console/web/device/timeline-panel.tsx';
import { VendorPanel } from '#console/web/device/vendor-panel.tsx';
import { plain, systemText } from '#console/web/device-text.ts';
import { Age } from '#console/web/parts/age.tsx';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { PageHead } from '#console/web/parts/page-head.tsx';
import { PageLink } from '#console/web/parts/page-link.tsx';
import { ToneLabel } from '#console/web/parts/tone-label.tsx';
import { deviceQuery } from '#console/web/server/queries.ts';
import { systems } from '#console/web/words.ts';

const route = getRouteApi('/devices/$deviceId');

export function DeviceScreen() {
  const { deviceId } = route.useParams();
  const device = useQuery(deviceQuery(deviceId));
  return (
    <Loaded of={device} rows={10}>
      {(data) => <Device device={data} />}
    </Loaded>
  );
}

function Device({ device }: { device: DeviceDetail }) {
  return (
    <Stack gap="md">
      <PageHead
        title={plain(device.hostname) || 'unnamed'}
        trail={[{ label: 'Devices', to: '/devices' }]}
        below={<Identity device={device} />}
        aside={
          <Group gap="xs">
            <BelongingMenu
              which={{ deviceIds: [device.deviceId] }}
              what={plain(device.hostname) || 'this device'}
              label="Move or retire"
              size="xs"
            />
            <RemoveDevice device={device} />
          </Group>
        }
      />
      <DeviceDecision device={device} />
      <HealthPanel device={device} />
      <AntivirusPanel device={device} />
      <TimelinePanel deviceId={device.deviceId} />
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 5 }}>
          <ProductPanel product={device.report?.product ?? null} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 7 }}>
          <VendorPanel device={device} />
        </Grid.Col>
      </Grid>
      <MachinePanel device={device} />
      <PackagePanel selection={device.report?.selection ?? null} />
      <DiagnosticsPanel device={device} />
    </Stack>
  );
}

function Identity({ device }: { device: DeviceDetail }) {
  const system = systemText(device.osName, device.osVersion) || systems[device.os];
  return (
    <Group gap="xs" mt={4}>
      <PageLink to="/devices" search={{ organisationId: device.organisationId }} size="sm">
        {plain(device.organisationName)}
      </PageLink>
      <Text size="sm" c="dimmed" className="device-text">
        {system} · Garrison agent {plain(device.agentVersion)} · last contact <Age at={device.lastSeenAt} />
      </Text>
      {device.testTrust && <ToneLabel tone="attention">test build: not for real use</ToneLabel>}
    </Group>
  );
}
