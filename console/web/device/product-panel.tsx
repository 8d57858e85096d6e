import { List, Stack } from '@mantine/core';
import { Pairs } from '#console/web/device/pairs.tsx';
import { plain } from '#console/web/device-text.ts';
import { Panel, Quiet } from '#console/web/parts/panel.tsx';
import { productStates } from '#console/web/words.ts';
import type { DeviceReport } from '#protocol/report.ts';

const yesNo = (value: boolean | null): string | null => (value === null ? null : value ? 'yes' : 'no');

export function ProductPanel({ product }: { product: DeviceReport['product'] }) {
  return (
    <Panel title="SentinelOne agent" at={product?.observedAt ?? null}>
      {product === null ? (
        <Quiet>The device has not looked yet.</Quiet>
      ) : (
        <Stack gap="sm">
          <Pairs
            of={[
              ['State', productStates[product.value.state]],
              ['Version', product.value.version],
              ['Running', yesNo(product.value.serviceRunning)],
              ['Enabled', yesNo(product.value.enabled)],
              ['Connected', yesNo(product.value.connected)],
              ['Console', product.value.consoleHost],
              ['Endpoint id', product.value.agentUuid],
            ]}
          />
          {product.value.detail.length > 0 && (
            <List size="sm" spacing={2} className="device-text">
              {product.value.detail.map((line) => (
                <List.Item key={line}>{plain(line)}</List.Item>
              ))}
            </List>
          )}
        </Stack>
      )}
    </Panel>
  );
}
