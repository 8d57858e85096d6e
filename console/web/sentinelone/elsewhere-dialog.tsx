import { Alert, Checkbox, Group, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Mapping } from '#console/api/mappings.ts';
import { vendorActionRoutes, type Elsewhere } from '#console/api/vendor-actions.ts';
import { plain } from '#console/web/device-text.ts';
import { faultWords } from '#console/web/fault-words.ts';
import { counted } from '#console/web/format.ts';
import { ActionButton } from '#console/web/parts/action-button.tsx';
import { Dialog } from '#console/web/parts/dialog.tsx';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';
import { elsewhereQuery } from '#console/web/server/queries.ts';
import { moveRefusals } from '#console/web/vendor-words.ts';

/** Devices that SentinelOne has in another site: moved one by one, and only those that are ticked. */
export function ElsewhereDialog({ mapping, onClose }: { mapping: Mapping; onClose: () => void }) {
  const list = useQuery(elsewhereQuery(mapping.organisationId));
  return (
    <Dialog onClose={onClose} size="lg" title={`Devices of ${plain(mapping.organisationName)} in another site`}>
      <Loaded of={list} rows={5}>
        {({ items, siteName }) =>
          items.length === 0 ? (
            <Text size="sm">SentinelOne has every device that told its agent in the site chosen here.</Text>
          ) : (
            <Choice organisationId={mapping.organisationId} items={items} siteName={siteName ?? ''} />
          )
        }
      </Loaded>
    </Dialog>
  );
}

interface ChoiceProps {
  readonly organisationId: string;
  readonly items: readonly Elsewhere[];
  readonly siteName: string;
}

function Choice({ organisationId, items, siteName }: ChoiceProps) {
  const client = useQueryClient();
  const [ticked, setTicked] = useState<readonly string[]>([]);
  const move = useMutation({
    mutationFn: () => call(vendorActionRoutes.move, { params: { organisationId }, body: { deviceIds: [...ticked] } }),
    onSuccess: async () => {
      setTicked([]);
      await client.invalidateQueries({ queryKey: ['elsewhere', organisationId] });
    },
  });
  const tick = (deviceId: string, on: boolean): void =>
    setTicked((before) => (on ? [...before, deviceId] : before.filter((one) => one !== deviceId)));
  const failed = (move.data?.items ?? []).flatMap(({ deviceId, fault }) =>
    fault === null ? [] : [{ deviceId, fault }],
  );
  const moved = (move.data?.items ?? []).filter((one) => one.moved).length;
  return (
    <Stack gap="sm">
      <Text size="sm">
        Moving changes the site, and with it policy and licence, of the endpoint in SentinelOne. Nothing is installed or
        removed. Tick what belongs into “{plain(siteName)}”:
      </Text>
      {move.isError && <ProblemNotice error={move.error} />}
      {move.isSuccess && (
        <Alert
          variant="outline"
          color={failed.length > 0 ? 'yellow' : 'green'}
          c="inherit"
          role="status"
          title={`${counted(moved, 'device')} moved`}
        >
          {failed.map(({ deviceId, fault }) => (
            <Text key={deviceId} size="sm" className="device-text">
              {plain(items.find((one) => one.deviceId === deviceId)?.hostname ?? deviceId)}: {faultWords(fault).title}.{' '}
              {plain(fault.detail)}
            </Text>
          ))}
        </Alert>
      )}
      <Stack gap="xs" className="tick-list">
        {items.map((item) => (
          <Checkbox
            key={item.deviceId}
            label={plain(item.hostname)}
            description={describe(item)}
            disabled={item.refusal !== null}
            checked={ticked.includes(item.deviceId)}
            onChange={(event) => tick(item.deviceId, event.currentTarget.checked)}
          />
        ))}
      </Stack>
      <Group justify="flex-end">
        <ActionButton
          refusal={ticked.length === 0 ? 'Tick at least one device.' : null}
          loading={move.isPending}
          onClick={() => move.mutate()}
        >
          Move {counted(ticked.length, 'device')} to {plain(siteName)}
        </ActionButton>
      </Group>
    </Stack>
  );
}

function describe(item: Elsewhere): string {
  const there = `In SentinelOne: ${plain(item.computerName)}, in ${plain(item.siteName ?? 'a site without a name')}.`;
  return item.refusal === null ? there : `${there} ${moveRefusals[item.refusal]}`;
}
