import { Alert, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { DeviceDetail } from '#console/api/devices.ts';
import { Decide } from '#console/web/decisions/decide.tsx';
import { decisionWords } from '#console/web/decisions/decision-words.ts';
import { plain } from '#console/web/device-text.ts';
import { Age } from '#console/web/parts/age.tsx';
import { deviceDecisionsQuery } from '#console/web/server/queries.ts';
import { useRightRefusal } from '#console/web/server/session.ts';

/** What somebody must decide about this device, on its own page; nothing while nothing is. */
export function DeviceDecision({ device }: { device: DeviceDetail }) {
  const open = device.duplicateIdentity || device.waitsForApproval || device.sameHardwareAs !== null;
  const decisions = useQuery({ ...deviceDecisionsQuery, enabled: open });
  const refusal = useRightRefusal('operator');
  const item = decisions.data?.items.find((one) => one.deviceId === device.deviceId);
  if (device.retiredAt !== null) return <Retired at={device.retiredAt} />;
  if (item === undefined) return null;
  const words = decisionWords({ kind: item.kind, earlier: item.earlier?.hostname ?? null });
  return (
    <Alert variant="outline" color="yellow" c="inherit" title={words.title}>
      <Stack gap="xs">
        <Text size="sm">{words.text}</Text>
        {refusal === null && (
          <Decide deviceId={device.deviceId} name={plain(device.hostname) || 'unnamed'} words={words} />
        )}
      </Stack>
    </Alert>
  );
}

function Retired({ at }: { at: string }) {
  return (
    <Alert variant="outline" color="gray" c="inherit" title="Retired">
      <Text size="sm">
        Somebody has said that this device is gone (<Age at={at} />
        ). It is counted no more; when it calls, it is there again.
      </Text>
    </Alert>
  );
}
